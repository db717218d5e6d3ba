"""A session that only reads, one statement under its time limit at a time, its rows unbuffered."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

import pymysql
from pymysql.cursors import SSCursor

from engines.interface import Parameters, Refused, Row, TimedOut
from engines.mysql import connection, explanations
from engines.server import Login

_UTC: Final = "+00:00"
"""The session's time zone, in which NOW() and TIMESTAMP columns agree with the parameters; any server knows it."""

_STATEMENT_TIMEOUTS: Final = (1969, 3024)
"""Error numbers of a statement past its time limit: MariaDB's and MySQL's."""


class MySqlSession:
    """Implements Session."""

    def __init__(self, connection: "pymysql.Connection[SSCursor]") -> None:
        """Take a connection that reads only."""
        self._connection = connection
        self._cursor: SSCursor | None = None

    @property
    def is_open(self) -> bool:
        """Whether anything can be asked."""
        return self._connection.open

    def ask(self, sql: str, parameters: Parameters, timeout: int) -> "MySqlStream":
        """Run one query; only if there are parameters does the driver look for them."""
        self._cursor = self._connection.cursor()
        with _as_ours():
            self._cursor.execute(f"SET SESSION {self._limit(timeout)}, time_zone = '{_UTC}'")
            self._cursor.execute(sql, parameters or None)
        return MySqlStream(self._cursor)

    def close(self) -> None:
        """Close the connection, and keep the driver from fetching what is left, however many rows these are."""
        if self._connection.open:
            self._connection.close()
        if self._cursor is not None:
            self._cursor.connection = None  # type: ignore[assignment] # as the driver's own close() does
            result = self._cursor._result  # type: ignore[attr-defined] # noqa: SLF001 - missing in the stubs
            if result is not None:
                result.unbuffered_active = False

    def _limit(self, seconds: int) -> str:
        if "MariaDB" in self._connection.get_server_info():  # type: ignore[no-untyped-call]
            return f"max_statement_time = {seconds}"
        return f"max_execution_time = {seconds * 1000}"  # milliseconds, for SELECT only


class MySqlStream:
    """Implements Stream.

    Attributes:
        columns: the names.
    """

    def __init__(self, cursor: SSCursor) -> None:
        """Wrap a cursor that has executed its query."""
        self.columns: tuple[str, ...] = tuple(column[0] for column in cursor.description or ())
        self._following: Iterator[Row] = iter(cursor.read_next, None)

    def read(self, most: int) -> Iterable[Row]:
        """Yield the next rows."""
        with _as_ours():
            yield from islice(self._following, most)


def connect(login: Login) -> MySqlSession:
    """Log in.

    Raises:
        Unreachable: there is no way to the database, or it does not let the user in.
    """
    return MySqlSession(connection.connect(login, init_command="SET SESSION TRANSACTION READ ONLY", cursor=SSCursor))


@contextmanager
def _as_ours() -> Iterator[None]:
    """Turn the driver's errors into those of the interface."""
    try:
        yield
    except pymysql.MySQLError as error:
        if error.args and error.args[0] in _STATEMENT_TIMEOUTS:
            raise TimedOut from error
        raise Refused(explanations.answer(error)) from error
