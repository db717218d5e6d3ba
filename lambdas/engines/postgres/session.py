"""A read-only session that runs one statement at a time with a time limit, and reads its rows with a cursor."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pg8000.exceptions import Error

from ..interface import FETCH_ROWS, MessageTooLong, Parameters, Refused, Row, TimedOut
from ..server import MARGIN, Login
from . import error_messages
from .connection import NOT_POSTGRES, Connection
from .connection import connect as connect_plainly
from .names import quoted
from .types import TIMESTAMPTZ, readers

_CURSOR: Final = "sidestep"

_CANCELLED: Final = "57014"
"""The code for a statement past its time limit, and for one that was cancelled."""

_SETTINGS: Final = (
    # now() and timestamps without a time zone must agree with the parameters.
    "SET TimeZone = 'UTC'",
    # The form of dates that types.py reads. The order of day and month in input stays that of the server.
    "SET DateStyle = 'ISO'",
    # No setting of the server may change the meaning of the SQL that was checked.
    "SET standard_conforming_strings = on",
    # All digits of a double; before PostgreSQL 12, the default rounds it.
    "SET extra_float_digits = 3",
    # All rows are fetched; a plan that is fast for the first rows may be slow for all.
    "SET cursor_tuple_fraction = 1",
)


_BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
"""Overrides the role's default. A replica refuses SERIALIZABLE. REPEATABLE READ takes its snapshot before it has the
locks, so a table that is replaced in between looks empty (PostgreSQL manual, "Concurrency Control", "Caveats").
A cursor still reads one snapshot: that of its opening.
"""

_END: Final = "ROLLBACK; SELECT pg_catalog.pg_advisory_unlock_all()"
"""A read-only transaction can create large objects and notifications; the rollback removes them."""


class PostgresSession:
    """Implements Session.

    Attributes:
        connection: the driver's.
        schema: the schema of names without a schema.
        stream: the stream of the latest query.
    """

    stream: "PostgresStream | None" = None

    def __init__(self, connection: Connection, schema: str) -> None:
        """Take a connection that was prepared by `connect`."""
        self.connection: Final = connection
        self.schema: Final = schema
        self._is_open = True

    @property
    def is_open(self) -> bool:
        """Whether a query can be run."""
        return self._is_open

    def ask(self, sql: str, parameters: Parameters, timeout: int) -> "PostgresStream":
        """Run one query in a transaction of its own; $1 is the first of the parameters."""
        stream = PostgresStream(self, timeout)
        stream.open(sql, parameters)
        return stream

    def close(self) -> None:
        """Close the connection; the server drops the cursor."""
        if self.stream is not None:
            self.stream.limit.stop()
        if self._is_open:
            self._is_open = False
            self.connection.close()


class PostgresStream:
    """Implements Stream.

    Attributes:
        columns: the names.
        limit: closes the connection if the server does not end the query.
    """

    def __init__(self, session: PostgresSession, timeout: int) -> None:
        """Prepare for a query that may take `timeout` seconds from now on."""
        self.columns: tuple[str, ...] = ()
        self.limit: Final = session.connection.limit_time(timeout + MARGIN)
        self._session = session
        session.stream = self
        self._connection = session.connection
        self._deadline = time.monotonic() + timeout

    def open(self, sql: str, parameters: Parameters) -> None:
        """Begin the transaction and run the query up to its first row."""
        with self._translate_errors():
            self._begin()
        # The extended protocol takes one statement only: a second one, COMMIT, would end the transaction.
        with self._translate_errors(evaluates=False):
            self._connection.parse(f"DECLARE {_CURSOR} CURSOR FOR {sql}", [TIMESTAMPTZ] * len(parameters))
        with self._translate_errors():
            self._connection.execute_parsed([str(moment) for moment in parameters.values()])
            self.columns = tuple(column["name"] for column in self._run(f"FETCH 0 FROM {_CURSOR}").columns)

    def __iter__(self) -> Iterator[Sequence[Row]]:
        """Fetch the rows, some at a time."""
        with self._translate_errors():
            self._limit()
            while (yield from self._connection.rows(f"FETCH {FETCH_ROWS} FROM {_CURSOR}")) == FETCH_ROWS:
                self._limit()
            self._check_time()
        self.end()

    def end(self) -> None:
        """Roll back, which undoes the settings and writes of the query: a SELECT can do both."""
        try:
            self._run(_END)
        except Exception:
            self._session.close()
        finally:
            self.limit.stop()

    def _begin(self) -> None:
        search_path = f"SET search_path = {quoted(self._session.schema)}"
        self._run("; ".join([*_SETTINGS, search_path, _BEGIN, self._server_limit()]))

    def _limit(self) -> None:
        self._run(self._server_limit())

    def _server_limit(self) -> str:
        """Return the setting that stops the next statement at the deadline; the limit applies to each statement."""
        self._check_time()
        left = self._deadline - time.monotonic()
        return f"SET LOCAL statement_timeout = {max(1, int(left * 1000) + 1)}"  # milliseconds; 0 means no limit

    def _check_time(self) -> None:
        if time.monotonic() >= self._deadline:
            raise TimedOut

    def _run(self, sql: str) -> Any:  # noqa: ANN401 - the driver has no types
        return self._connection.execute_simple(sql)

    @contextmanager
    def _translate_errors(self, *, evaluates: bool = True) -> Iterator[None]:
        """Turn the driver's errors into those of the interface.

        Args:
            evaluates: whether the server may be evaluating the query, so that an error can contain rows. The planner
                evaluates, too: it calls IMMUTABLE and STABLE functions for its estimates.
        """
        try:
            yield
        except (MemoryError, Refused, TimedOut):
            raise
        except MessageTooLong as error:
            raise Refused(str(error)) from error
        except (Error, OSError) as error:
            # Not by the error's text, which is in the server's language.
            is_timeout = error_messages.code(error) == _CANCELLED and time.monotonic() >= self._deadline
            if is_timeout or self.limit.is_over:
                raise TimedOut from error
            raise Refused(error_messages.answer(error, evaluates=evaluates)) from error
        except Exception as error:
            raise (TimedOut if self.limit.is_over else Refused(NOT_POSTGRES)) from error


def connect(login: Login) -> PostgresSession:
    """Log in.

    Raises:
        Unreachable: the database cannot be reached, or refuses the user.
    """
    connected = connect_plainly(login)
    connected.pg_types = readers()
    return PostgresSession(connected, login.schema)
