"""Reads one [[query]] or [[check]] table: the query for each of its databases, and what is wrong in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import ValidationError

from sidestep.config.checks import Check
from sidestep.config.databases import engine_of
from sidestep.config.fields import Table
from sidestep.config.settings import ENGINE, Alarm, Metric, Query
from sidestep.config.validation.query import query_errors, sql_problems
from sidestep.config.validation.raw import Kind, RawQuery
from sidestep.config.validation.tables import table_errors

_NESTED: Final[Mapping[Kind, Mapping[int, type[Table]]]] = {"query": {3: Metric, 4: Alarm}, "check": {}}
"""The tables inside each kind, as in table_errors."""


class ReadTable(NamedTuple):
    """The queries of a table, without those that have errors; and messages about it, each with its label."""

    queries: Sequence[Query]
    errors: Sequence[str]
    warnings: Sequence[str]


class _Copy(NamedTuple):
    query: Query | None
    errors: Sequence[str]
    warnings: Sequence[str]


def read_table(copies: Sequence[RawQuery], default: str) -> ReadTable:
    """Read a table for each of its databases; `default` is the database of a table that names none."""
    read = [_read(copy, default) for copy in copies]
    return ReadTable(
        [one.query for one in read if one.query],
        [*_messages(copies, [one.errors for one in read])],
        [*_messages(copies, [one.warnings for one in read])],
    )


def _read(raw: RawQuery, default: str) -> _Copy:
    """Read a table for one database, whose engine decides about the SQL."""
    engine = engine_of(raw.database)
    errors = list(query_errors(raw))
    model: type[Query | Check] = Check if raw.kind == "check" else Query
    try:
        table = model.model_validate(raw.table, context={ENGINE: engine})
    except ValidationError as error:
        return _Copy(None, [*errors, *table_errors(error, model, _NESTED[raw.kind])], [])
    query = table.query() if isinstance(table, Check) else table
    problems = sql_problems(query, engine, str(raw.table["sql"]))
    whole = {
        "database": query.database or default,
        "fixed_dimensions": raw.fixed_dimensions,
        "query_metrics": raw.query_metrics,
    }
    return _Copy(query.model_copy(update=whole), [*errors, *problems.errors], problems.warnings)


def _messages(copies: Sequence[RawQuery], found: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield each message about some copies once, with their databases if it is not about all of them."""
    databases: dict[str, list[str]] = {}
    for copy, messages in zip(copies, found, strict=True):
        for what in messages:
            databases.setdefault(what, []).append(copy.named_database or "")
    for what, names in databases.items():
        where = "" if set(names) == {copy.named_database or "" for copy in copies} else f" on {', '.join(names)}"
        yield f"{copies[0].label}{where}: {what}"
