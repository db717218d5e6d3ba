"""Errors within one [[query]] or [[check]]: keys that do not fit together, and SQL that does not fit the keys."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from sidestep.config import cloudwatch
from sidestep.config.checks import DIMENSION, CheckQuery
from sidestep.config.databases import engine_of
from sidestep.config.engines import POSTGRES, Engine
from sidestep.config.selected_columns import Column, SyntaxProblem, columns_of, has_lock, parsed
from sidestep.config.settings import STATISTICS, Query
from sidestep.config.sql import quoted_parameters
from sidestep.config.validation.raw import ALL, RawQuery
from sidestep.lambdas.engines.postgres.names import MAX_NAME as MAX_POSTGRES_NAME
from sidestep.lambdas.query_database.queries import DATABASE, SET_COLUMNS

MAX_SHOWN: Final = 40
"""Maximum number of characters of the unparsed text in a message; a string may be long."""


def database_errors(query: RawQuery, databases: Collection[str]) -> Iterator[str]:
    """Find errors in the key `database`; `databases` has the names in the file, or "" for that of a construct."""
    names, written = ", ".join(databases), query.written
    if "" in databases:
        if written is not None or "database" in query.table:
            yield "database: the app passes the database to SqlMetrics; remove the key"
    elif isinstance(written, list):
        yield from _list_errors(written, databases)
    elif written is None and "database" not in query.table and len(databases) > 1:
        yield f'database: is missing; write one of {names}, a list of them, or "{ALL}" for all'
    elif query.named_database is not None and query.named_database not in databases:
        yield f"database: {query.named_database!r} is not a database of this file; allowed: {names or 'none'}"


def _list_errors(written: Sequence[object], databases: Collection[str]) -> Iterator[str]:
    if not written:
        yield f'database: the list is empty; name databases of this file, or write "{ALL}" for all'
    for entry in dict.fromkeys(map(repr, written)):
        if entry not in map(repr, databases):
            hint = f'; write database = "{ALL}" for all' if entry == repr(ALL) else ""
            yield f"database: {entry} is not a database of this file; allowed: {', '.join(databases) or 'none'}{hint}"
    for name in databases:
        if written.count(name) > 1:
            yield f"database: {name!r} is listed twice; remove one"


def query_errors(query: RawQuery) -> Iterator[str]:
    """Find keys that do not fit together, in a query of one database."""
    yield from _name_of_the_database(query)
    if query.kind == "check":
        yield from _check_keys(query)
        yield from _long_columns(query)
        yield from _fixed_dimensions(query)
        return
    yield from _empty_results(query)
    yield from _repeated_columns(query)
    yield from _long_columns(query)
    yield from _set_columns(query)
    yield from _repeated_values(query)
    yield from _totals_of_one_series(query)
    yield from _fixed_dimensions(query)
    yield from _series_of_a_row(query)


def _name_of_the_database(query: RawQuery) -> Iterator[str]:
    """Find other uses of the dimension with the name of the database."""
    if not query.is_shared:
        return
    reason = f"{DATABASE!r} is the dimension with the database's name, because the key database names several"
    if DATABASE in query.dimensions:
        yield f"dimensions: {reason}; rename the column"
    if DATABASE in query.own_fixed_dimensions:
        yield f"fixed_dimensions: {reason}; rename it"
    elif DATABASE in query.fixed_dimensions_of_the_database:
        yield f"fixed_dimensions: {reason}, but the table database.{query.named_database} has one; rename it there"


def _check_keys(check: RawQuery) -> Iterator[str]:
    table, columns = check.table, check.table.get("show")
    if "max_age" in table:
        for key in ("rows", "show"):
            if key in table:
                yield f"{key}: is for a check that returns rows, but with max_age it returns one time; remove it"
    else:
        for key in ("on_null", "on_empty"):
            if key in table:
                yield f"{key}: needs max_age; without it, the check counts its rows, NULL or not, and none is 0"
        if table.get("rows") and not columns:
            yield (
                'rows: needs show, the columns that may be logged, for example show = ["id"]; leave out columns with '
                "personal data"
            )
        if columns and not table.get("rows"):
            yield "show: needs rows, the maximum number of rows that a run logs, for example rows = 20"
    if DIMENSION in _fixed_dimensions_of_others(check):
        yield f"fixed_dimensions: {DIMENSION!r} is the dimension with the name of a check; rename it"


def _fixed_dimensions_of_others(check: RawQuery) -> Collection[str]:
    tables = (check.database.get("fixed_dimensions"), check.table.get("fixed_dimensions"))
    return {name for table in tables if isinstance(table, dict) for name in table}


def _empty_results(query: RawQuery) -> Iterator[str]:
    on_empty = query.table.get("on_empty", "skip")
    if on_empty == "zero" and query.table.get("dimensions") and len(query.totals) < len(query.metrics):
        yield (
            'on_empty: "zero" needs a query without dimensions, or rollup = true in each metric, whose total is then '
            '0; otherwise write "skip" or "fail"'
        )
    if "on_invalid" in query.table and not query.table.get("dimensions"):
        yield "on_invalid: is about the values of dimensions, but the query has none; remove it"
    if query.table.get("alarm_on_empty") is True and on_empty != "skip":
        yield 'alarm_on_empty: needs on_empty = "skip", which publishes EmptyResults'


def _columns(query: RawQuery) -> Iterator[tuple[str, str]]:
    """Yield the columns of the result with the keys that name them, but for the columns of a set."""
    yield from (("show", name) for name in query.show)
    yield from (("dimensions", name) for name in query.dimensions)
    yield from (("metrics", name) for name, statistic in query.statistics.items() if statistic != "set")


def _repeated_columns(query: RawQuery) -> Iterator[str]:
    columns = Counter(name for _, name in _columns(query))
    for column in sorted(column for column, count in columns.items() if count > 1):
        yield f"dimensions: {column!r} is listed twice; a column is either one dimension or one metric"


def _long_columns(query: RawQuery) -> Iterator[str]:
    """Find columns whose names PostgreSQL would truncate."""
    if engine_of(query.database) is not POSTGRES:
        return
    for key, name in _columns(query):
        if len(name) > MAX_POSTGRES_NAME:
            yield (
                f"{key}: {name!r} has {len(name)} characters, but PostgreSQL truncates names of columns to "
                f"{MAX_POSTGRES_NAME}; shorten it"
            )


def _set_columns(query: RawQuery) -> Iterator[str]:
    """Find a second metric for the columns of a set, and other uses of these columns."""
    sets = [name for name, statistic in query.statistics.items() if statistic == "set"]
    if not sets:
        return
    columns = ", ".join(SET_COLUMNS)
    for name in sets[1:]:
        yield (
            f'metrics.{name}.statistic: is "set" as in metrics.{sets[0]}, but a result has the columns {columns} '
            "only once; write a query for each"
        )
    for key, column in dict.fromkeys(_columns(query)):
        if column in SET_COLUMNS:
            yield f"{key}: {column!r} is a column of metrics.{sets[0]}, a set of {columns}; rename it"


def _repeated_values(query: RawQuery) -> Iterator[str]:
    """Find metrics whose value the rows of a distribution would repeat."""
    distributions = [name for name, statistic in query.statistics.items() if statistic == "distribution"]
    for name, statistic in query.statistics.items():
        if distributions and statistic in STATISTICS and statistic != "distribution":
            yield (
                f'metrics.{name}: has the statistic "{statistic}", but the rows of the distribution '
                f"metrics.{distributions[0]} would repeat its value; move it to another query"
            )


def _totals_of_one_series(query: RawQuery) -> Iterator[str]:
    if not query.table.get("dimensions"):
        for name in query.totals:
            yield f"metrics.{name}.rollup: needs dimensions: without them, the total is the metric; remove it"


def _fixed_dimensions(query: RawQuery) -> Iterator[str]:
    fixed = query.fixed_dimensions
    for name in query.dimensions:
        if name in fixed and not (query.is_shared and name == DATABASE):
            whose = "" if name in query.own_fixed_dimensions else " of the database"
            yield f"dimensions: {name!r} is also in the fixed_dimensions{whose}; remove it from one of them"
    columns = len(query.dimensions)
    if columns <= cloudwatch.MAX_DIMENSIONS < columns + len(fixed):  # too many columns alone are reported elsewhere
        yield (
            f"fixed_dimensions: has {len(fixed)} with those of the database, and dimensions has {columns}; "
            f"CloudWatch allows {cloudwatch.MAX_DIMENSIONS} in all"
        )


def _series_of_a_row(query: RawQuery) -> Iterator[str]:
    """Find a limit that is exceeded by the first row."""
    most, least = query.table.get("max_series"), len(query.metrics) + len(query.totals)
    if isinstance(most, int) and 0 < most < least:
        yield f"max_series: is {most}, but one row has {least} series, totals included; raise it"


@dataclass(frozen=True, slots=True)
class SqlProblems:
    """What is wrong with a query's SQL: errors, which would fail each run, and warnings."""

    errors: Sequence[str]
    warnings: Sequence[str]


