"""The command `sidestep`."""

import io
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sidestep import completion
from sidestep.local.isolation import isolated_environment
from sidestep.project import METRICS_FILE
from sidestep.terminal import consoles

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, by the shells' convention."""

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

ON_THIS_MACHINE = "On this machine"
DEPLOYED = "Deployed databases, on AWS or on the local cloud"
"""The groups of commands in the help."""

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

Name = Annotated[
    str,
    typer.Argument(help="The database, as metrics.toml names it.", autocompletion=completion.databases),
]
MetricsFile = Annotated[Path, typer.Option(help="Where the database is declared.", show_default="metrics.toml")]


def _refuse_colors(refused: bool) -> None:
    if refused:
        consoles.refuse_colors()


@app.callback()
def sidestep(
    *,
    no_color: Annotated[
        bool,
        typer.Option("--no-color", is_eager=True, callback=_refuse_colors, help="No colours, as with NO_COLOR=1."),
    ] = False,
) -> None:
    """SQL results from a private database as CloudWatch metrics."""


@contextmanager
def _mistakes_told() -> Iterator[None]:
    """End with a message instead of a traceback: with code 2 if the user is wrong, 1 if AWS does not do it."""
    from prepare_database.errors import InvalidName
    from sidestep.aws import AwsError
    from sidestep.mistakes import SettingsError

    try:
        yield
    except (SettingsError, InvalidName) as error:
        typer.echo(error, err=True)
        sys.exit(2)
    except AwsError as error:
        sys.exit(str(error))


@app.command(rich_help_panel=ON_THIS_MACHINE)
def demo(
    pace: Annotated[
        float | None,
        typer.Option(min=0, max=3600, help="Seconds between two runs.", show_default="1 on a terminal, else 0"),
    ] = None,
) -> None:
    """Run the whole chain: no AWS account, nothing left behind."""
    console = consoles.output()
    with isolated_environment():
        # Only here, for moto reads the environment when it is imported.
        with consoles.working("starting"):
            from sidestep.demo.main import run_demo
            from sidestep.local.deployment import SynthesisError

        try:
            good = run_demo(console, pace=pace if pace is not None else float(console.is_terminal))
        except SynthesisError as error:
            sys.exit(str(error))
    sys.exit(0 if good else 1)


@app.command(rich_help_panel=ON_THIS_MACHINE)
def local(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1.", show_default="a free one")] = 0,
    *,
    cold: Annotated[bool, typer.Option("--cold", help="Start functions anew for each event.")] = False,
) -> None:
    """Run a local cloud, for commands in another shell."""
    with isolated_environment():
        # Only here, for moto reads the environment when it is imported.
        with consoles.working("starting"):
            from sidestep.local.foreground import run_local

        run_local(consoles.output(), port=port, keep_warm=not cold)


@app.command(rich_help_panel=DEPLOYED)
def prepare(
    name: Name,
    table: Annotated[
        list[str] | None,
        typer.Option(help="A table that queries may read; can be repeated.", show_default="all of the schema"),
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(help="ARN of the secret with the administrator.", show_default="the one that RDS keeps"),
    ] = None,
    metrics_file: MetricsFile = METRICS_FILE,
    *,
    print_sql: Annotated[bool, typer.Option("--print", help="Print the SQL, and ask AWS nothing.")] = False,
) -> None:
    """Make the queries' user, who may only read, and the sample's data."""
    from sidestep import preparation
    from sidestep.metrics_file import load_settings
    from sidestep.stacks import clients_for, database_of

    with _mistakes_told():
        database = database_of(load_settings(metrics_file), name, file=metrics_file.name)
        if print_sql:
            typer.echo(preparation.sql(database, table or ()), nl=False)
            return
        clients = clients_for(database, read_timeout=preparation.PATIENCE)
        with consoles.working("preparing"):
            prepared = preparation.prepare(database, name, tables=table or (), secret=secret, clients=clients)
    typer.echo(preparation.told(prepared))
    sys.exit(1 if prepared.beyond else 0)


@app.command(rich_help_panel=DEPLOYED)
def run(
    name: Name,
    query: Annotated[
        list[str] | None,
        typer.Option(
            help="A query to ask; can be repeated.", show_default="all of them", autocompletion=completion.queries
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="The time that the values are for, such as 2026-01-31T08:05:00Z.", show_default="now"),
    ] = None,
    metrics_file: MetricsFile = METRICS_FILE,
) -> None:
    """Start a run now and follow it; ends with 0 if it succeeds.

    It publishes as any run does. Values of a time that has them already leave its
    averages as they are, but count twice in Sum and SampleCount.
    """
    from datetime import UTC, datetime

    from sidestep.metrics_file import load_settings
    from sidestep.run import main
    from sidestep.run.event import event_for
    from sidestep.stacks import database_of

    with _mistakes_told():
        settings = load_settings(metrics_file)
        database = database_of(settings, name, file=metrics_file.name)
        now = datetime.now(UTC)
        event = event_for(settings, name, queries=query or (), at=at, now=now, file=metrics_file.name)
        succeeded = main.run(consoles.output(), database, name, event)
    sys.exit(0 if succeeded else 1)


@app.command(rich_help_panel=DEPLOYED)
def watch(
    name: Annotated[
        str | None,
        typer.Argument(
            help="The database, as metrics.toml names it.",
            show_default="all of them",
            autocompletion=completion.databases,
        ),
    ] = None,
    interval: Annotated[float, typer.Option(min=1, max=3600, help="Seconds from one look to the next.")] = 2,
    series: Annotated[
        int,
        typer.Option(
            min=0,
            max=100,
            help="So many series of metrics are shown. AWS charges USD 0.01 for reading 1,000; they are read at the "
            "start and after runs, at most once a minute.",
        ),
    ] = 12,
    metrics_file: MetricsFile = METRICS_FILE,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print one picture and end.")] = False,
) -> None:
    """Show executions, metrics and alarms as they come, until Ctrl-C.

    On a terminal it is a moving picture, in a pipe a line for each end of a run.
    It only reads.
    """
    from sidestep.metrics_file import load_settings
    from sidestep.stacks import database_of
    from sidestep.watch import main

    with _mistakes_told():
        settings = load_settings(metrics_file)
        if name is not None:
            database_of(settings, name, file=metrics_file.name)
        names = list(settings.databases) if name is None else [name]
        main.watch(consoles.output(), settings, names, interval=interval, most_series=series, once=once)


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
