"""Reads metrics.toml and finds every mistake in it before anything is deployed."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from sidestep.config.certificates import Certificates, CertificatesError, read_certificates
from sidestep.config.databases import KINDS, AnyDatabase, Database, Sample, engine_of
from sidestep.config.errors import Location, SettingsError, escaped, explain, suggestion, unknown_key
from sidestep.config.fields import Table
from sidestep.config.schedule import Schedule, timezone_problem
from sidestep.config.settings import ENGINE, Alarm, General, Metric, Query, Settings
from sidestep.config.validation.alarms import blind_alarms, crowded_regions, long_searches
from sidestep.config.validation.between_tables import repeated_names, unused_databases
from sidestep.config.validation.budget import overrun
from sidestep.config.validation.misplaced import misplaced
from sidestep.config.validation.queries import mixed_series
from sidestep.config.validation.query import mistakes_within
from sidestep.config.validation.raw import Mistake, RawQuery, RawTable, queries_of
from sidestep.config.validation.runs import crowded_databases, long_runs
from sidestep.config.validation.statements import sql_problems

AnyTable = TypeVar("AnyTable", bound=Table)

_DATABASE_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,29}")
_DATABASE_NAME_RULE: Final = "up to 30 lower-case letters, digits and -, a letter first"
_TOP_LEVEL: Final = (*General.key_names(), "database", "query")


def load_settings(path: Path) -> Settings:
    """Read and check a metrics.toml.

    Raises:
        SettingsError: with every mistake of the file, each naming file, key, what was wrong and what is allowed.
    """
    return _Reader(path).read(_parse(path))


def _parse(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            [f"{path}: does not exist; name a file with --file (cdk: -c metrics=FILE); README.md has an example"]
        ) from None
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: is not UTF-8 text (byte {error.start})"]) from None
    except ValueError as error:  # of TOML, or of a number with more digits than Python reads
        raise SettingsError([f"{path}: is not valid TOML: {error}"]) from None
    except RecursionError:
        raise SettingsError([f"{path}: is nested too deep; metrics.toml needs three levels"]) from None


@dataclass(frozen=True)
class _Defaults:
    """What queries have that do not say otherwise. `schedule` is None if the file's is wrong."""

    schedule: Schedule | None
    timezone: str
    database: str


