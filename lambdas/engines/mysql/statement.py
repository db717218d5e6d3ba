"""A prepared statement, whose rows arrive one by one in MySQL's binary protocol.

Preparing checks tables, columns and privileges, and evaluates nothing: its errors never contain rows.

Source: MySQL Internals, "Prepared Statements".
"""

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Final

from pymysql.constants import COMMAND

from ..interface import FETCH_BYTES, FETCH_ROWS, Refused, Row
from .connection import ROW, Connection
from .types import Column, read_length, row_reader

_PREPARED: Final = Struct("<xIHH")
"""COM_STMT_PREPARE_OK: the statement's identifier, its columns and its parameters."""

_EXECUTE: Final = Struct("<IBI")
"""COM_STMT_EXECUTE: the identifier, no cursor, once."""

_EOF: Final = 0xFE
"""The first byte of the message after the last row or column (MySQL Internals, "EOF_Packet")."""


class Statement:
    """One statement without parameters.

    All methods raise the driver's errors, and its parser's errors on a violation of the protocol.
    """

    def __init__(self, connection: Connection, sql: str) -> None:
        """Prepare the statement on the server.

        Raises:
            Refused: the statement is not a query, or has a `?` parameter.
        """
        self._connection = connection
        connection.send(COMMAND.COM_STMT_PREPARE, sql.encode())
        self._identifier, columns, parameters = _PREPARED.unpack_from(connection.receive())
        for count in (parameters, columns):
            if count:
                self._skip(count)
        if not columns:
            raise Refused("the statement has no result; write a SELECT without INTO")
        if parameters:
            raise Refused('a "?" outside of quotes is a parameter without a value; write :scheduled_time')

    def execute(self) -> tuple[Column, ...]:
        """Run the statement; return its columns."""
        self._connection.send(COMMAND.COM_STMT_EXECUTE, _EXECUTE.pack(self._identifier, 0, 1))
        first = self._connection.receive()
        count, end = read_length(first, 0)
        if not count or end != len(first):
            raise ValueError("not the number of columns")
        columns = tuple(self._connection.receive_column() for _ in range(count))
        self._expect_end()
        return columns

    def rows(self, columns: tuple[Column, ...]) -> Iterator[Sequence[Row]]:
        """Yield the rows, some at a time; read all of them before you use the connection again."""
        read = row_reader(columns)
        rows: list[Row] = []
        size = 0
        while True:
            try:
                received = self._connection.receive_rows()
            except Exception:
                yield rows  # they arrived before the error
                raise
            if received[0][0] == _EOF:
                break
            if received[0][0] != ROW:
                raise ValueError("neither a row nor the end of the rows")
            rows += map(read, received)
            size += sum(map(len, received))
            if len(rows) >= FETCH_ROWS or size >= FETCH_BYTES:
                yield rows
                rows, size = [], 0
        yield rows

    def _skip(self, count: int) -> None:
        for _ in range(count):
            self._connection.receive()
        self._expect_end()

    def _expect_end(self) -> None:
        if self._connection.receive()[0] != _EOF:
            raise ValueError("more columns than announced")
