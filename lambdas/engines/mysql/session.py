"""A read-only session that runs one statement at a time with a time limit, and does not buffer its rows."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pymysql

from ..interface import MessageTooLong, Parameters, Refused, Row, TimedOut
from ..server import MARGIN, Login
from . import connection, error_messages
from .connection import Connection
from .statement import Statement

_SETTINGS: Final = (
    # The reset of the session also resets the character set.
    "NAMES utf8mb4",
    # NOW() and TIMESTAMP columns must agree with the parameters. Every server knows this offset.
    "SESSION time_zone = '+00:00'",
    # A server-wide limit would truncate results. This is the documented value for no limit.
    "SESSION sql_select_limit = 18446744073709551615",
)

_TRANSACTIONS: Final = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""A query reads one snapshot. With a SERIALIZABLE default it would also lock the rows that it reads.

All transactions of the session are read-only: MariaDB's TRUNCATE ends the current one and begins another.
"""

_STATEMENT_TIMEOUTS: Final = (1969, 3024)
"""Error numbers of a statement past its time limit: MariaDB's and MySQL's."""


class MySqlSession:
    """Implements Session."""

    def __init__(self, connection: Connection) -> None:
        """Take a connection that is logged in."""
        self._connection = connection
        self._stream: MySqlStream | None = None

    @property
    def is_open(self) -> bool:
        """Whether a query can be run."""
        return self._connection.open

    def ask(self, sql: str, parameters: Parameters, timeout: int) -> "MySqlStream":
        """Run one query; the driver looks for parameters only if there are any."""
        self._stream = MySqlStream(self._connection, timeout)
        self._stream.open(sql, parameters)
        return self._stream

    def close(self) -> None:
        """Close the connection, even if rows remain."""
        if self._stream is not None:
            self._stream.limit.stop()
        self._connection.abandon()


class MySqlStream:
    """Implements Stream.

    Attributes:
        columns: the names.
        limit: closes the connection if the server does not end the query.
    """

    def __init__(self, connection: Connection, timeout: int) -> None:
        """Prepare for a query that may take `timeout` seconds from now."""
        self.columns: tuple[str, ...] = ()
        self.limit: Final = connection.limit_time(timeout + MARGIN)
        self._connection = connection
        self._timeout = timeout
        self._started = time.monotonic()
        self._rows: Iterator[Sequence[Row]] = iter(())

    def open(self, sql: str, parameters: Parameters) -> None:
        """Begin the transaction and run the query up to its first row."""
        cursor = self._connection.cursor()
        with self._translate_errors():
            cursor.execute(f"SET {', '.join((*_SETTINGS, self._server_limit()))}")
            cursor.execute(_TRANSACTIONS)
            cursor.execute("START TRANSACTION READ ONLY")
        with self._translate_errors(evaluates=False):
            statement = Statement(self._connection, cursor.mogrify(sql, parameters) if parameters else sql)
        with self._translate_errors():
            columns = statement.execute()
        self.columns = tuple(column.name for column in columns)
        self._rows = statement.rows(columns)

    def __iter__(self) -> Iterator[Sequence[Row]]:
        """Yield the rows, some at a time."""
        with self._translate_errors():
            yield from self._rows
        # Some functions return early at the time limit without an error, such as MariaDB's BENCHMARK.
        if self._is_over():
            raise TimedOut
        self._end()

    def _server_limit(self) -> str:
        if self._connection.is_mariadb:
            return f"SESSION max_statement_time = {self._timeout}"
        return f"SESSION max_execution_time = {self._timeout * 1000}"  # milliseconds, for SELECT only

    def _is_over(self) -> bool:
        return time.monotonic() - self._started >= self._timeout

    def _end(self) -> None:
        """Reset the session, which ends the transaction; if the server refuses the reset, close the connection."""
        try:
            self._connection.reset_session()
        except Exception:
            self._connection.abandon()
        finally:
            self.limit.stop()

    @contextmanager
    def _translate_errors(self, *, evaluates: bool = True) -> Iterator[None]:
        """Turn the driver's errors into those of the interface.

        Args:
            evaluates: whether the server may be evaluating the query, so that an error can contain rows.
        """
        try:
            yield
        except (MemoryError, Refused):
            raise
        except MessageTooLong as error:
            raise Refused(str(error)) from error
        except pymysql.MySQLError as error:
            # A function can raise any error number, including that of a timeout.
            is_timeout = bool(error.args) and error.args[0] in _STATEMENT_TIMEOUTS and self._is_over()
            if is_timeout or self.limit.is_over:
                raise TimedOut from error
            if not self._connection.open:
                raise Refused(connection.reason(error)) from error
            raise Refused(error_messages.answer(error, evaluates=evaluates)) from error
        except Exception as error:
            raise (TimedOut if self.limit.is_over else Refused(connection.NOT_MYSQL)) from error


def connect(login: Login) -> MySqlSession:
    """Log in.

    Raises:
        Unreachable: the database cannot be reached, or refuses the user.
    """
    return MySqlSession(connection.connect(login))
