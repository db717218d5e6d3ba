"""The plans of queries, read for one warning: a run reads all of a large table.

A third engine is a module with a function of type Explain, and an entry in observed_database.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sidestep.lambdas.engines.interface import Parameters, Session

LARGE_TABLE: Final = 100_000
"""The number of rows from which a full read is a warning. Servers only estimate it."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A table that a query reads completely.

    Attributes:
        table: the name in the plan: the query's alias in MySQL, the table's own name in PostgreSQL.
        rows: estimated by the server; the number of entries if an index is read instead of the table.
    """

    table: str
    rows: int


Explain = Callable[[Session, str, Parameters, int], Iterable[Scan]]
"""Returns the large tables that a query would read completely, without running it.

It takes a session of the engine and the arguments of Session.ask: SQL, parameters, and a time limit in seconds. It
raises what Session.ask raises; the caller then closes the session.
"""
