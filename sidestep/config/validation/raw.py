"""Queries as the file has them, with or without errors, so that one error does not hide another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sidestep.config.checks import DIMENSION
from sidestep.lambdas.query_database.checks import AGE, VIOLATIONS

Problem = tuple[str, str]
"""The key, and what is wrong with it and what would be right."""

RawTable = Mapping[str, object]

Kind = Literal["query", "check"]


@dataclass(frozen=True)
class RawQuery:
    """A [[query]] or [[check]] table. Its properties omit values of a wrong type.

    Attributes:
        kind: which of the two.
        number: its place in the file among the tables of its kind, from 1.
        table: its own table.
        database: the table of its database; empty if there is none.
    """

    kind: Kind
    number: int
    table: RawTable
    database: RawTable

    @property
    def label(self) -> str:
        """Its name in messages, or its number if it has no name."""
        name = self.table.get("name")
        return f'{self.kind} "{name}"' if isinstance(name, str) else f"{self.kind} number {self.number}"

    @property
    def named_database(self) -> str | None:
        """The database in its own table."""
        name = self.table.get("database")
        return name if isinstance(name, str) else None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns that are dimensions."""
        return _texts(self.table.get("dimensions"))

    @property
    def show(self) -> tuple[str, ...]:
        """The columns that a check may log."""
        return _texts(self.table.get("show"))

    @property
    def own_fixed_dimensions(self) -> dict[str, str]:
        """The fixed dimensions in its own table."""
        return _fixed_dimensions(self.table)

    @property
    def fixed_dimensions(self) -> dict[str, str]:
        """The fixed dimensions of its series, with those of its database, and the name of a check."""
        name = self.table.get("name")
        of_check = {DIMENSION: name} if self.kind == "check" and isinstance(name, str) else {}
        return of_check | _fixed_dimensions(self.database) | self.own_fixed_dimensions

    @property
    def metrics(self) -> dict[str, RawTable]:
        """The tables of its metrics, by name."""
        if self.kind == "check":
            return {AGE if "max_age" in self.table else VIOLATIONS: {}}
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
    """Return the queries and checks of a file; `default` is the database of those that name none."""
    databases = _tables(content.get("database"))
    return [
        RawQuery(kind, number, table, databases.get(str(table.get("database", default)), {}))
        for kind in get_args(Kind)
        for number, table in enumerate(_listed(content.get(kind)), start=1)
    ]


def _listed(raw: object) -> list[RawTable]:
    return [table for table in raw if isinstance(table, dict)] if isinstance(raw, list) else []


def _texts(raw: object) -> tuple[str, ...]:
    return tuple(name for name in raw if isinstance(name, str)) if isinstance(raw, list) else ()


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
