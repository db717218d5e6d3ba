"""Checks of a query's SQL without a database: undeclared and missing columns, locks, and probable mistakes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from sidestep.config.engines import Engine
from sidestep.config.settings import Query
from sidestep.config.sql import quoted_parameters
from sidestep.config.statement import Column, SyntaxProblem, columns_of, has_lock, parsed
from sidestep.lambdas.query_database.queries import SET_COLUMNS

MAX_SHOWN: Final = 40
"""Characters of the unparsed text that are shown; a string may be long."""


@dataclass(frozen=True, slots=True)
class SqlProblems:
    """What is wrong with a query's SQL: mistakes, which fail in every run, and warnings."""

    mistakes: Sequence[str]
    warnings: Sequence[str]


def sql_problems(query: Query, engine: Engine, written: str) -> SqlProblems:
    """Check the SQL of a query; lines and columns in messages are those of `written`, the value in the file."""
    start = written.index(query.sql)
    warnings = [
        f"sql: {_position(written, start + offset)}: has :{name} in quotes, which makes it text; remove the quotes"
        for name, offset in quoted_parameters(query.sql, engine)
    ]
    try:
        tree = parsed(query.sql, engine)
    except SyntaxProblem as problem:
        near = f' at "{problem.near[:MAX_SHOWN]}"' if problem.near else ""
        unread = (
            f"sql: {_position(written, start + problem.offset)}: cannot be parsed as {engine.title}{near}; check "
            "the syntax there and before"
        )
        return SqlProblems([], [unread, *warnings])
    return SqlProblems([f"sql: {what}" for what in _mistakes(tree, query, engine)], warnings)


def _mistakes(tree: exp.Expr, query: Query, engine: Engine) -> Iterator[str]:
    if has_lock(tree):
        yield "locks the rows that it reads; remove FOR UPDATE, FOR SHARE or LOCK IN SHARE MODE"
    columns = columns_of(tree, engine)
    if columns is not None:
        yield from _wrong_columns(columns, _declared(query))


def _position(text: str, offset: int) -> str:
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"


def _declared(query: Query) -> list[str]:
    metrics = ([name] if metric.statistic != "set" else SET_COLUMNS for name, metric in query.metrics.items())
    return [*query.dimensions, *(name for names in metrics for name in names)]


def _wrong_columns(columns: Sequence[Column | None], declared: Sequence[str]) -> Iterator[str]:
    """Compare the columns; one whose name only the server knows (None) may be any declared column."""
    named = [column for column in columns if column is not None]
    found = Counter(column.declared_in(declared) for column in named)
    undeclared = [column.name for column in named if column.declared_in(declared) is None]
    repeated = [name for name in declared if found[name] > 1]
    missing = [name for name in declared if not found[name]]
    wrong = []
    if undeclared:
        wrong.append(f"selects {_quoted(undeclared)}, which is neither a metric nor a dimension")
    if repeated:
        wrong.append(f"selects {_quoted(repeated)} more than once")
    if missing and len(named) == len(columns):
        wrong.append(f"does not select {_quoted(missing)}")
    if wrong:
        yield f"{', and '.join(wrong)}; name each column with AS exactly as declared"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
