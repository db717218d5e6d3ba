"""Mistakes within one [[query]] that concern several of its keys at once."""

from collections import Counter
from collections.abc import Collection, Iterator

from sidestep.consistency.raw import RawQuery


def mistakes_within(query: RawQuery, databases: Collection[str]) -> Iterator[str]:
    """Find what does not fit together in a query; `databases` has the names of those there are."""
    yield from _database(query.table.get("database"), databases)
    yield from _empty_results(query)
    yield from _repeated_columns(query)


def _database(named: object, databases: Collection[str]) -> Iterator[str]:
    if named is None and len(databases) > 1:
        yield f"database: is missing; name one of {', '.join(databases)}"
    if isinstance(named, str) and named not in databases:
        yield f"database: {named!r} is not a database of this file; it has {', '.join(databases) or 'none'}"


def _empty_results(query: RawQuery) -> Iterator[str]:
    if query.table.get("on_empty") == "zero" and query.table.get("dimensions"):
        yield 'on_empty: "zero" needs a query without dimensions; use "skip" or "fail" with them'
    if query.table.get("alarm_on_empty") is True and query.table.get("on_empty", "skip") != "skip":
        yield 'alarm_on_empty: needs on_empty = "skip"; with another policy no result is empty'


def _repeated_columns(query: RawQuery) -> Iterator[str]:
    columns = Counter([*query.dimensions, *query.metrics])
    for column in sorted(column for column, count in columns.items() if count > 1):
        yield f"dimensions: {column!r} is named twice; a column is one dimension or one metric"
