"""Connects over verified TLS only."""

import socket
import ssl
import struct
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, suppress
from typing import Final

from pg8000.core import NULL_BYTE, READY_FOR_QUERY, SYNC_MSG, Context, CoreConnection
from pg8000.exceptions import DatabaseError, Error, InterfaceError
from scramp import ScramException

from ..interface import FETCH_BYTES, MAX_CELL, MAX_ROW, MessageTooLong, Row, TooLong, Unreachable
from ..server import CONNECT_TIMEOUT, Login, TimeLimit
from .types import Reader

LOST: Final = "the connection was lost"

NOT_POSTGRES: Final = "the server does not speak the PostgreSQL protocol"

_TLS_REQUEST: Final = struct.pack("!ii", 8, 80877103)
_TLS_GRANTED: Final = b"S"
"""PostgreSQL manual, "Message Formats": SSLRequest, and the server's answer if it speaks TLS."""

_HEADER: Final = struct.Struct("!ci")
_LENGTH: Final = struct.Struct("!i")
"""Before each message: its type, and its length with these four bytes; before each cell: its length, -1 for NULL."""

_NULL: Final = -1

_DATA_ROW: Final = b"D"
_COUNT_BYTES: Final = 2
"""A row's type, and the bytes of the number of its cells (PostgreSQL manual, "Message Formats", DataRow)."""


class Connection(CoreConnection):
    """The driver's connection over a TLS socket; on a plain socket the driver would send a password.

    It refuses messages that exhaust the memory, and yields rows as they arrive.
    """

    _row_bytes = 0

    def __init__(self, login: Login, tls: ssl.SSLSocket) -> None:
        """Log in over a socket; raises the driver's and the network's errors."""
        super().__init__(
            login.user,
            database=login.database,
            password=login.password,
            application_name="sidestep",
            startup_params={"client_encoding": "UTF8"},  # the driver cannot read some other encodings
            sock=tls,
            ssl_context=False,  # the socket already uses TLS
        )
        tls.settimeout(login.read_timeout)

    def limit_time(self, seconds: float) -> TimeLimit:
        """Start the timer that shuts down the connection after `seconds`."""
        if self._usock is None:
            raise InterfaceError("connection is closed")
        return TimeLimit(self._usock, seconds)

    def parse(self, sql: str, types: Sequence[int]) -> None:
        """Parse a statement: the server looks up tables, columns and types. It neither plans nor evaluates it.

        Args:
            sql: one statement.
            types: the object ids of its parameters.
        """
        self.send_PARSE(NULL_BYTE, sql, types)
        self._sock.write(SYNC_MSG)
        self._sock.flush()
        self.handle_messages(Context(sql))

    def execute_parsed(self, parameters: Sequence[str]) -> None:
        """Run the parsed statement, which has no rows."""
        self.send_BIND(NULL_BYTE, parameters)
        self.send_EXECUTE()
        self._sock.write(SYNC_MSG)
        self._sock.flush()
        self.handle_messages(Context(""))

    def rows(self, sql: str) -> Generator[Sequence[Row], None, int]:
        """Run one statement, yield its rows as they arrive, and return their number. Read all of them."""
        context = Context(sql)
        self.send_QUERY(sql)
        self._sock.flush()
        try:
            while self._handle_message(context) != READY_FOR_QUERY:
                if context.rows:
                    self._cut_rows(context)
                if self._row_bytes >= FETCH_BYTES:
                    yield self._taken(context)
        except Exception:
            yield self._taken(context)  # the rows arrived before the error
            raise
        yield self._taken(context)
        if context.error is not None:
            raise context.error
        return int(context.row_count)

    def _taken(self, context: Context) -> Sequence[Row]:
        """Return the rows that have arrived, and forget them."""
        rows: list[Row] = context.rows or []  # the driver has None before the description of the rows
        context.rows, self._row_bytes = [], 0
        return rows

    def _cut_rows(self, context: Context) -> None:
        """Read the rows that are in the driver's buffer: it would take several calls for each of them."""
        with suppress(OSError):  # the next read reports it
            buffered = self._sock.peek()
            position = 0
            while position + _HEADER.size <= len(buffered):
                kind, size = _HEADER.unpack_from(buffered, position)
                end = position + len(kind) + size
                if kind != _DATA_ROW or size <= _LENGTH.size or end > len(buffered):
                    break
                context.rows.append(self._row(buffered, position + _HEADER.size, end, context.input_funcs))
                position = end
            self._sock.read(position)
            self._row_bytes += position

    def handle_messages(self, context: Context) -> None:
        """Handle messages until the server is ready for another statement."""
        while self._handle_message(context) != READY_FOR_QUERY:
            pass
        if context.error is not None:
            raise context.error

    def handle_DATA_ROW(self, data: bytes, context: Context) -> None:  # noqa: N802 - the driver's name
        """Read a row."""
        context.rows.append(self._row(data, 0, len(data), context.input_funcs))
        self._row_bytes += len(data)

    def _row(self, data: bytes, start: int, end: int, readers: Sequence[Reader]) -> Row:
        """Read a row; cells that are too long become TooLong."""
        row: list[object] = []
        encoding = self._client_encoding
        position = start + _COUNT_BYTES
        for read in readers:
            (size,) = _LENGTH.unpack_from(data, position)
            position += _LENGTH.size
            if size == _NULL:
                row.append(None)
            elif size <= MAX_CELL:
                row.append(read(str(data[position : position + size], encoding)))
                position += size
            else:
                row.append(TooLong(size))
                position += size
        if position != end:
            raise ValueError("the row has another length than its cells")
        return row

    def close(self) -> None:
        """End the session and close the connection, even if the server is gone."""
        with suppress(Error, OSError):
            super().close()

    def _handle_message(self, context: Context) -> bytes:
        """Handle the server's next message; return its type."""
        kind, size = _HEADER.unpack(self._exactly(_HEADER.size))
        if size > MAX_ROW:
            raise MessageTooLong(size)
        content = self._exactly(size - _LENGTH.size)
        self.message_types[kind](content, context)
        return bytes(kind)

    def _exactly(self, size: int) -> bytes:
        if size < 0:
            raise ValueError("a message of negative length")
        try:
            data: bytes = self._sock.read(size)
        except OSError as error:
            raise InterfaceError("network error") from error
        if len(data) < size:
            raise InterfaceError("network error")
        return data


