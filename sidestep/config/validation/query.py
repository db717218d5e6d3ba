"""Mistakes within one [[query]] that concern several of its keys at once."""

from collections import Counter
from collections.abc import Collection, Iterator

from sidestep.config import cloudwatch
from sidestep.config.databases import engine_of
from sidestep.config.engines import POSTGRES
from sidestep.config.settings import STATISTICS
from sidestep.config.validation.raw import RawQuery
from sidestep.lambdas.engines.postgres.names import MAX_NAME as MAX_POSTGRES_NAME
from sidestep.lambdas.query_database.queries import SET_COLUMNS


def mistakes_within(query: RawQuery, databases: Collection[str]) -> Iterator[str]:
    """Find what does not fit together in a query; `databases` has the names of those there are."""
    yield from _database(query, databases)
    yield from _empty_results(query)
    yield from _repeated_columns(query)
    yield from _long_columns(query)
    yield from _set_columns(query)
    yield from _repeated_values(query)
    yield from _totals_of_one_series(query)
    yield from _fixed_dimensions(query)
    yield from _series_of_a_row(query)


def _database(query: RawQuery, databases: Collection[str]) -> Iterator[str]:
    if "database" not in query.table and len(databases) > 1:
        yield f"database: is missing; name one of {', '.join(databases)}"
    if query.named_database is not None and query.named_database not in databases:
        has = ", ".join(databases) or "none"
        yield f"database: {query.named_database!r} is not a database of this file; it has {has}"


def _empty_results(query: RawQuery) -> Iterator[str]:
    on_empty = query.table.get("on_empty", "skip")
    if on_empty == "zero" and query.table.get("dimensions") and len(query.totals) < len(query.metrics):
        yield (
            'on_empty: "zero" needs a query without dimensions, or rollup = true on each metric, whose total is then '
            '0; use "skip" or "fail" otherwise'
        )
    if "on_invalid" in query.table and not query.table.get("dimensions"):
        yield "on_invalid: applies to the values of dimensions, but the query has none; remove it"
    if query.table.get("alarm_on_empty") is True and on_empty != "skip":
        yield 'alarm_on_empty: needs on_empty = "skip"; with another policy a result without rows is no empty one'


def _repeated_columns(query: RawQuery) -> Iterator[str]:
    columns = Counter([*query.dimensions, *_metrics_with_a_column(query)])
    for column in sorted(column for column, count in columns.items() if count > 1):
        yield f"dimensions: {column!r} is named twice; a column is one dimension or one metric"


def _long_columns(query: RawQuery) -> Iterator[str]:
    """Find columns whose names PostgreSQL would cut off, so that nobody finds them in the result."""
    if engine_of(query.database) is not POSTGRES:
        return
    columns = [("dimensions", query.dimensions), ("metrics", _metrics_with_a_column(query))]
    for key, names in columns:
        for name in names:
            if len(name) > MAX_POSTGRES_NAME:
                yield (
                    f"{key}: {name!r} has {len(name)} characters, but PostgreSQL cuts off what a column's name has "
                    f"beyond {MAX_POSTGRES_NAME}; shorten it"
                )


def _set_columns(query: RawQuery) -> Iterator[str]:
    """Find a second metric for the columns of a set, and other uses of them."""
    sets = [name for name, statistic in query.statistics.items() if statistic == "set"]
    if not sets:
        return
    columns = ", ".join(SET_COLUMNS)
    for name in sets[1:]:
        yield (
            f'metrics.{name}.statistic: is "set" like that of metrics.{sets[0]}, but a result has {columns} only '
            "once; write a query for each"
        )
    for column in SET_COLUMNS:
        for key, names in (("dimensions", query.dimensions), ("metrics", _metrics_with_a_column(query))):
            if column in names:
                yield f"{key}: {column!r} is a column of metrics.{sets[0]}, a set of {columns}; rename it"


def _repeated_values(query: RawQuery) -> Iterator[str]:
    """Find metrics whose column would repeat itself in the rows of a distribution."""
    distributions = [name for name, statistic in query.statistics.items() if statistic == "distribution"]
    for name, statistic in query.statistics.items():
        if distributions and statistic in STATISTICS and statistic != "distribution":
            yield (
                f'metrics.{name}: has the statistic "{statistic}", which the rows of metrics.{distributions[0]}, a '
                "distribution, would repeat; give it a query of its own"
            )


def _totals_of_one_series(query: RawQuery) -> Iterator[str]:
    if not query.table.get("dimensions"):
        for name in query.totals:
            yield f"metrics.{name}.rollup: is a total of series, but a query without dimensions has one; remove it"


def _fixed_dimensions(query: RawQuery) -> Iterator[str]:
    fixed = query.fixed_dimensions
    for name in query.dimensions:
        if name in fixed:
            whose = "" if name in query.own_fixed_dimensions else " of its database"
            yield f"dimensions: {name!r} is in the fixed_dimensions{whose}, too; it is fixed or a column, not both"
    columns = len(query.dimensions)
    if columns <= cloudwatch.MAX_DIMENSIONS < columns + len(fixed):  # so many columns alone are a mistake elsewhere
        yield (
            f"fixed_dimensions: are {len(fixed)} with those of the database, beside {columns} columns; CloudWatch "
            f"takes {cloudwatch.MAX_DIMENSIONS} dimensions at most"
        )


def _series_of_a_row(query: RawQuery) -> Iterator[str]:
    """Find a limit that the first row is already beyond."""
    most, least = query.table.get("max_series"), len(query.metrics) + len(query.totals)
    if isinstance(most, int) and 0 < most < least:
        yield f"max_series: is {most}, but a single row is already {least} series, totals included; raise it"


def _metrics_with_a_column(query: RawQuery) -> list[str]:
    return [name for name, statistic in query.statistics.items() if statistic != "set"]