class _Reader:
    """Collects the mistakes of one file, so that one wrong table does not hide what is wrong elsewhere."""

    def __init__(self, path: Path) -> None:
        self._file = str(path)
        self._folder = path.parent
        self._mistakes: list[str] = []
        self._warnings: list[str] = []

    def read(self, content: dict[str, object]) -> Settings:
        general = self._general(content)
        timezone = self._timezone(content.get("timezone", "UTC"), "timezone")
        schedule = self._schedule(content.get("schedule"), timezone, "schedule")
        databases = self._databases(content.get("database"))
        defaults = _Defaults(schedule, timezone, next(iter(databases), ""))
        queries, schedules = self._queries(content, databases, defaults)
        settings = Settings(
            namespace=general.namespace,
            workflow=general.workflow,
            notify=general.notify,
            alarm_on_missing=general.alarm_on_missing,
            dashboard=general.dashboard,
            budget=general.budget,
            certificates=self._certificates(general),
            databases=databases,
            queries=tuple(query for query in queries if query.name in schedules),
            schedules=schedules,
            warnings=tuple(self._warnings),
        )
        for check in (
            *(long_runs, crowded_databases),
            *(blind_alarms, crowded_regions, long_searches, overrun),
        ):
            self._blame_all(check(settings))
        if self._mistakes:
            raise SettingsError(self._mistakes)
        return settings

    def _blame(self, where: str, what: str) -> None:
        self._mistakes.append(f"{self._file}: {escaped(where)}: {what}")

    def _blame_all(self, mistakes: Iterable[Mistake]) -> None:
        for where, what in mistakes:
            self._blame(where, what)

    def _table(
        self,
        model: type[AnyTable],
        raw: object,
        *,
        where: str = "",
        nested: Mapping[int, type[Table]] | None = None,
        context: Mapping[str, object] | None = None,
    ) -> AnyTable | None:
        """Return the checked table.

        Args:
            model: what it has to be.
            raw: what the file has.
            where: what to call it in messages.
            nested: the tables below it, by how many keys lead to one of theirs.
            context: what the model has to know beside the table.
        """

        def table_of(location: Location) -> type[Table]:
            return (nested or {}).get(len(location), model)

        try:
            return model.model_validate(raw, context=context)
        except ValidationError as error:
            complaints = explain(
                error,
                allowed_keys=lambda location: table_of(location).key_names(),
                misplaced=lambda location: misplaced(location, table_of(location)),
                spelling=model.spelling(),
            )
            self._mistakes += [f"{self._file}: {escaped(where + complaint)}" for complaint in complaints]
        return None

    def _general(self, content: dict[str, object]) -> General:
        """Return the keys above the tables; the defaults in the place of wrong ones."""
        for key in content:
            if key not in _TOP_LEVEL:
                self._blame(key, unknown_key(key, _TOP_LEVEL))
        table = {key: content[key] for key in General.key_names() if key in content}
        return self._table(General, table) or General.model_construct(namespace="")

    def _certificates(self, general: General) -> Certificates | None:
        if general.certificates is None:
            if general.certificates_sha256:
                self._blame("certificates_sha256", "needs the key certificates, with the name of the file")
            return None
        try:
            return read_certificates(self._folder / general.certificates, general.certificates_sha256)
        except CertificatesError as error:
            self._blame("certificates", str(error))
        return None

    def _timezone(self, raw: object, where: str) -> str:
        """Return a time zone; UTC in the place of a wrong one, so that the schedule is checked all the same."""
        if not isinstance(raw, str):
            return "UTC"  # its table blames the type
        problem = timezone_problem(raw)
        if problem:
            self._blame(where, problem)
            return "UTC"
        return raw

    def _schedule(self, raw: object, timezone: str, where: str) -> Schedule | None:
        if not isinstance(raw, str):
            return None  # missing or of the wrong type, which its table blames
        try:
            return Schedule(raw, timezone)
        except ValueError as error:
            self._blame(where, str(error))
        return None

    def _databases(self, raw: object) -> dict[str, Database]:
        if not raw:
            self._blame("database", "is missing; name at least one, for example [database.shop]")
            return {}
        if not isinstance(raw, dict):
            self._blame("database", "must be tables with names, for example [database.shop]")
            return {}
        # A wrong table still owns its name: queries that point to it are right.
        return {name: self._database(name, table) or Sample.model_construct() for name, table in raw.items()}

    def _database(self, name: str, raw: object) -> Database | None:
        where = f"database.{name}"
        if not _DATABASE_NAME.fullmatch(name):
            self._blame(where, f"is not a database name; use {_DATABASE_NAME_RULE}")
        if not isinstance(raw, dict):
            self._blame(where, f"must be a table; write [{where}]")
            return None
        kinds = [key for key in KINDS if key in raw]
        if len(kinds) == 1:
            return self._table(KINDS[kinds[0]], raw, where=f"{where}.")
        what = f"has {' and '.join(kinds)}" if kinds else "does not say which database it is"
        hints = "".join(f"; {key}{suggestion(key, KINDS)}" for key in raw if suggestion(key, KINDS) and not kinds)
        self._blame(where, f"{what}; write one of {', '.join(KINDS)}{hints}")
        strangers = {key: misplaced((key,), AnyDatabase) for key in raw if key not in AnyDatabase.key_names()}
        self._blame_all((f"{where}.{key}", why) for key, why in strangers.items() if why)
        return None

    def _queries(
        self, content: RawTable, databases: Collection[str], defaults: _Defaults
    ) -> tuple[list[Query], dict[str, Schedule]]:
        """Return the queries that are right, and by their names the schedules that are."""
        raw = content.get("query")
        if not raw:
            self._blame("query", "is missing; write at least one [[query]]")
            return [], {}
        if not isinstance(raw, list) or not all(isinstance(table, dict) for table in raw):
            self._blame("query", "must be a list of tables; write each query as [[query]], in double brackets")
            return [], {}
        raw_queries = queries_of(content, defaults.database)
        self._blame_all(repeated_names(raw_queries))
        self._blame_all(mixed_series(raw_queries))
        self._blame_all(unused_databases(databases, raw_queries))
        queries, schedules = [], {}
        for raw_query in raw_queries:
            self._blame_all((raw_query.called, what) for what in mistakes_within(raw_query, databases))
            query = self._query(raw_query, defaults)
            schedule = self._schedule_of(raw_query, defaults)
            if query:
                self._check_statement(raw_query, query)
                queries.append(query)
                if schedule:
                    schedules[query.name] = schedule
        return queries, schedules

    def _query(self, raw: RawQuery, defaults: _Defaults) -> Query | None:
        query = self._table(
            Query,
            raw.table,
            where=f"{raw.called}: ",
            nested={3: Metric, 4: Alarm},
            context={ENGINE: engine_of(raw.database)},
        )
        if query is None:
            return None
        whole = {"database": query.database or defaults.database, "fixed_dimensions": raw.fixed_dimensions}
        return query.model_copy(update=whole)

    def _check_statement(self, raw: RawQuery, query: Query) -> None:
        problems = sql_problems(query, engine_of(raw.database), str(raw.table["sql"]))
        self._blame_all((raw.called, escaped(what)) for what in problems.mistakes)
        self._warnings += (f"{self._file}: {escaped(f'{raw.called}: {what}')}" for what in problems.warnings)

    def _schedule_of(self, query: RawQuery, defaults: _Defaults) -> Schedule | None:
        if "schedule" not in query.table:
            if "timezone" in query.table:
                self._blame(query.called, "timezone: needs a schedule of the query's own beside it")
            return defaults.schedule
        timezone = self._timezone(query.table.get("timezone", defaults.timezone), f"{query.called}: timezone")
        return self._schedule(query.table["schedule"], timezone, f"{query.called}: schedule")
