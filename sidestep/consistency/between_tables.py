"""Mistakes between the tables: each of them is right, but not beside the others."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sidestep.consistency.raw import Mistake, RawQuery


def repeated_names(queries: Sequence[RawQuery]) -> Iterator[Mistake]:
    """Find names that several queries have."""
    names = Counter(query.table["name"] for query in queries if isinstance(query.table.get("name"), str))
    for name, count in names.items():
        if count > 1:
            yield f'query "{name}"', f"name: is used {count} times; every query needs its own"


def mixed_series(queries: Sequence[RawQuery]) -> Iterator[Mistake]:
    """Find queries that publish the same series: their values would mix without a trace."""
    owners: dict[tuple[str, frozenset[str]], RawQuery] = {}
    for query in queries:
        for metric in query.metrics:
            owner = owners.setdefault((metric, frozenset(query.dimensions)), query)
            if owner is not query:
                yield (
                    query.called,
                    f"metrics.{metric}: {owner.called} publishes this metric with the same dimensions; give one of "
                    "them another name",
                )


def unused_databases(names: Sequence[str], queries: Sequence[RawQuery]) -> Iterator[Mistake]:
    """Find databases that nobody asks, as far as the queries say which one they ask."""
    asked = {query.table.get("database") for query in queries}
    for name in names:
        if name not in asked and None not in asked:
            yield f"database.{name}", f'has no query; write one with database = "{name}" or remove it'
