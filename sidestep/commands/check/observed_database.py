"""The function's Database, which also reports which query runs, the columns of results, and plans."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sidestep.commands.check.plans import Explain, Scan, mysql, postgres
from sidestep.config.engines import MYSQL, POSTGRES
from sidestep.connection.login import DatabaseConnection
from sidestep.lambdas.engines.interface import Stream
from sidestep.lambdas.query_database.database import Database
from sidestep.lambdas.query_database.queries import Query

EXPLAIN: Final[Mapping[str, Explain]] = {MYSQL.name: mysql.large_scans, POSTGRES.name: postgres.large_scans}
"""By the name of the engine."""


class ObservedDatabase(Database):
    """The function's Database.

    Attributes:
        columns: of the results so far, by the name of the query.
    """

    def __init__(self, way: DatabaseConnection, before_query: Callable[[str], None]) -> None:
        """Prepare to connect; `before_query` is called with the name of each query."""
        super().__init__(way.endpoint, way.password)
        self.columns: Final[dict[str, tuple[str, ...]]] = {}
        self._before_query = before_query
        self._explain = EXPLAIN[way.engine.name]

    @contextmanager
    def ask(self, query: Query, parameters: Mapping[str, datetime] | None = None) -> Iterator[Stream]:
        """Run one query as the function does."""
        self._before_query(query.name)
        with super().ask(query, parameters) as stream:
            self.columns[query.name] = stream.columns
            yield stream

    def scans(self, query: Query, parameters: Mapping[str, datetime]) -> list[Scan]:
        """Return the large tables that a query would read completely, without running it.

        Raises:
            QueryFailed: the database does not return a plan.
            DatabaseUnavailable: cannot connect to the database.
        """
        self._before_query(query.name)
        with self._session_for(query) as session:
            return list(self._explain(session, query.sql, parameters, query.timeout))
