"""Runs a check: reads the file, connects to the database, and runs the queries by their schedules."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sidestep.bundle.query_files import LISTING, query_files
from sidestep.commands.check.checked_run import CheckedRun
from sidestep.commands.check.observed_database import ObservedDatabase
from sidestep.commands.check.options import Options, chosen_queries
from sidestep.commands.check.reporter import Reporter
from sidestep.config.databases import Database, Existing
from sidestep.config.engines import MYSQL, POSTGRES, Engine
from sidestep.config.loader import load_settings
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query, Settings
from sidestep.connection.certificate_authority import hint
from sidestep.connection.login import DatabaseConnection, check_engine, connection_to
from sidestep.connection.url import Address, parsed
from sidestep.lambdas.query_database.errors import DatabaseUnavailable
from sidestep.lambdas.query_database.queries import Query as DeployedQuery
from sidestep.lambdas.query_database.queries import load_queries

SPOOLS: Final = "spools"
"""A folder of its own in the check's folder, because the function deletes other files beside a spool."""


def run_check(options: Options, reporter: Reporter) -> bool:
    """Check what the options name.

    Returns:
        Whether there are no problems; warnings are none.

    Raises:
        ConfigError: the file has errors.
        OptionError: an option has an error.
        AwsError: there are no credentials to sign a token with.
    """
    options.check()
    settings = load_settings(options.file)
    queries = chosen_queries(settings, options)
    if not options.runs_queries:
        reporter.file_is_valid(settings, queries, str(options.file.absolute()))
        reporter.finished(None)
        return True
    database = str(queries[0].database)  # of all queries
    with TemporaryDirectory(prefix="sidestep-check-") as name, _way(options, settings, database, Path(name)) as way:
        reporter.file_is_valid(settings, queries, str(options.file.absolute()))
        return _run(settings, queries, way, Path(name), reporter)


@contextmanager
def _way(options: Options, settings: Settings, database: str, folder: Path) -> Iterator[DatabaseConnection]:
    if options.database is not None:
        address = parsed(options.database)
        check_engine(address.engine, "--database", settings, database)
        own = settings.certificates.file if settings.certificates else None
        yield connection_to(
            address, _schema(address, settings.databases[database]), ca=options.ca, iam=options.iam, own=own
        )
        return
    check_engine(MYSQL, "--local", settings, database)
    # This import is slow.
    from sidestep.commands.check.sample_database import sample_database  # noqa: PLC0415

    with sample_database(folder) as way:
        yield way


def _schema(address: Address, database: Database) -> str:
    """Return the default schema of the queries: the URL has MySQL's, the file has PostgreSQL's."""
    if address.engine is POSTGRES and isinstance(database, Existing):
        return database.default_schema
    return address.database


def _run(
    settings: Settings, queries: Sequence[Query], way: DatabaseConnection, folder: Path, reporter: Reporter
) -> bool:
    deployed = _deployed(settings, queries, way.engine, folder)
    with (
        reporter.progress(f"connecting to {way.name}") as progress,
        ObservedDatabase(way, lambda name: progress.update(f"running {name}")) as database,
    ):
        try:
            database.session()
        except DatabaseUnavailable as error:
            reporter.finished(f"{error}{hint(str(error), way.authority)}")
            return False
        reporter.connected(way)
        good = True
        for schedule, names in _by_schedule(settings, queries).items():
            run = CheckedRun(deployed, names, database, folder / SPOOLS)
            reporter.run_started(schedule, run.scheduled_time)
            if way.has_plans:
                run.explain()
            for datums in run.pages():
                reporter.page(settings.namespace, datums)
            reporter.run_finished(run.reports)
            good = good and not any(report.failed for report in run.reports)
    reporter.finished(None)
    return good


def _deployed(
    settings: Settings, queries: Sequence[Query], engine: Engine, folder: Path
) -> Mapping[str, DeployedQuery]:
    """Return the queries as the function reads them from its bundle."""
    for name, content in query_files(queries, settings.schedules, engine, settings.shared).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return load_queries(folder / LISTING)


def _by_schedule(settings: Settings, queries: Sequence[Query]) -> dict[Schedule, list[str]]:
    """Return the names of the queries of each schedule, in the order of the file."""
    runs: dict[Schedule, list[str]] = {}
    for query in queries:
        runs.setdefault(settings.schedules[query.name], []).append(query.name)
    return runs