def connect(login: Login) -> Connection:
    """Log in.

    Raises:
        Unreachable: the database cannot be reached, or refuses the user.
    """
    started = time.monotonic()
    try:
        context = login.server.tls()
        plain = login.server.open_socket(CONNECT_TIMEOUT)
    except OSError as error:
        raise Unreachable(reason(error)) from error
    with TimeLimit(plain, started + CONNECT_TIMEOUT - time.monotonic()) as limit:
        try:
            return _logged_in(login, plain, context)
        except Exception as error:
            raise Unreachable(_why_not(error, limit)) from error


def reason(error: Exception) -> str:
    """Return what an error of the driver or of the network says, in one line."""
    if isinstance(error, DatabaseError):
        answer = error.args[0]
        return f"{answer.get('C')} {answer.get('M')}"
    first = error.__cause__ if isinstance(error, InterfaceError) and error.__cause__ else error
    text = " ".join(str(part) for part in first.args)
    return LOST if text == "network error" else text  # the driver's words for a connection that has ended


def _logged_in(login: Login, plain: socket.socket, context: ssl.SSLContext) -> Connection:
    with ExitStack() as failed:
        failed.enter_context(plain)
        plain.sendall(_TLS_REQUEST)
        if plain.recv(1) != _TLS_GRANTED:
            raise InterfaceError("the server does not support TLS, or is not a PostgreSQL server")
        tls = failed.enter_context(context.wrap_socket(plain, server_hostname=login.server.host))
        connection = Connection(login, tls)
        failed.pop_all()
    return connection


def _why_not(error: Exception, limit: TimeLimit) -> str:
    if limit.is_over:
        return f"timed out: the log-in took more than {CONNECT_TIMEOUT} s"
    return reason(error) if isinstance(error, Error | OSError | ScramException) else NOT_POSTGRES
