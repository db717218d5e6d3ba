"""The commands that need no AWS account.

Each command imports its modules when it runs, so that the help and the shell's completion start fast.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from sidestep.cli.arguments import MetricsFile, exit_on_error, settings_of
from sidestep.commands.cost.bill import Way
from sidestep.local import isolated_environment
from sidestep.paths import METRICS_FILE


def init(
    folder: Annotated[
        Path, typer.Argument(help="The folder, created if it does not exist.", show_default="this folder")
    ] = Path(),
    instance: Annotated[str | None, typer.Option(metavar="NAME", help="Your RDS instance.")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="NAME", help="Your Aurora or Multi-AZ cluster.")] = None,
    proxy: Annotated[str | None, typer.Option(metavar="NAME", help="Your RDS Proxy.")] = None,
    engine: Annotated[
        str | None, typer.Option(metavar="ENGINE", help="mysql (also for MariaDB) or postgres.", show_default="mysql")
    ] = None,
    vpc: Annotated[str | None, typer.Option(metavar="ID", help="The VPC of your database.")] = None,
    schema: Annotated[
        str | None, typer.Option(metavar="NAME", help="The MySQL schema, or the PostgreSQL database.")
    ] = None,
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Create a sample database with example data.")] = False,
) -> None:
    """Write metrics.toml and a CDK app into a folder.

    On a terminal, the command prompts for missing options. It never replaces a file.
    The other files are cdk.json, requirements.txt and .gitignore.
    """
    from sidestep.commands import init

    with exit_on_error():
        options = init.Options(
            sample=sample,
            instance=instance,
            cluster=cluster,
            proxy=proxy,
            engine=engine,
            vpc=vpc,
            schema=schema,
        )
        ask = typer.prompt if sys.stdin.isatty() else None
        files = init.files_of(init.choose(options, ask))
        init.check(files)
        init.write(folder, files)
    typer.echo("\n".join(init.next_steps(folder, files)))


def demo(
    pace: Annotated[
        float | None,
        typer.Option(min=0, max=3600, help="Seconds between two runs.", show_default="1 on a terminal, else 0"),
    ] = None,
) -> None:
    """Run Sidestep end to end on this machine, without an AWS account."""
    from sidestep.terminal import console

    screen = console.output()
    with isolated_environment(), exit_on_error():
        with console.working("starting"):
            from sidestep.commands.demo.run_demo import run_demo
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
    cold: Annotated[bool, typer.Option("--cold", help="Start a new process for each event of a function.")] = False,
) -> None:
    """Run a local cloud, for commands in another shell.

    The local cloud has the databases of metrics.toml.
    """
    from sidestep.terminal import console

    with isolated_environment(), exit_on_error():
        settings = settings_of(file)
        with console.working("starting"):
            from sidestep.local.foreground import run_local
            from sidestep.local.servers import check_supported, connections_to

        check_supported(settings, file=file)
        servers = connections_to(database or (), settings, file=file, ca=ca)
        run_local(console.output(), settings, servers, file=file, port=port, keep_warm=not cold)


def check(
    file: MetricsFile = METRICS_FILE,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Run the queries on mysql://user@host[:port]/schema or postgres://user@host[:port]/database, as the "
            "Lambda function does: read-only, over verified TLS. The command prompts for the password, or reads "
            "SIDESTEP_DATABASE_PASSWORD. The URL must not have one.",
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
        bool, typer.Option("--iam", help="Log in with an IAM token, signed with the shell's AWS credentials.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, with the requests to PutMetricData.")
    ] = False,
) -> None:
    """Check metrics.toml, and what its queries would publish.

    Nothing is published. Exits with 0 on success, with 1 if a query or the log-in
    fails, and with 2 for errors in the file or the options.
    """
    from sidestep.commands.check.console_reporter import ConsoleReporter
    from sidestep.commands.check.json_reporter import JsonReporter
    from sidestep.commands.check.options import Options
    from sidestep.commands.check.run_check import run_check
    from sidestep.terminal import console

    options = Options(file=file, database=database, local=local, of=of, queries=query or (), ca=ca, iam=iam)
    screen = ConsoleReporter(console.output(), runs_queries=options.runs_queries)
    with exit_on_error():
        good = run_check(options, JsonReporter(console.errors()) if as_json else screen)
    sys.exit(0 if good else 1)


def cost(
    file: MetricsFile = METRICS_FILE,
    series: Annotated[
        list[str] | None,
        typer.Option(
            help="The number of series of a query with dimensions: 12 or orders=12.", show_default="max_series"
        ),
    ] = None,
    way: Annotated[
        Way | None, typer.Option(help="The bill to show line by line.", show_default="the file's workflow")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print every bill line by line, in JSON.")] = False,
) -> None:
    """Price a month of metrics.toml, beside other architectures."""
    from sidestep.commands.cost.comparison import compare
    from sidestep.commands.cost.console_report import cost_report
    from sidestep.commands.cost.json_report import json_report
    from sidestep.config.loader import load_settings
    from sidestep.terminal import console

    with exit_on_error():
        comparison = compare(load_settings(file), series or ())
    if as_json:
        typer.echo(json.dumps(json_report(comparison, file=str(file.absolute())), indent=2, ensure_ascii=False))
    else:
        report = cost_report(comparison, file=str(file.absolute()), way=way or comparison.ours.way)
        console.output().print(report, highlight=False)
