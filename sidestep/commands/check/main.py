"""Runs a check from beginning to end."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sidestep.bundle.query_files import LISTING, query_files
from sidestep.commands.check.findings import Findings
from sidestep.commands.check.observed_database import ObservedDatabase
from sidestep.commands.check.options import Options, chosen_queries
from sidestep.commands.check.run import CheckedRun
from sidestep.config.databases import Database, Existing
from sidestep.config.engines import MYSQL, POSTGRES, Engine
from sidestep.config.loader import load_settings
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query, Settings
from sidestep.connection.certificate_authority import hint
from sidestep.connection.login import Way, check_engine, way_to
from sidestep.connection.url import Address, parsed
from sidestep.lambdas.query_database.errors import DatabaseUnavailable
from sidestep.lambdas.query_database.queries import Query as DeployedQuery
from sidestep.lambdas.query_database.queries import load_queries

SPOOLS: Final = "spools"
"""Below the check's folder, apart from its other files: a spool makes room for itself among what lies beside it."""


def run_check(options: Options, findings: Findings) -> bool:
    """Check what the options name, and tell what is found.

    Returns:
        Whether nothing is wrong; warnings are not.

    Raises:
        ConfigError: the file has mistakes.
        OptionError: an option has.
        AwsError: there are no credentials to sign a token with.
    """
    options.check()
    settings = load_settings(options.file)
    queries = chosen_queries(settings, options)
    if not options.asks:
        findings.validated(settings, queries, str(options.file.absolute()))
        findings.end(None)
        return True
    asked = str(queries[0].database)  # of all of them
    with TemporaryDirectory(prefix="sidestep-check-") as name, _way(options, settings, asked, Path(name)) as way:
        findings.validated(settings, queries, str(options.file.absolute()))
        return _ask(settings, queries, way, Path(name), findings)


@contextmanager
def _way(options: Options, settings: Settings, database: str, folder: Path) -> Iterator[Way]:
    if options.database is not None:
        address = parsed(options.database)
        check_engine(address.engine, "--database", settings, database)
        own = settings.certificates.file if settings.certificates else None
        yield way_to(address, _schema(address, settings.databases[database]), ca=options.ca, iam=options.iam, own=own)
        return
    check_engine(MYSQL, "--local", settings, database)
    # Only now, for it takes its time.
    from sidestep.commands.check.sample_database import sample_database  # noqa: PLC0415

    with sample_database(folder) as way:
        yield way


def _schema(address: Address, database: Database) -> str:
    """Return where the queries' names are looked for: a URL names MySQL's schema, the file PostgreSQL's."""
    if address.engine is POSTGRES and isinstance(database, Existing):
        return database.default_schema
    return address.database


def _ask(settings: Settings, queries: Sequence[Query], way: Way, folder: Path, findings: Findings) -> bool:
    deployed = _deployed(settings, queries, way.engine, folder)
    with (
        findings.waiting(f"connecting to {way.name}") as waiting,
        ObservedDatabase(way, lambda name: waiting.update(f"asking {name}")) as database,
    ):
        try:
            database.session()
        except DatabaseUnavailable as error:
            findings.end(f"{error}{hint(str(error), way.trust)}")
            return False
        findings.reached(way)
        good = True
        for schedule, names in _runs(settings, queries).items():
            run = CheckedRun(deployed, names, database, folder / SPOOLS)
            findings.run_begins(schedule, run.scheduled_time)
            if way.has_plans:
                run.look_at_plans()
            for datums in run.pages():
                findings.page(settings.namespace, datums)
            findings.run_ends(run.reports)
            good = good and not any(report.failed for report in run.reports)
    findings.end(None)
    return good


def _deployed(
    settings: Settings, queries: Sequence[Query], engine: Engine, folder: Path
) -> Mapping[str, DeployedQuery]:
    """Return the queries as the function would read them from its bundle."""
    for name, content in query_files(queries, settings.schedules, engine).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return load_queries(folder / LISTING)


def _runs(settings: Settings, queries: Sequence[Query]) -> dict[Schedule, list[str]]:
    """Return the names of the queries that run together, by their schedules, in the order of the file."""
    runs: dict[Schedule, list[str]] = {}
    for query in queries:
        runs.setdefault(settings.schedules[query.name], []).append(query.name)
    return runs
