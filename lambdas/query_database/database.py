"""The way to the database: one session, one query at a time, and what their failures mean for the run."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Self

from ..engines.choice import engine_named
from ..engines.interface import Refused, Session, TimedOut, Unreachable
from .endpoint import Endpoint
from .errors import DatabaseUnavailable, QueryFailed
from .queries import Query
from .result import Result
from .token import role_token

Password = Callable[[Endpoint], str | bytes]
"""Returns what lets a user in, anew for each connection: a token does not live long."""


class Database:
    """One invocation's session. A query that fails gives its session up, so the next one finds a clean one.

    Attributes:
        was_reached: whether it has let the function in.
    """

    def __init__(self, endpoint: Endpoint, password: Password = role_token) -> None:
        """Prepare for `endpoint`."""
        self.was_reached = False
        self._endpoint = endpoint
        self._password = password
        self._session: Session | None = None
        self._unavailable: DatabaseUnavailable | None = None

    def __enter__(self) -> Self:
        """Do nothing yet: a page may need no database."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session."""
        if self._session is not None:
            self._session.close()

    @contextmanager
    def ask(self, query: Query, parameters: Mapping[str, datetime] | None = None) -> Iterator[Result]:
        """Run one query under its time limit; all of its rows are to be read inside the `with` block.

        Args:
            query: what to ask.
            parameters: what the driver puts into the SQL, by name.

        Raises:
            QueryFailed: the database refused the query, cut it off or was lost.
            DatabaseUnavailable: there is no way to the database, or it does not let the function in.
        """
        with self._session_for(query) as session:
            yield Result(session.ask(query.sql, parameters or {}, query.timeout), len(query.metrics) or 1)

    def session(self) -> Session:
        """Return the session; connect, unless there is one.

        Raises:
            DatabaseUnavailable: there is no way to the database, or it does not let the function in.
        """
        if self._session is None or not self._session.is_open:
            self._session = self._connect()
            self.was_reached = True
        return self._session

    @contextmanager
    def _session_for(self, query: Query) -> Iterator[Session]:
        """Give the session to ask a query, and say what a failure means for it."""
        session = self.session()
        with ExitStack() as failed:
            failed.callback(session.close)
            try:
                yield session
            except TimedOut as error:
                raise QueryFailed(
                    f"ran past its timeout of {query.timeout} s and was stopped; make it faster or raise its timeout"
                ) from error
            except Refused as error:
                raise QueryFailed(f"the database answered: {error}") from error
            failed.pop_all()

    def _connect(self) -> Session:
        if self._unavailable:  # once is enough: each further attempt would eat up the run's time
            raise self._unavailable
        endpoint = self._endpoint
        connect = engine_named(endpoint.engine)
        try:
            return connect(endpoint.login(self._password(endpoint)))
        except Unreachable as error:
            self._unavailable = DatabaseUnavailable(
                f"cannot connect to {endpoint.host}:{endpoint.port} as {endpoint.user}: {error}"
            )
            raise self._unavailable from error
