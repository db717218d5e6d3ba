"""Reads the plans of MySQL and MariaDB.

Source: MySQL reference manual, "EXPLAIN Output Format"; MariaDB has the same columns.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from sidestep.commands.check.plans import LARGE_TABLE, Scan
from sidestep.lambdas.engines.interface import Parameters, Session

_READS_ALL: Final = ("ALL", "index")
"""Types of access that read each row of a table or each entry of an index."""


def large_scans(session: Session, sql: str, parameters: Parameters, timeout: int) -> list[Scan]:
    """Implement Explain: a plan is a result with rows."""
    plan = session.ask(f"EXPLAIN FORMAT=TRADITIONAL {sql}", parameters, timeout)
    return list(scans_in(plan.columns, chain.from_iterable(plan)))


def scans_in(columns: Sequence[str], steps: Iterable[Sequence[object]]) -> Iterator[Scan]:
    """Yield the large tables that a plan reads completely.

    Args:
        columns: the names of the plan's columns.
        steps: the plan's rows, each as long as `columns`.
    """
    for step in steps:
        cells = dict(zip(columns, step, strict=True))
        table, rows = str(cells["table"]), int(str(cells["rows"] or 0))
        # A name in angle brackets is an intermediate result of the query.
        if cells["type"] in _READS_ALL and rows >= LARGE_TABLE and not table.startswith("<"):
            yield Scan(table, rows)
