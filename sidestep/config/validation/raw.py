"""Queries as the file has them, with or without errors, so that one error does not hide another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from sidestep.config.checks import DIMENSION
from sidestep.lambdas.query_database.checks import AGE, VIOLATIONS
from sidestep.lambdas.query_database.queries import DATABASE

Problem = tuple[str, str]
"""The key, and what is wrong with it and what would be right."""

RawTable = Mapping[str, object]

Kind = Literal["query", "check"]

ALL: Final = "*"
"""The value of the key `database` for all databases of the file."""


@dataclass(frozen=True)
class RawQuery:
    """A [[query]] or [[check]] table for one database. Its properties omit values of a wrong type.

    Attributes:
        kind: which of the two.
        number: its place in the file among the tables of its kind, from 1.
        table: its own table, in which `database` is the name of this database.
        database: the table of this database; empty if there is none.
        query_metrics: whether the query publishes the metrics of this name.
        written: the value of `database` in the file, if it names several databases; None otherwise.
    """

    kind: Kind
    number: int
    table: RawTable
    database: RawTable
    query_metrics: bool = False
    written: object = None

    @property
    def is_shared(self) -> bool:
        """Whether its table names several databases."""
        return self.written is not None

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
    def fixed_dimensions_of_the_database(self) -> dict[str, str]:
        """The fixed dimensions in the table of its database."""
        return _fixed_dimensions(self.database)

    @property
    def fixed_dimensions(self) -> dict[str, str]:
        """The fixed dimensions of its series: its own, those of its database, and names of check and database."""
        name = self.table.get("name")
        of_check = {DIMENSION: name} if self.kind == "check" and isinstance(name, str) else {}
        of_database = {DATABASE: self.named_database} if self.is_shared and self.named_database else {}
        return of_check | self.fixed_dimensions_of_the_database | self.own_fixed_dimensions | of_database

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


def queries_of(content: RawTable, default: str) -> list[list[RawQuery]]:
    """Return the queries and checks of a file, each as a list with one for each of its databases.

    `default` is the database of those that name none.
    """
    databases = _tables(content.get("database"))
    queries = []
    for kind in get_args(Kind):
        for number, table in enumerate(_listed(content.get(kind)), start=1):
            written = _several(table)
            tables = [table] if written is None else _copies(table, written, list(databases))
            queries.append([_raw_query(kind, number, one, content, databases, default, written) for one in tables])
    return queries


def _several(table: RawTable) -> object:
    """Return the key `database` of a query if it can name several databases; None otherwise."""
    value = table.get("database")
    return value if isinstance(value, list) or value == ALL else None


def _copies(table: RawTable, written: object, databases: Sequence[str]) -> list[RawTable]:
    """Return the table for each of its databases; one without a database if none of the names is right."""
    named = [name for name in databases if written == ALL or (isinstance(written, list) and name in written)]
    without = {key: value for key, value in table.items() if key != "database"}
    return [{**without, "database": name} for name in named] or [without]


def _raw_query(
    kind: Kind,
    number: int,
    table: RawTable,
    content: RawTable,
    databases: Mapping[str, RawTable],
    default: str,
    written: object,
) -> RawQuery:
    database = databases.get(str(table.get("database", default if written is None else "")), {})
    given = (one.get("query_metrics") for one in (table, database, content))
    query_metrics = next((value for value in given if isinstance(value, bool)), False)
    return RawQuery(kind, number, table, database, query_metrics, written)


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
