"""Queries as the file has them, with or without errors, so that one error does not hide another."""

from collections.abc import Mapping
from dataclasses import dataclass

Problem = tuple[str, str]
"""The key, and what is wrong with it and what would be right."""

RawTable = Mapping[str, object]


@dataclass(frozen=True)
class RawQuery:
    """A [[query]] table. Its properties omit values of a wrong type.

    Attributes:
        number: its place in the file, from 1.
        table: its own table.
        database: the table of its database; empty if there is none.
    """

    number: int
    table: RawTable
    database: RawTable

    @property
    def label(self) -> str:
        """Its name in messages, or its number if it has no name."""
        name = self.table.get("name")
        return f'query "{name}"' if isinstance(name, str) else f"query number {self.number}"

    @property
    def named_database(self) -> str | None:
        """The database in its own table."""
        name = self.table.get("database")
        return name if isinstance(name, str) else None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns that are dimensions."""
        names = self.table.get("dimensions")
        return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()

    @property
    def own_fixed_dimensions(self) -> dict[str, str]:
        """The fixed dimensions in its own table."""
        return _fixed_dimensions(self.table)

    @property
    def fixed_dimensions(self) -> dict[str, str]:
        """The fixed dimensions of its series, with those of its database."""
        return _fixed_dimensions(self.database) | self.own_fixed_dimensions

    @property
    def metrics(self) -> dict[str, RawTable]:
        """The tables of its metrics, by name."""
        return _tables(self.table.get("metrics"))

    @property
    def statistics(self) -> dict[str, object]:
        """The statistics of its metrics, by name."""
        return {name: table.get("statistic", "value") for name, table in self.metrics.items()}

    @property
    def totals(self) -> tuple[str, ...]:
        """The metrics whose totals are published too."""
        return tuple(name for name, table in self.metrics.items() if table.get("rollup") is True)


def queries_of(content: RawTable, default: str) -> list[RawQuery]:
    """Return the queries of a file; `default` is the database of those that name none."""
    raw = content.get("query")
    tables = [table for table in raw if isinstance(table, dict)] if isinstance(raw, list) else []
    databases = _tables(content.get("database"))
    return [
        RawQuery(number, table, databases.get(str(table.get("database", default)), {}))
        for number, table in enumerate(tables, start=1)
    ]


def _tables(raw: object) -> dict[str, RawTable]:
    """Return tables by name, with an empty one in place of any other value."""
    if not isinstance(raw, dict):
        return {}
    return {name: table if isinstance(table, dict) else {} for name, table in raw.items()}


def _fixed_dimensions(table: RawTable) -> dict[str, str]:
    values = table.get("fixed_dimensions")
    if not isinstance(values, dict):
        return {}
    return {name: value for name, value in values.items() if isinstance(value, str)}
