"""The command `sidestep`."""

import io
import json
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sidestep.costs.bill import Way
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

    try:
        database = preparation.database_of(load_settings(metrics_file), name, file=metrics_file.name)
        if print_sql:
            typer.echo(preparation.sql(database, table or ()), nl=False)
            return
        clients = preparation.clients_for(database)
        prepared = preparation.prepare(database, name, tables=table or (), secret=secret, clients=clients)
    except (SettingsError, InvalidName) as error:
        typer.echo(error, err=True)
        sys.exit(2)
    except AwsError as error:
        sys.exit(str(error))
    typer.echo(preparation.told(prepared))
    sys.exit(1 if prepared.beyond else 0)


@app.command()
def cost(
    file: Annotated[Path, typer.Option(help="The file to price.", show_default="metrics.toml")] = METRICS_FILE,
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
    """Price a month of metrics.toml, line by line, beside the other ways to the same metrics."""
    from sidestep.costs.comparison import compare
    from sidestep.costs.document import document
    from sidestep.metrics_file import load_settings
    from sidestep.mistakes import SettingsError
    from sidestep.terminal.costs import cost_report

    try:
        comparison = compare(load_settings(file), series or ())
    except SettingsError as error:
        typer.echo(error, err=True)
        sys.exit(2)
    if as_json:
        typer.echo(json.dumps(document(comparison), indent=2, ensure_ascii=False))
    else:
        report = cost_report(comparison, file=file.name, way=way or comparison.ours.way)
        Console(highlight=False).print(report)


@app.command()
def check(
    file: Annotated[Path, typer.Option(help="What to check.", show_default="metrics.toml")] = METRICS_FILE,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Run the queries on mysql://user@host[:port]/schema as the function would: read-only, verified TLS. "
            "The password is asked for, or taken from SIDESTEP_DATABASE_PASSWORD; a URL with one is refused.",
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
    """Check metrics.toml, and on a database what each query would publish now. Nothing is published.

    Ends with 0 if all is well, 1 if a query failed or nobody was let in, 2 for mistakes in the file or the options.
    """
    from sidestep.aws import AwsError
    from sidestep.check.document import Document
    from sidestep.check.main import run_check
    from sidestep.check.options import OptionError, Options
    from sidestep.check.screen import Screen
    from sidestep.mistakes import SettingsError

    options = Options(
        file=file, database=database, local=local, of=of, queries=query or (), ca=ca, iam=iam, as_json=as_json
    )
    findings = Document(Console(stderr=True)) if as_json else Screen(Console(), asks=options.asks)
    try:
        good = run_check(options, findings)
    except (SettingsError, OptionError) as error:
        typer.echo(error, err=True)
        sys.exit(2)
    except AwsError as error:
        sys.exit(str(error))
    sys.exit(0 if good else 1)


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
