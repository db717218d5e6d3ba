"""The command `sidestep`."""

import io
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final

import typer

from sidestep.cli import deployed, help_page, this_machine
from sidestep.terminal import console

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, by the shells' convention."""

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

GROUPS: Final[Mapping[str, Sequence[Callable[..., None]]]] = {
    "On this machine": (this_machine.demo, this_machine.local, this_machine.check, this_machine.cost),
    "Deployed databases, on AWS or on the local cloud": (deployed.prepare, deployed.run, deployed.watch),
}
"""The commands, as the help shows them."""

app = typer.Typer(
    cls=help_page.Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

for group, commands in GROUPS.items():
    for command in commands:
        app.command(cls=help_page.Command, rich_help_panel=group)(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"sidestep {version('sidestep')}")
        raise typer.Exit


def _refuse_colors(refused: bool) -> None:
    if refused:
        console.refuse_colors()


@app.callback()
def sidestep(
    *,
    no_color: Annotated[
        bool,
        typer.Option("--no-color", is_eager=True, callback=_refuse_colors, help="No colours, as with NO_COLOR=1."),
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """SQL results from a private database as CloudWatch metrics."""


def _end(*_: object) -> None:
    """Begin to clean up; a second request must not stop that half-way."""
    for how in ENDINGS:
        signal.signal(how, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    """Run the command; Ctrl-C, a closed terminal and a request to end all clean up and end without a traceback."""
    for how in ENDINGS:
        signal.signal(how, _end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no line drawing gets question marks
            stream.reconfigure(errors="replace")
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
