"""Reads metrics.toml and finds every mistake in it before anything is deployed."""

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from sidestep.mistakes import Location, SettingsError, explain, unknown_key
from sidestep.schedule import Schedule, timezone_problem
from sidestep.settings import Database, General, Metric, Query, Settings, Table
from sidestep.timing import Timing

AnyTable = TypeVar("AnyTable", bound=Table)

_DATABASE_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,29}")
_DATABASE_NAME_RULE: Final = "up to 30 lower-case letters, digits and -, a letter first"
_TOP_LEVEL: Final = (*General.model_fields, "database", "query")


def load_settings(path: Path) -> Settings:
    """Read and check a metrics.toml.

    Raises:
        SettingsError: with every mistake of the file, each naming file, key, what was wrong and what is allowed.
    """
    return _Reader(path.name).read(_parse(path))


def _parse(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError([f"{path}: does not exist; README.md shows what it has to say"]) from None
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path.name}: is not UTF-8 text (byte {error.start})"]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path.name}: is not valid TOML: {error}"]) from None


class _Reader:
    """Collects the mistakes of one file, so that one wrong table does not hide what is wrong elsewhere."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._mistakes: list[str] = []

    def read(self, content: dict[str, object]) -> Settings:
        general = self._general(content)
        timing = self._timing(content)
        databases = self._databases(content.get("database"))
        queries = self._queries(content.get("query"), tuple(databases))
        if timing:
            self._check_times(timing, queries)
        if not self._mistakes:
            self._check_use(databases, queries)
        if general is None or timing is None or self._mistakes:
            raise SettingsError(self._mistakes)
        return Settings(namespace=general.namespace, timing=timing, databases=databases, queries=tuple(queries))

    def _blame(self, where: str, what: str) -> None:
        self._mistakes.append(f"{self._file}: {where}: {what}")

    def _table(
        self, model: type[AnyTable], raw: object, *, where: str = "", nested: Mapping[str, type[Table]] | None = None
    ) -> AnyTable | None:
        def allowed_keys(location: Location) -> Collection[str]:
            return (nested or {}).get(str(location[0]), model).model_fields

        try:
            return model.model_validate(raw)
        except ValidationError as error:
            for complaint in explain(error, allowed_keys=allowed_keys):
                self._mistakes.append(f"{self._file}: {where}{complaint}")
        return None

    def _general(self, content: dict[str, object]) -> General | None:
        for key in content:
            if key not in _TOP_LEVEL:
                self._blame(key, unknown_key(key, _TOP_LEVEL))
        known = {key: value for key, value in content.items() if key in General.model_fields}
        return self._table(General, known)

    def _timing(self, content: dict[str, object]) -> Timing | None:
        expression, timezone = content.get("schedule"), content.get("timezone", "UTC")
        if not (isinstance(expression, str) and isinstance(timezone, str)):
            return None  # already blamed as a missing key or one of the wrong type
        problem = timezone_problem(timezone)
        if problem:
            self._blame("timezone", problem)
        try:
            schedule = Schedule(expression, "UTC" if problem else timezone)
        except ValueError as error:
            self._blame("schedule", str(error))
            return None
        return Timing(schedule, "express" if content.get("workflow") == "express" else "standard")

    def _databases(self, raw: object) -> dict[str, Database]:
        if not isinstance(raw, dict) or not raw:
            self._blame("database", "is missing; name at least one, for example [database.shop]")
            return {}
        for name in raw:
            if not _DATABASE_NAME.fullmatch(name):
                self._blame(f"database.{name}", f"is not a database name; use {_DATABASE_NAME_RULE}")
        tables = {name: self._table(Database, table, where=f"database.{name}.") for name, table in raw.items()}
        # A wrong table still owns its name: queries that point to it are right.
        return {name: table or Database.model_construct() for name, table in tables.items()}

    def _queries(self, raw: object, databases: tuple[str, ...]) -> list[Query]:
        if not isinstance(raw, list) or not raw:
            self._blame("query", "is missing; write at least one [[query]]")
            return []
        tables = [table if isinstance(table, dict) else {} for table in raw]
        self._check_names(tables)
        queries = []
        for number, table in enumerate(tables, start=1):
            where = f'query "{table["name"]}"' if isinstance(table.get("name"), str) else f"query number {number}"
            self._check_query(table, where, databases)
            query = self._table(Query, table, where=f"{where}: ", nested={"metrics": Metric})
            if query:
                queries.append(query.model_copy(update={"database": query.database or next(iter(databases), None)}))
        self._check_series(queries)
        return queries

    def _check_names(self, tables: list[dict[str, object]]) -> None:
        names = Counter(str(table["name"]) for table in tables if "name" in table)
        for name, count in names.items():
            if count > 1:
                self._blame(f'query "{name}"', f"name: is used {count} times; every query needs its own")

    def _check_query(self, table: dict[str, object], where: str, databases: tuple[str, ...]) -> None:
        """Check what concerns several keys at once, on the raw table: single keys of it may be wrong."""
        database, dimensions, metrics = (table.get(key) for key in ("database", "dimensions", "metrics"))
        if database is None and len(databases) > 1:
            self._blame(where, f"database: is missing; name one of {', '.join(databases)}")
        if isinstance(database, str) and database not in databases:
            self._blame(
                where, f"database: {database!r} is not a database of this file; it has {', '.join(databases)}"
            )
        if table.get("on_empty") == "zero" and dimensions:
            self._blame(where, 'on_empty: "zero" needs a query without dimensions; use "skip" or "fail" with them')
        columns = [*_items(dimensions), *_items(metrics)]
        for column in sorted(column for column, count in Counter(map(str, columns)).items() if count > 1):
            self._blame(where, f"dimensions: {column!r} is named twice; a column is one dimension or one metric")

    def _check_series(self, queries: list[Query]) -> None:
        """Two queries that publish the same series would mix their values without a trace."""
        owners: dict[tuple[str, frozenset[str]], str] = {}
        for query in queries:
            for metric in query.metrics:
                owner = owners.setdefault((metric, frozenset(query.dimensions)), query.name)
                if owner != query.name:
                    self._blame(
                        f'query "{query.name}"',
                        f'metrics.{metric}: query "{owner}" publishes this metric with the same dimensions; '
                        "give one of them another name",
                    )

    def _check_times(self, timing: Timing, queries: list[Query]) -> None:
        """A run has to end before the next one starts, even if every query uses up its timeout."""
        for database in dict.fromkeys(query.database for query in queries):
            seconds = sum(query.timeout for query in queries if query.database == database)
            if seconds > timing.most_query_seconds:
                self._blame(
                    f"database.{database}",
                    f"the timeouts of its queries add up to {seconds} s, but {timing.binding_limit} leaves "
                    f"{timing.most_query_seconds} s for them; lower the timeouts or run less often",
                )

    def _check_use(self, databases: Collection[str], queries: list[Query]) -> None:
        for name in databases:
            if all(query.database != name for query in queries):
                self._blame(f"database.{name}", f'has no query; write one with database = "{name}" or remove it')


def _items(raw: object) -> Collection[object]:
    return raw if isinstance(raw, list | dict) else ()
