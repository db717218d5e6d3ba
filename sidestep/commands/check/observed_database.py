"""The query function's way to the database, with somebody looking on."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sidestep.commands.check.plans.choice import EXPLAIN
from sidestep.commands.check.plans.interface import Scan
from sidestep.connection.login import Way
from sidestep.lambdas.engines.interface import Stream
from sidestep.lambdas.query_database.database import Database
from sidestep.lambdas.query_database.queries import Query


class ObservedDatabase(Database):
    """The function's Database; nothing about it is other than there.

    Attributes:
        columns: of the results so far, by the name of the query.
    """

    def __init__(self, way: Way, asking: Callable[[str], None]) -> None:
        """Prepare for a database; `asking` is told the name of each query that is asked."""
        super().__init__(way.endpoint, way.password)
        self.columns: Final[dict[str, tuple[str, ...]]] = {}
        self._asking = asking
        self._explain = EXPLAIN[way.engine.name]

    @contextmanager
    def ask(self, query: Query, parameters: Mapping[str, datetime] | None = None) -> Iterator[Stream]:
        """Run one query as the function does."""
        self._asking(query.name)
        with super().ask(query, parameters) as stream:
            self.columns[query.name] = stream.columns
            yield stream

    def scans(self, query: Query, parameters: Mapping[str, datetime]) -> list[Scan]:
        """Return the large tables that a query would read from end to end; it is not run.

        Raises:
            QueryFailed: the database does not tell.
            DatabaseUnavailable: there is no way to the database.
        """
        self._asking(query.name)
        with self._session_for(query) as session:
            return list(self._explain(session, query.sql, parameters, query.timeout))
