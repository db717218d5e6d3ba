"""Mistakes between the tables: each of them is right, but not beside the others."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from sidestep.config.validation.raw import Mistake, RawQuery


def repeated_names(queries: Sequence[RawQuery]) -> Iterator[Mistake]:
    """Find names that several queries have."""
    names = Counter(query.table["name"] for query in queries if isinstance(query.table.get("name"), str))
    for name, count in names.items():
        if count > 1:
            yield f'query "{name}"', f"name: is used {count} times; every query needs its own"


def unused_databases(names: Collection[str], queries: Sequence[RawQuery]) -> Iterator[Mistake]:
    """Find databases that nobody asks, as far as the queries say which one they ask."""
    asked = {query.named_database for query in queries}
    for name in names:
        if name not in asked and None not in asked:
            yield f"database.{name}", f'has no query; write one with database = "{name}" or remove it'
