"""What every engine's plans are read for, and by what."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sidestep.lambdas.engines.interface import Parameters, Session

LARGE_TABLE: Final = 100_000
"""Rows from which on it is worth a warning that each run reads them all; the servers only estimate them."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A table that a query reads from end to end.

    Attributes:
        table: as the plan calls it: MySQL's by the query's alias, PostgreSQL's by the table's own name.
        rows: as the server estimates them; entries, if it is an index that is read in the table's place.
    """

    table: str
    rows: int


Explain = Callable[[Session, str, Parameters, int], Iterable[Scan]]
"""Returns the large tables that a query would read from end to end; the query is not run.

Takes what Session.ask takes, after a session of the engine: SQL, parameters, and a limit in seconds for the answer.
Raises what Session.ask raises; the session is to be closed then.
"""
