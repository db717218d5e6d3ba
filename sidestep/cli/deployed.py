"""The commands for databases that are deployed, on AWS or on the local cloud.

Each command imports what it needs when it runs: a shell that completes a word waits for all of this file.
"""

import sys
from typing import Annotated

import typer

from sidestep.cli import completion
from sidestep.cli.shared import MetricsFile, Name, mistakes_told, settings_of
from sidestep.paths import METRICS_FILE
from sidestep.terminal import console


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
    file: MetricsFile = METRICS_FILE,
    *,
    print_sql: Annotated[bool, typer.Option("--print", help="Print the SQL, and ask AWS nothing.")] = False,
) -> None:
    """Make the queries' user, who may only read, and the sample's data."""
    from sidestep.aws.stacks import clients_for, database_of
    from sidestep.commands import prepare

    with mistakes_told():
        database = database_of(settings_of(file), name, file=str(file))
        if print_sql:
            typer.echo(prepare.sql(database, table or ()), nl=False)
            return
        clients = clients_for(database, read_timeout=prepare.READ_TIMEOUT)
        with console.working("preparing"):
            prepared = prepare.prepare(database, name, tables=table or (), secret=secret, clients=clients)
    typer.echo(prepare.summary(prepared))
    sys.exit(1 if prepared.beyond else 0)


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
        typer.Option(
            help="The scheduled time of the run: 2026-01-31T08:05:00Z, as `sidestep watch` shows it, "
            '"2026-01-31 08:05 Europe/Berlin", or 2026-01-31 for the first run of that day.',
            show_default="now",
        ),
    ] = None,
    file: MetricsFile = METRICS_FILE,
) -> None:
    """Start a run now and follow it; ends with 0 if it succeeds.

    It publishes as any run does. Values of a time that has them already leave its
    averages as they are, but count twice in Sum and SampleCount.
    """
    from datetime import UTC, datetime

    from sidestep.aws.stacks import database_of
    from sidestep.commands.run.event import event_for
    from sidestep.commands.run.run_workflow import run_workflow

    with mistakes_told():
        settings = settings_of(file)
        database = database_of(settings, name, file=str(file))
        now = datetime.now(UTC)
        event = event_for(settings, name, queries=query or (), at=at, now=now, file=str(file))
        succeeded = run_workflow(console.output(), database, name, event)
    sys.exit(0 if succeeded else 1)


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
    file: MetricsFile = METRICS_FILE,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print one picture and end.")] = False,
) -> None:
    """Show executions, metrics and alarms as they come, until Ctrl-C.

    On a terminal it is a moving picture, in a pipe a line for each end of a run.
    It only reads.
    """
    from sidestep.aws.stacks import database_of
    from sidestep.commands.watch.watch_databases import watch_databases

    with mistakes_told():
        settings = settings_of(file)
        if name is not None:
            database_of(settings, name, file=str(file))
        names = list(settings.databases) if name is None else [name]
        watch_databases(console.output(), settings, names, interval=interval, most_series=series, once=once)
