"""The commands for databases that are deployed, on AWS or on the local cloud.

Each command imports its modules when it runs, so that the help and the shell's completion start fast.
"""

import sys
from typing import Annotated

import typer

from sidestep.cli.arguments import (
    MetricsFile,
    Name,
    Stack,
    check_stack,
    complete_databases,
    complete_queries,
    exit_on_error,
    settings_of,
)
from sidestep.paths import METRICS_FILE


def prepare(
    name: Name,
    table: Annotated[
        list[str] | None,
        typer.Option(help="A table that queries may read; can be repeated.", show_default="all of the schema"),
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(help="ARN of the administrator's secret.", show_default="the secret that RDS manages"),
    ] = None,
    file: MetricsFile = METRICS_FILE,
    *,
    print_sql: Annotated[bool, typer.Option("--print", help="Print the SQL, without calls to AWS.")] = False,
) -> None:
    """Create the read-only user of the queries, and the sample's data."""
    from sidestep.aws.stacks import database_of, deployed_database
    from sidestep.commands import prepare
    from sidestep.terminal import console

    with exit_on_error():
        settings = settings_of(file)
        database = database_of(settings, name, file=str(file))
        if print_sql:
            typer.echo(prepare.sql(database, table or ()), nl=False)
            return
        deployed = deployed_database(settings, name, file=str(file))
        clients = deployed.clients(read_timeout=prepare.READ_TIMEOUT)
        with console.working("preparing"):
            prepared = prepare.prepare(
                database, name, stack=deployed.stack, tables=table or (), secret=secret, clients=clients
            )
    typer.echo(prepare.summary(prepared))
    sys.exit(1 if prepared.beyond else 0)


def run(
    name: Annotated[
        str | None,
        typer.Argument(
            help="The database, by its name in metrics.toml; left out with --stack.",
            show_default=False,
            autocompletion=complete_databases,
        ),
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(
            help="A query to run; can be repeated.", show_default="all of them", autocompletion=complete_queries
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="The scheduled time of the run: 2026-01-31T08:05:00Z, as in `sidestep watch`, "
            '"2026-01-31 08:05 Europe/Berlin", or 2026-01-31 for the first run of that day.',
            show_default="now",
        ),
    ] = None,
    stack: Stack = None,
    file: MetricsFile = METRICS_FILE,
) -> None:
    """Start a run and follow it; exits with 0 if it succeeds.

    It publishes like any run. A second run with the same scheduled time and values
    does not change averages, but counts twice in Sum and SampleCount.
    """
    from datetime import UTC, datetime

    from sidestep.aws.stacks import Deployed, deployed_database
    from sidestep.commands.run.event import event_for, event_of_a_stack
    from sidestep.commands.run.run_workflow import run_workflow
    from sidestep.terminal import console

    with exit_on_error():
        now = datetime.now(UTC)
        check_stack(stack, name, required=True)
        if name is None:
            deployed = Deployed(stack or "")
            event = event_of_a_stack(queries=query or (), at=at, now=now)
        else:
            settings = settings_of(file)
            deployed = deployed_database(settings, name, file=str(file))
            event = event_for(settings, name, queries=query or (), at=at, now=now, file=str(file))
        succeeded = run_workflow(console.output(), deployed, event)
    sys.exit(0 if succeeded else 1)


def watch(
    name: Annotated[
        str | None,
        typer.Argument(
            help="The database, by its name in metrics.toml.",
            show_default="all of them",
            autocompletion=complete_databases,
        ),
    ] = None,
    interval: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between two polls.")] = 2,
    series: Annotated[
        int,
        typer.Option(
            min=0,
            max=100,
            help="The number of series to show. They are read at the start and after runs, at most once a minute; "
            "AWS charges USD 0.01 for 1,000 series.",
        ),
    ] = 12,
    stack: Stack = None,
    file: MetricsFile = METRICS_FILE,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the current state and exit.")] = False,
) -> None:
    """Show new executions, metrics and alarms until Ctrl-C.

    A terminal shows a live view, a pipe gets one line for each run. The command
    changes nothing.
    """
    from sidestep.aws.stacks import Deployed, deployed_database
    from sidestep.commands.watch.watch_databases import watch_databases
    from sidestep.commands.watch.watched_database import MetricsSource
    from sidestep.terminal import console

    stacks: list[tuple[Deployed, MetricsSource | None]]
    with exit_on_error():
        check_stack(stack, name, required=False)
        if stack is not None:
            stacks = [(Deployed(stack), None)]
        else:
            settings = settings_of(file)
            names = list(settings.databases) if name is None else [name]
            stacks = [
                (deployed_database(settings, one, file=str(file)), MetricsSource(settings, one)) for one in names
            ]
        watch_databases(console.output(), stacks, interval=interval, most_series=series, once=once)
