"""A session that only reads, one statement under its time limit at a time, its rows behind a server-side cursor."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pg8000.exceptions import Error

from engines.interface import Parameters, Refused, Row, TimedOut
from engines.postgres import explanations
from engines.postgres.connection import Connection
from engines.postgres.connection import connect as connect_plainly
from engines.postgres.names import quoted
from engines.postgres.types import TIMESTAMPTZ, readers
from engines.server import Login

_CURSOR: Final = "sidestep"

_CANCELLED: Final = "57014"
"""Of a statement past its time limit, and of one that somebody has cancelled."""

_SETTINGS: Final = (
    # In which now() and timestamps without a zone agree with the parameters.
    "SET TimeZone = 'UTC'",
    # So that no setting of the server's gives the SQL another meaning than the one that was checked.
    "SET standard_conforming_strings = on",
    # All digits of a double: the default before PostgreSQL 12 was to round it.
    "SET extra_float_digits = 3",
    # All rows are fetched; a plan that is fast for the first ones only may be slow for the others.
    "SET cursor_tuple_fraction = 1",
)


class PostgresSession:
    """Implements Session.

    Attributes:
        connection: the driver's.
        schema: where names without a schema are looked for.
    """

    def __init__(self, connection: Connection, schema: str) -> None:
        """Take a connection that was prepared by `connect`."""
        self.connection: Final = connection
        self.schema: Final = schema
        self._is_open = True

    @property
    def is_open(self) -> bool:
        """Whether anything can be asked."""
        return self._is_open

    def ask(self, sql: str, parameters: Parameters, timeout: int) -> "PostgresStream":
        """Run one query in a transaction of its own; $1 in it is the first of the parameters."""
        stream = PostgresStream(self, timeout)
        stream.open(sql, parameters)
        return stream

    def close(self) -> None:
        """Close the connection; the server drops the cursor and what it has left."""
        if self._is_open:
            self._is_open = False
            self.connection.close()


class PostgresStream:
    """Implements Stream.

    Attributes:
        columns: the names.
    """

    def __init__(self, session: PostgresSession, timeout: int) -> None:
        """Prepare for a query that may take `timeout` seconds from now on."""
        self.columns: tuple[str, ...] = ()
        self._connection = session.connection
        self._schema = session.schema
        self._deadline = time.monotonic() + timeout
        self._is_at_end = False

    def open(self, sql: str, parameters: Parameters) -> None:
        """Begin the transaction and run the query up to its first row."""
        with self._as_ours():
            self._begin()
            self._execute(f"DECLARE {_CURSOR} CURSOR FOR {sql}", parameters)
            self.columns = tuple(column["name"] for column in self._run(f"FETCH 0 FROM {_CURSOR}").columns)

    def read(self, most: int) -> Sequence[Row]:
        """Fetch the next rows."""
        if self._is_at_end:
            return []
        with self._as_ours(has_rows=True):
            self._limit()
            rows: list[Row] = self._run(f"FETCH {most} FROM {_CURSOR}").rows
            if len(rows) < most:
                self._is_at_end = True
                self._run("COMMIT")
        return rows

    def _begin(self) -> None:
        """Begin anew, whatever the query before has set: a SELECT can, with set_config."""
        self._run("; ".join([*_SETTINGS, f"SET search_path = {quoted(self._schema)}", "BEGIN READ ONLY"]))
        self._limit()

    def _limit(self) -> None:
        """Have the server stop its next statement at the deadline: its limit is one for each statement."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimedOut
        self._run(f"SET LOCAL statement_timeout = {int(left * 1000) + 1}")  # milliseconds; 0 would be for ever

    def _run(self, sql: str) -> Any:  # noqa: ANN401 - the driver has no types
        return self._connection.execute_simple(sql)

    def _execute(self, sql: str, parameters: Parameters) -> Any:  # noqa: ANN401
        """Run by the extended protocol, which takes one statement only: a COMMIT in it would end the transaction."""
        return self._connection.execute_unnamed(
            sql,
            vals=[str(moment) for moment in parameters.values()],  # in UTC, as the session is
            oids=[TIMESTAMPTZ] * len(parameters),
        )

    @contextmanager
    def _as_ours(self, *, has_rows: bool = False) -> Iterator[None]:
        """Turn the driver's errors into those of the interface."""
        try:
            yield
        except (Error, OSError) as error:
            # Not by the error's text, which is in the server's language.
            if explanations.code(error) == _CANCELLED and time.monotonic() >= self._deadline:
                raise TimedOut from error
            raise Refused(explanations.answer(error, has_rows=has_rows)) from error


def connect(login: Login) -> PostgresSession:
    """Log in.

    Raises:
        Unreachable: there is no way to the database, or it does not let the user in.
    """
    connected = connect_plainly(login)
    connected.pg_types = readers()
    return PostgresSession(connected, login.schema)
