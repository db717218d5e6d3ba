"""The commands that need no account.

Each command imports what it needs when it runs: a shell that completes a word waits for all of this file.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from sidestep.cli.shared import MetricsFile, mistakes_told, settings_of
from sidestep.commands.cost.bill import Way
from sidestep.local import isolated_environment
from sidestep.paths import METRICS_FILE
from sidestep.terminal import console


def demo(
    pace: Annotated[
        float | None,
        typer.Option(min=0, max=3600, help="Seconds between two runs.", show_default="1 on a terminal, else 0"),
    ] = None,
) -> None:
    """Run Sidestep end to end on this machine, without an AWS account."""
    screen = console.output()
    with isolated_environment():
        # Only here, for moto reads the environment when it is imported.
        with console.working("starting"):
            from sidestep.commands.demo.main import run_demo
            from sidestep.local.deployment import SynthesisError

        try:
            good = run_demo(screen, pace=pace if pace is not None else float(screen.is_terminal))
        except SynthesisError as error:
            sys.exit(str(error))
    sys.exit(0 if good else 1)


def local(
    file: MetricsFile = METRICS_FILE,
    database: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]URL",
            help="Use a real server for the database NAME of the file: mysql://user@host[:port]/schema or "
            "postgres://user@host[:port]/database, over verified TLS. The command prompts for the password, or reads "
            "SIDESTEP_DATABASE_PASSWORD. Can be repeated.",
            show_default="MySQL: an embedded database",
        ),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="PEM file of the authorities that sign the servers' certificates.",
            show_default="this machine's",
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1.", show_default="a free one")] = 0,
    *,
    cold: Annotated[bool, typer.Option("--cold", help="Start functions anew for each event.")] = False,
) -> None:
    """Run a local cloud, for commands in another shell.

    The local cloud has the databases of metrics.toml.
    """
    with isolated_environment(), mistakes_told():
        settings = settings_of(file)
        # Only here, for moto reads the environment when it is imported.
        with console.working("starting"):
            from sidestep.local.foreground import run_local
            from sidestep.local.servers import check_playable, ways_to

        check_playable(settings, file=file)
        servers = ways_to(database or (), settings, file=file, ca=ca)
        run_local(console.output(), settings, servers, file=file, port=port, keep_warm=not cold)


def check(
    file: MetricsFile = METRICS_FILE,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Run the queries on mysql://user@host[:port]/schema or postgres://user@host[:port]/database as the "
            "function would: read-only, verified TLS. The password is asked for, or taken from "
            "SIDESTEP_DATABASE_PASSWORD; a URL with one is refused.",
        ),
    ] = None,
    query: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Check this query only; can be repeated.")
    ] = None,
    of: Annotated[
        str | None, typer.Option(metavar="NAME", help="Check the queries of this database of the file only.")
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="PEM file of the authorities that sign the database's certificate.",
            show_default="those of RDS for its endpoints, else this machine's",
        ),
    ] = None,
    *,
    local: Annotated[
        bool, typer.Option("--local", help="Run the queries on an embedded database with the sample's tables.")
    ] = False,
    iam: Annotated[
        bool, typer.Option("--iam", help="Log in with a token that the shell's AWS credentials sign.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, with the requests to PutMetricData.")
    ] = False,
) -> None:
    """Check metrics.toml, and what its queries would publish.

    Nothing is published. Ends with 0 if all is well, 1 if a query failed or
    nobody was let in, 2 for mistakes in the file or the options.
    """
    from sidestep.commands.check.console_reporter import ConsoleReporter
    from sidestep.commands.check.json_reporter import JsonReporter
    from sidestep.commands.check.options import Options
    from sidestep.commands.check.run_check import run_check

    options = Options(file=file, database=database, local=local, of=of, queries=query or (), ca=ca, iam=iam)
    screen = ConsoleReporter(console.output(), runs_queries=options.runs_queries)
    with mistakes_told():
        good = run_check(options, JsonReporter(console.errors()) if as_json else screen)
    sys.exit(0 if good else 1)


def cost(
    file: MetricsFile = METRICS_FILE,
    series: Annotated[
        list[str] | None,
        typer.Option(help="Series that a query with dimensions has, as 12 or orders=12.", show_default="max_series"),
    ] = None,
    way: Annotated[
        Way | None, typer.Option(help="Whose bill is shown line by line.", show_default="the file's workflow")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Every bill line by line, for programs.")] = False,
) -> None:
    """Price a month of metrics.toml, beside other ways to its metrics."""
    from sidestep.commands.cost.comparison import compare
    from sidestep.commands.cost.console_report import cost_report
    from sidestep.commands.cost.json_report import json_report
    from sidestep.config.loader import load_settings

    with mistakes_told():
        comparison = compare(load_settings(file), series or ())
    if as_json:
        typer.echo(json.dumps(json_report(comparison, file=str(file.absolute())), indent=2, ensure_ascii=False))
    else:
        report = cost_report(comparison, file=str(file.absolute()), way=way or comparison.ours.way)
        console.output().print(report, highlight=False)
