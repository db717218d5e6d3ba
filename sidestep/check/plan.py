"""What MySQL and MariaDB say of how they would run a query: whether they would read all of a large table.

Source: MySQL reference manual, "EXPLAIN Output Format"; MariaDB's has the same columns.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

LARGE_TABLE: Final = 100_000
"""Rows from which on it is worth a warning that each run reads them all; the servers only estimate them."""

_READS_ALL: Final = ("ALL", "index")
"""Types of access that read each row of a table, or each entry of an index."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A table that a query reads from end to end.

    Attributes:
        table: as the query calls it.
        rows: as the server estimates them.
    """

    table: str
    rows: int


def explaining(sql: str) -> str:
    """Return the statement that asks for the plan of another one, which is not run."""
    return f"EXPLAIN FORMAT=TRADITIONAL {sql}"


def large_scans(columns: Sequence[str], steps: Iterable[Sequence[object]]) -> Iterator[Scan]:
    """Yield the large tables that a plan reads from end to end.

    Args:
        columns: the names of the plan's columns.
        steps: the plan's rows, each as long as `columns`.
    """
    for step in steps:
        cells = dict(zip(columns, step, strict=True))
        table, rows = str(cells["table"]), int(str(cells["rows"] or 0))
        # A name in angle brackets is an intermediate result of the query's own.
        if cells["type"] in _READS_ALL and rows >= LARGE_TABLE and not table.startswith("<"):
            yield Scan(table, rows)
