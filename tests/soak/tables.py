"""Random tables, and their creation on a server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from tests.database.server import DatabaseServer
from tests.soak.cells import NULL, Cell, number
from tests.soak.kinds import KINDS, MYSQL, quoted

SCHEMA: Final = "soak"

AT: Final = "moment"
"""The column with the time of a row: a date and time in UTC."""

_ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Table:
    """A table: `id` counts its rows from 1, `moment` is a time in UTC, and the other columns are random.

    Attributes:
        kinds: the names of the other columns' kinds, by the columns' names.
        rows: the cells by column.
        moments: the `moment` of each row.
    """

    name: str
    engine: str
    kinds: Mapping[str, str]
    rows: list[dict[str, Cell]]
    moments: list[datetime]

    @property
    def secrets(self) -> set[str]:
        return {cell.secret for row in self.rows for cell in row.values() if cell.secret}


def random_table(random: Random, engine: str, name: str, *, around: datetime, most_rows: int) -> Table:
    """Generate a table whose times are within an hour around a given time; most tables are tame."""
    available = [kind for kind, described in KINDS.items() if engine in described.types]
    kinds = {f"c{number}": kind for number, kind in enumerate(random.choices(available, k=random.randint(3, 8)))}
    wild = random.choice((0.0, 0.0, 0.0, 0.002, 0.2))
    nulls = random.choice((0.0, 0.0, 0.1, 1.0))
    count = random.choice((0, 1, random.randint(2, 60), random.randint(0, most_rows)))
    rows, moments = [], []
    for row_number in range(1, count + 1):
        row = {"id": number(str(row_number), row_number, text=str(row_number))}
        for column, kind in kinds.items():
            is_null = random.random() < nulls / len(kinds)
            row[column] = NULL if is_null else KINDS[kind].cell(random, engine, random.random() < wild)
        rows.append(row)
        moments.append(around + timedelta(seconds=random.randint(-3600, 3600)))
    return Table(name, engine, kinds, rows, moments)


@contextmanager
def on(server: DatabaseServer, table: Table) -> Iterator[Table]:
    """Create a table on the server for a `with` block."""
    server.execute(f"CREATE TABLE {SCHEMA}.{table.name} ({', '.join(_columns(server, table))}){_options(table)}")
    try:
        for first in range(0, len(table.rows), _ROWS_AT_ONCE):
            rows = zip(table.rows[first:][:_ROWS_AT_ONCE], table.moments[first:], strict=False)
            tuples = (
                f"({', '.join(cell.literal for cell in row.values())}, {quoted(str(moment), table.engine)})"
                for row, moment in rows
            )
            server.execute(f"INSERT INTO {SCHEMA}.{table.name} VALUES {', '.join(tuples)}")
        yield table
    finally:
        server.execute(f"DROP TABLE {SCHEMA}.{table.name}")


def _columns(server: DatabaseServer, table: Table) -> Iterator[str]:
    yield "id INT PRIMARY KEY"
    for column, kind in table.kinds.items():
        yield f"{column} {KINDS[kind].types[table.engine]}"
    yield f"{AT} {server.datetime}"


def _options(table: Table) -> str:
    """Make MySQL compare text by its characters only, like PostgreSQL."""
    return " COLLATE utf8mb4_nopad_bin" if table.engine == MYSQL else ""
