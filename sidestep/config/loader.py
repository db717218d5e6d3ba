"""Reads metrics.toml, or queries of a CDK app, and finds every error in it before anything is deployed."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, get_args

from pydantic import ValidationError

from sidestep.config.certificates import Certificates, CertificatesError, read_certificates
from sidestep.config.databases import KINDS, AppLogin, BaseDatabase, Database, Sample
from sidestep.config.errors import ConfigError, printable, suggestion
from sidestep.config.fields import Table
from sidestep.config.query_tables import read_table
from sidestep.config.schedule import Schedule, timezone_problem
from sidestep.config.settings import General, Query, QuerySettings, Settings
from sidestep.config.validation.alarms import (
    alarm_range_errors,
    errors_of_declared_regions,
    long_searches,
    too_many_insights_alarms,
)
from sidestep.config.validation.budget import budget_errors
from sidestep.config.validation.overview import overview_errors
from sidestep.config.validation.queries import (
    declared_query_metrics,
    duplicate_names,
    duplicate_series,
    unused_databases,
)
from sidestep.config.validation.query import database_errors
from sidestep.config.validation.raw import Kind, Problem, RawQuery, RawTable, queries_of
from sidestep.config.validation.runs import long_runs, too_many_queries
from sidestep.config.validation.tables import misplaced, table_errors, unknown_key

AnyTable = TypeVar("AnyTable", bound=Table)
AnySettings = TypeVar("AnySettings", bound=QuerySettings)

_DATABASE_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,29}")
_TOP_LEVEL: Final = (*General.key_names(), "database", *get_args(Kind))


def load_settings(path: Path) -> Settings:
    """Read and check a metrics.toml.

    Raises:
        ConfigError: with every error of the file, each with file, key, what is wrong and what would be right.
    """
    reader = _Reader(str(path), path.parent)
    return reader.read(parse(path), Settings, reader.databases)


def load_login(table: RawTable, *, source: str) -> AppLogin:
    """Check the keys of AppLogin that a CDK app passes.

    Raises:
        ConfigError: with every error, each with `source`, key, what is wrong and what would be right.
    """
    return _Reader(source, Path()).login(table)


def load_queries(content: RawTable, login: AppLogin, *, source: str, folder: Path) -> QuerySettings:
    """Check queries for the database of a CDK app, whose name in the settings is "".

    Args:
        content: of a metrics.toml without [database] tables.
        login: the database.
        source: what messages name as the file.
        folder: the folder of the file `certificates`.

    Raises:
        ConfigError: as for a file.
    """
    reader = _Reader(source, folder)
    reader.refuse_databases(content)
    table = login.model_dump(by_alias=True, exclude_defaults=True)
    return reader.read({**content, "database": {"": table}}, QuerySettings, lambda _: {"": login})


def parse(path: Path) -> dict[str, object]:
    """Return the content of a metrics.toml, unchecked.

    Raises:
        ConfigError: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        what = (
            "does not exist; name a file with --file (cdk: -c metrics=FILE, SqlMetrics: metrics=FILE); README.md has "
            "an example"
        )
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text (byte {error.start})"
    except ValueError as error:  # invalid TOML, or a number with more digits than Python reads
        what = f"is not valid TOML: {error}"
    except RecursionError:
        what = "is nested too deeply; metrics.toml needs three levels"
    raise ConfigError([f"{path}: {what}"])


@dataclass(frozen=True)
class _Defaults:
    """The values of queries without their own. `schedule` is None if the file's is wrong."""

    schedule: Schedule | None
    timezone: str
    database: str