def sql_problems(query: Query, engine: Engine, written: str) -> SqlProblems:
    """Check the SQL of a query without a database; messages have lines and columns of `written`, the file's text."""
    start = written.index(query.sql)
    warnings = [
        f"sql: {_position(written, start + offset)}: has :{name} in quotes, which makes it text; remove the quotes"
        for name, offset in quoted_parameters(query.sql, engine)
    ]
    try:
        tree = parsed(query.sql, engine)
    except SyntaxProblem as problem:
        near = f' at "{problem.near[:MAX_SHOWN]}"' if problem.near else ""
        unparsed = (
            f"sql: {_position(written, start + problem.offset)}: cannot be parsed as {engine.title}{near}; check "
            "the syntax there and before"
        )
        return SqlProblems([], [unparsed, *warnings])
    return SqlProblems([f"sql: {what}" for what in _sql_errors(tree, query, engine)], warnings)


def _position(text: str, offset: int) -> str:
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"


def _sql_errors(tree: exp.Expr, query: Query, engine: Engine) -> Iterator[str]:
    if has_lock(tree):
        yield "locks the rows that it reads; remove FOR UPDATE, FOR SHARE or LOCK IN SHARE MODE"
    columns = columns_of(tree, engine)
    if isinstance(query, CheckQuery):
        yield from _wrong_columns_of_check(columns, query)
    elif columns is not None:
        metrics = ([name] if metric.statistic != "set" else SET_COLUMNS for name, metric in query.metrics.items())
        yield from _wrong_columns(columns, [*query.dimensions, *(name for names in metrics for name in names)])


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


def _wrong_columns_of_check(columns: Sequence[Column | None] | None, check: CheckQuery) -> Iterator[str]:
    """Compare the columns with show, as far as they are known; other columns may be there."""
    if columns is None:
        return
    if check.max_age is not None and len(columns) != 1:
        yield f"selects {len(columns)} columns, but with max_age a check returns one time; select one"
    found = {column.declared_in(check.show) for column in columns if column is not None}
    missing = [name for name in check.show if name not in found]
    if missing and None not in columns:
        yield f"does not select {_quoted(missing)}, which show has; name each column with AS exactly as in show"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
