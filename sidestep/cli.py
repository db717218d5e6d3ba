"""The command `sidestep`."""

import io
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sidestep.local.isolation import isolated_environment
from sidestep.project import METRICS_FILE

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, by the shells' convention."""

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

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
    *,
    cold: Annotated[bool, typer.Option("--cold", help="Start functions anew for each event.")] = False,
) -> None:
    """Run a local cloud in the foreground, for the CDK, the AWS CLI and boto3 in another shell."""
    with isolated_environment():
        # Only here, for moto reads the environment when it is imported.
        from sidestep.local.foreground import run_local

        run_local(Console(), port=port, keep_warm=not cold)


@app.command()
def prepare(
    name: Annotated[str, typer.Argument(help="The database, as metrics.toml names it.")],
    table: Annotated[
        list[str] | None,
        typer.Option(help="A table that queries may read; can be repeated.", show_default="all of the schema"),
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(help="ARN of the secret with the administrator.", show_default="the one that RDS keeps"),
    ] = None,
    metrics_file: Annotated[
        Path, typer.Option(help="Where the database is declared.", show_default="metrics.toml")
    ] = METRICS_FILE,
    *,
    print_sql: Annotated[bool, typer.Option("--print", help="Print the SQL, and ask AWS nothing.")] = False,
) -> None:
    """Make the user of the queries, who may read and nothing else, and on the sample its data."""
    from prepare_database.errors import InvalidName
    from sidestep import preparation
    from sidestep.aws import AwsError
    from sidestep.metrics_file import load_settings
    from sidestep.mistakes import SettingsError
    from sidestep.stacks import clients_for, database_of

    try:
        database = database_of(load_settings(metrics_file), name, file=metrics_file.name)
        if print_sql:
            typer.echo(preparation.sql(database, table or ()), nl=False)
            return
        clients = clients_for(database, read_timeout=preparation.PATIENCE)
        prepared = preparation.prepare(database, name, tables=table or (), secret=secret, clients=clients)
    except (SettingsError, InvalidName) as error:
        typer.echo(error, err=True)
        sys.exit(2)
    except AwsError as error:
        sys.exit(str(error))
    typer.echo(preparation.told(prepared))
    sys.exit(1 if prepared.beyond else 0)


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
