"""The connection to the database: one session, one query at a time, and the run's errors for their failures."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Self

from ..engines import engine_named
from ..engines.interface import Refused, Session, Stream, TimedOut, Unreachable
from .endpoint import Endpoint, role_token
from .errors import DatabaseUnavailable, QueryFailed
from .queries import Query

Password = Callable[[Endpoint], str | bytes]
"""Returns a new password for each connection, because a token expires."""


class Database:
    """One invocation's session. After a query fails, its session is closed and the next query gets a new one.

    Attributes:
        was_reached: whether a log-in has succeeded.
    """

    def __init__(self, endpoint: Endpoint, password: Password = role_token) -> None:
        """Prepare for `endpoint`."""
        self.was_reached = False
        self._endpoint = endpoint
        self._password = password
        self._session: Session | None = None
        self._unavailable: DatabaseUnavailable | None = None

    def __enter__(self) -> Self:
        """Do not connect yet: a page may need no database."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session."""
        if self._session is not None:
            self._session.close()

    @contextmanager
    def ask(self, query: Query, parameters: Mapping[str, datetime] | None = None) -> Iterator[Stream]:
        """Run one query with its time limit; read all of its rows inside the `with` block.

        Args:
            query: the query.
            parameters: what the driver inserts into the SQL, by name.

        Raises:
            QueryFailed: the database refused or stopped the query, or the connection was lost.
            DatabaseUnavailable: the database cannot be reached, or refuses the log-in.
        """
        with self._session_for(query) as session:
            yield session.ask(query.sql, parameters or {}, query.timeout)

    def session(self) -> Session:
        """Return the session; connect if necessary.

        Raises:
            DatabaseUnavailable: the database cannot be reached, or refuses the log-in.
        """
        if self._session is None or not self._session.is_open:
            self._session = self._connect()
            self.was_reached = True
        return self._session

    @contextmanager
    def _session_for(self, query: Query) -> Iterator[Session]:
        """Yield the session for a query, and turn the engine's errors into those of the run."""
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
        if self._unavailable:  # a second attempt would cost the run too much time
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
