"""Connects over verified TLS only."""

import socket
import time
from contextlib import suppress
from io import BufferedReader
from struct import Struct
from typing import Any, Final

import pymysql
from pymysql.protocol import FieldDescriptorPacket

from ..interface import MAX_ROW, MessageTooLong, Unreachable
from ..server import CONNECT_TIMEOUT, Login, TimeLimit
from .types import Column

NOT_MYSQL: Final = "the server does not speak the MySQL protocol"

ROW: Final = 0x00
"""The first byte of a row (MySQL Internals, "Binary Protocol Resultset Row")."""

_HEADER: Final = Struct("<I")
_LENGTH_BITS: Final = 24
_LENGTH: Final = 2**_LENGTH_BITS - 1
"""A message's length in 24 bits and its number in 8 (MySQL Internals, "MySQL Packets")."""

_RESET_CONNECTION: Final = 0x1F
"""COM_RESET_CONNECTION (MySQL Internals), which the driver's list of commands lacks."""


class Connection(pymysql.Connection):
    """The driver's connection, with typed access to its internals. It refuses messages that exhaust the memory."""

    _sock: socket.socket | None
    _rfile: BufferedReader
    _next_seq_id: int
    _read_timeout: float | None

    def send(self, command: int, content: bytes) -> None:
        """Send a command (PyMySQL's COMMAND) with its content."""
        self._execute_command(command, content)  # type: ignore[attr-defined]

    def receive(self) -> bytes:
        """Return the server's next message; raises the driver's errors, and the server's error responses."""
        message: bytes = self._read_packet().get_all_data()  # type: ignore[no-untyped-call]
        return message

    def receive_rows(self) -> list[bytes]:
        """Return the rows that have arrived together, or the server's next message alone if it is no row.

        The driver takes several calls for each message; here, they are cut out of its buffer.
        """
        rows: list[bytes] = []
        with suppress(OSError):  # the driver reads again, and reports it
            self._cut_rows(self._rfile.peek(), rows)
        return rows or [self.receive()]

    def _cut_rows(self, buffered: bytes, rows: list[bytes]) -> None:
        """Take the rows at the beginning of the buffer, each behind its length and its number in the sequence."""
        position, number = 0, self._next_seq_id
        while position + _HEADER.size < len(buffered):
            (header,) = _HEADER.unpack_from(buffered, position)
            start = position + _HEADER.size
            end = start + (header & _LENGTH)
            if end > len(buffered) or header >> _LENGTH_BITS != number or buffered[start] != ROW:
                break
            rows.append(buffered[start:end])
            position, number = end, (number + 1) % 256
        self._rfile.read(position)
        self._next_seq_id = number

    def receive_column(self) -> Column:
        """Return the column that the server's next message describes."""
        field: Any = self._read_packet(FieldDescriptorPacket)  # type: ignore[no-untyped-call]
        return Column(field.name, field.type_code, field.flags, field.charsetnr)

    def reset_session(self) -> None:
        """Reset the session: roll back, release locks, and drop settings and prepared statements."""
        self.send(_RESET_CONNECTION, b"")
        self.receive()

    def limit_time(self, seconds: float) -> TimeLimit:
        """Start the timer that shuts down the connection after `seconds`."""
        if self._sock is None:
            raise pymysql.InterfaceError("the connection is closed")
        return TimeLimit(self._sock, seconds)

    @property
    def is_mariadb(self) -> bool:
        """Whether the server's version names MariaDB."""
        return "MariaDB" in self.get_server_info()  # type: ignore[no-untyped-call]

    def wait_for_answers(self, seconds: float | None) -> None:
        """Set the read timeout in seconds; None: no timeout."""
        self._read_timeout = seconds

    def abandon(self) -> None:
        """Close the connection in any state; the server discards the remaining rows."""
        if self.open:
            self.close()

    def _read_bytes(self, num_bytes: int) -> bytes:
        if num_bytes > MAX_ROW:
            self._force_close()  # type: ignore[attr-defined]
            raise MessageTooLong(num_bytes)
        data: bytes = super()._read_bytes(num_bytes)  # type: ignore[misc]
        return data


def connect(login: Login, *, init_command: str | None = None) -> Connection:
    """Log in; `init_command` is the session's first statement.

    Raises:
        Unreachable: the database cannot be reached, or refuses the user.
    """
    started = time.monotonic()
    try:
        connection = Connection(
            host=login.server.host,
            port=login.server.port,
            user=login.user,
            password=login.password,
            database=login.database,
            charset="utf8mb4",
            ssl=login.server.tls(),
            read_timeout=CONNECT_TIMEOUT,
            write_timeout=CONNECT_TIMEOUT,
            init_command=init_command,
            autocommit=None,
            program_name="sidestep",
            defer_connect=True,
        )
        opened = login.server.open_socket(CONNECT_TIMEOUT)
    except OSError as error:
        raise Unreachable(reason(error)) from error
    with TimeLimit(opened, started + CONNECT_TIMEOUT - time.monotonic()) as limit:
        try:
            connection.connect(opened)
        except Exception as error:
            raise Unreachable(_why_not(error, limit)) from error
    # The driver has one limit for the answers to a log-in and for those to queries, which may take far longer.
    connection.wait_for_answers(login.read_timeout)
    return connection


def reason(error: Exception) -> str:
    """Return what an error of the driver or of the network says, in one line."""
    return " ".join(str(part) for part in error.args)


def _why_not(error: Exception, limit: TimeLimit) -> str:
    if limit.is_over:
        return f"timed out: the log-in took more than {CONNECT_TIMEOUT} s"
    return reason(error) if isinstance(error, pymysql.MySQLError | OSError) else NOT_MYSQL
