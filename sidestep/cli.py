"""The command `sidestep`."""

import signal
import sys
from typing import Annotated

import typer
from rich.console import Console

from sidestep.local.isolation import isolated_environment

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, by the shells' convention."""

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def sidestep() -> None:
    """SQL results from a private database as CloudWatch metrics."""


@app.command()
def demo(
    pace: Annotated[
        float | None,
        typer.Option(min=0, max=3600, help="Seconds between two runs.", show_default="1 on a terminal, else 0"),
    ] = None,
) -> None:
    """Run the whole chain on this machine: no AWS account, no Docker, nothing left behind."""
    console = Console()
    with isolated_environment():
        # Only here, for moto reads the environment when it is imported.
        from sidestep.demo.main import run_demo
        from sidestep.local.deployment import SynthesisError

        try:
            good = run_demo(console, pace=pace if pace is not None else float(console.is_terminal))
        except SynthesisError as error:
            sys.exit(str(error))
    sys.exit(0 if good else 1)


@app.command()
def local(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1.", show_default="a free one")] = 0,
) -> None:
    """Run a local cloud in the foreground, for the CDK, the AWS CLI and boto3 in another shell."""
    with isolated_environment():
        # Only here, for moto reads the environment when it is imported.
        from sidestep.local.foreground import run_local

        run_local(Console(), port=port)


def main() -> None:
    """Run the command; Ctrl-C and a request to end both clean up and end without a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
