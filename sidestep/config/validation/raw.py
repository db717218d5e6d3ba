"""Tables of metrics.toml as the file has them, right or wrong: one mistake must not hide another."""

from collections.abc import Mapping
from dataclasses import dataclass

Mistake = tuple[str, str]
"""Where, and what is wrong."""

RawTable = Mapping[str, object]


@dataclass(frozen=True)
class RawQuery:
    """A [[query]] table; what is not of the right type in it is left out here.

    Attributes:
        number: counted from 1, in the order of the file.
        table: its own.
        database: the table of its database; empty if there is none.
    """

    number: int
    table: RawTable
    database: RawTable

    @property
    def called(self) -> str:
        """What messages call it: those without a name by their number."""
        name = self.table.get("name")
        return f'query "{name}"' if isinstance(name, str) else f"query number {self.number}"

    @property
    def named_database(self) -> str | None:
        """The database that it names itself."""
        name = self.table.get("database")
        return name if isinstance(name, str) else None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns that are dimensions."""
        names = self.table.get("dimensions")
        return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()

    @property
    def own_fixed_dimensions(self) -> dict[str, str]:
        """Those of the query's own table."""
        return _fixed_dimensions(self.table)

    @property
    def fixed_dimensions(self) -> dict[str, str]:
        """Those of each of its series."""
        return _fixed_dimensions(self.database) | self.own_fixed_dimensions

    @property
    def metrics(self) -> dict[str, RawTable]:
        """The tables of its metrics, by their names."""
        return _tables(self.table.get("metrics"))

    @property
    def statistics(self) -> dict[str, object]:
        """The statistics of its metrics, by their names."""
        return {name: table.get("statistic", "value") for name, table in self.metrics.items()}

    @property
    def totals(self) -> tuple[str, ...]:
        """The metrics whose totals are published as well."""
        return tuple(name for name, table in self.metrics.items() if table.get("rollup") is True)


def queries_of(content: RawTable, default: str) -> list[RawQuery]:
    """Return the queries of a whole file; those that name no database ask the one of the name `default`."""
    raw = content.get("query")
    tables = [table for table in raw if isinstance(table, dict)] if isinstance(raw, list) else []
    databases = _tables(content.get("database"))
    return [
        RawQuery(number, table, databases.get(str(table.get("database", default)), {}))
        for number, table in enumerate(tables, start=1)
    ]


def _tables(raw: object) -> dict[str, RawTable]:
    """Return tables by their names, with an empty one in the place of what is none."""
    if not isinstance(raw, dict):
        return {}
    return {name: table if isinstance(table, dict) else {} for name, table in raw.items()}


def _fixed_dimensions(table: RawTable) -> dict[str, str]:
    values = table.get("fixed_dimensions")
    if not isinstance(values, dict):
        return {}
    return {name: value for name, value in values.items() if isinstance(value, str)}