class _Reader:
    """Collects the errors of one file, so that an error in one table does not hide those in others."""

    def __init__(self, file: str, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._errors: list[str] = []
        self._warnings: list[str] = []
        self._shared: set[str] = set()

    def read(
        self,
        content: RawTable,
        model: type[AnySettings],
        read_databases: Callable[[object], Mapping[str, BaseDatabase]],
    ) -> AnySettings:
        general = self._general(content)
        timezone = self._timezone(content.get("timezone", "UTC"), "timezone")
        schedule = self._schedule(content.get("schedule"), timezone, "schedule")
        databases = read_databases(content.get("database"))
        defaults = _Defaults(schedule, timezone, next(iter(databases), ""))
        queries, schedules = self._queries(content, databases, defaults)
        settings = model(
            name=general.name,
            namespace=general.namespace,
            workflow=general.workflow,
            jitter=general.jitter_seconds,
            notify=general.notify,
            alarm_on_missing=general.alarm_on_missing,
            dashboard=general.dashboard,
            budget=general.budget,
            certificates=self._certificates(general),
            databases=databases,
            queries=tuple(query for query in queries if query.name in schedules),
            schedules=schedules,
            shared=frozenset(self._shared),
            warnings=tuple(self._warnings),
        )
        for check in (
            *(long_runs, too_many_queries),
            *(alarm_range_errors, errors_of_declared_regions, too_many_insights_alarms, long_searches),
            budget_errors,
        ):
            self._add_errors(check(settings))
        if isinstance(settings, Settings):
            self._add_errors(overview_errors(settings))
        if self._errors:
            raise ConfigError(self._errors)
        return settings

    def login(self, table: RawTable) -> AppLogin:
        login = self._table(AppLogin, table)
        if login is None:
            raise ConfigError(self._errors)
        return login

    def refuse_databases(self, content: RawTable) -> None:
        if "database" in content:
            self._add_error(
                "database", "the app passes the database to SqlMetrics; remove the [database.NAME] tables"
            )

    def _add_error(self, key: str, what: str) -> None:
        message = f"{self._file}: {printable(key)}: {what}"
        if message not in self._errors:  # a query on several databases may have an error for each
            self._errors.append(message)

    def _add_errors(self, problems: Iterable[Problem]) -> None:
        for key, what in problems:
            self._add_error(key, what)

    def _table(
        self,
        model: type[AnyTable],
        raw: object,
        *,
        prefix: str = "",
    ) -> AnyTable | None:
        """Return the checked table; None if it has errors, whose keys get a prefix."""
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            errors = table_errors(error, model, {})
            self._errors += [f"{self._file}: {printable(prefix + what)}" for what in errors]
        return None

    def _general(self, content: RawTable) -> General:
        """Return the keys above the tables, with defaults in place of wrong values."""
        for key in content:
            if key not in _TOP_LEVEL:
                self._add_error(key, unknown_key(key, _TOP_LEVEL))
        table = {key: content[key] for key in General.key_names() if key in content}
        return self._table(General, table) or General.model_construct(namespace="")

    def _certificates(self, general: General) -> Certificates | None:
        if general.certificates is None:
            if general.certificates_sha256:
                self._add_error("certificates_sha256", "needs the key certificates, with the name of the file")
            return None
        try:
            return read_certificates(self._folder / general.certificates, general.certificates_sha256)
        except CertificatesError as error:
            self._add_error("certificates", str(error))
        return None

    def _timezone(self, raw: object, key: str) -> str:
        """Return a time zone; UTC in place of a wrong one, so that the schedule is still checked."""
        if not isinstance(raw, str):
            return "UTC"  # the check of its table reports the type
        problem = timezone_problem(raw)
        if problem:
            self._add_error(key, problem)
            return "UTC"
        return raw

    def _schedule(self, raw: object, timezone: str, key: str) -> Schedule | None:
        if not isinstance(raw, str):
            return None  # the check of its table reports that it is missing or has the wrong type
        try:
            return Schedule(raw, timezone)
        except ValueError as error:
            self._add_error(key, str(error))
        return None

    def databases(self, raw: object) -> dict[str, Database]:
        if not raw:
            self._add_error("database", "is missing; add at least one, for example [database.shop]")
            return {}
        if not isinstance(raw, dict):
            self._add_error("database", "must be tables with names, for example [database.shop]")
            return {}
        # A wrong table still has its name, so queries of it are not errors.
        return {name: self._database(name, table) or Sample.model_construct() for name, table in raw.items()}

    def _database(self, name: str, raw: object) -> Database | None:
        key = f"database.{name}"
        if not _DATABASE_NAME.fullmatch(name):
            self._add_error(key, "is not a valid name; use up to 30 lower-case letters, digits and -, a letter first")
        if not isinstance(raw, dict):
            self._add_error(key, f"must be a table; write [{key}]")
            return None
        kinds = [kind for kind in KINDS if kind in raw]
        if len(kinds) == 1:
            return self._table(KINDS[kinds[0]], raw, prefix=f"{key}.")
        what = f"has {' and '.join(kinds)}" if kinds else "does not say which database it is"
        hints = "".join(f"; {one}{suggestion(one, KINDS)}" for one in raw if suggestion(one, KINDS) and not kinds)
        self._add_error(key, f"{what}; write one of {', '.join(KINDS)}{hints}")
        others = {one: misplaced((one,), BaseDatabase) for one in raw if one not in BaseDatabase.key_names()}
        self._add_errors((f"{key}.{one}", what) for one, what in others.items() if what)
        return None

    def _queries(
        self, content: RawTable, databases: Collection[str], defaults: _Defaults
    ) -> tuple[list[Query], dict[str, Schedule]]:
        """Return the queries and checks without errors, and the valid schedules by their names."""
        if not self._are_lists(content):
            return [], {}
        tables = queries_of(content, defaults.database)
        raw_queries = [raw_query for copies in tables for raw_query in copies]
        self._add_errors(duplicate_names([copies[0] for copies in tables]))
        self._add_errors(declared_query_metrics(raw_queries))
        self._add_errors(duplicate_series(raw_queries))
        self._add_errors(unused_databases(databases, raw_queries))
        queries: list[Query] = []
        schedules: dict[str, Schedule] = {}
        for copies in tables:
            self._add_errors((copies[0].label, what) for what in database_errors(copies[0], databases))
            schedule = self._schedule_of(copies[0], defaults)
            read = read_table(copies, defaults.database)
            self._errors += (f"{self._file}: {printable(error)}" for error in read.errors)
            self._warnings += (f"{self._file}: {printable(warning)}" for warning in read.warnings)
            queries += read.queries
            for query in read.queries:
                if schedule:
                    schedules[query.name] = schedule
                if copies[0].is_shared:
                    self._shared.add(query.name)
        return queries, schedules

    def _are_lists(self, content: RawTable) -> bool:
        """Return whether there is a [[query]] or [[check]], and all of them are in double brackets."""
        given = {kind: content[kind] for kind in get_args(Kind) if content.get(kind)}
        if not given:
            self._add_error("query", "is missing; add at least one [[query]] or [[check]]")
        wrong = [
            kind
            for kind, raw in given.items()
            if not isinstance(raw, list) or not all(isinstance(table, dict) for table in raw)
        ]
        for kind in wrong:
            self._add_error(kind, f"must be a list of tables; write each {kind} as [[{kind}]], in double brackets")
        return bool(given) and not wrong

    def _schedule_of(self, query: RawQuery, defaults: _Defaults) -> Schedule | None:
        if "schedule" not in query.table:
            if "timezone" in query.table:
                self._add_error(query.label, f"timezone: needs a schedule in the same {query.kind}")
            return defaults.schedule
        timezone = self._timezone(query.table.get("timezone", defaults.timezone), f"{query.label}: timezone")
        return self._schedule(query.table["schedule"], timezone, f"{query.label}: schedule")
