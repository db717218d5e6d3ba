"""Reads cells of MySQL's binary protocol: numbers and text; a cell of any other type becomes Unreadable.

The text protocol rounds a FLOAT to six digits: 16777215 arrives as 16777200. The binary protocol has all bits.

Source: MySQL Internals, "Binary Protocol Value"; the codes of types are those of PyMySQL's FIELD_TYPE.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from struct import Struct
from typing import Final, NamedTuple

from pymysql.constants import FIELD_TYPE, FLAG

from ..interface import MAX_CELL, Row, Single, TooLong, Unreadable

Read = Callable[[bytes, int], tuple[object, int]]
"""Takes a row and the position of a cell; returns the cell and the position of the next one."""

RowReader = Callable[[bytes], Row]

_BINARY: Final = 63
"""The character set of binary data (MySQL reference manual, "Connection Character Sets and Collations")."""

_MAX_SHORT_LENGTH: Final = 250
"""The maximum length that takes one byte."""

_LENGTH_BYTES: Final = {0xFC: 2, 0xFD: 3, 0xFE: 8}
"""The number of bytes of a longer length, by the first byte."""

_SINGLE: Final = Struct("<f")

_DATE_AND_TIME: Final = Struct("<HBBBBBI")
_DURATION: Final = Struct("<?IBBBI")
"""Year to microsecond; sign, days, hours to microsecond. Zeros at the end are left out in a row."""


class Column(NamedTuple):
    """A column before its first row: its name, and the server's codes of its type."""

    name: str
    type_code: int
    flags: int
    character_set: int


def row_reader(columns: Sequence[Column]) -> RowReader:
    """Return a reader for the rows of a result.

    The reader raises ValueError, IndexError or struct.error if a row does not have these columns.
    """
    readers = [_reader(column) for column in columns]
    first = 1 + (len(columns) + 9) // 8
    without_null = bytes(first - 1)

    def read(data: bytes) -> Row:
        row: list[object] = []
        position = first
        nulls = data[1:first]
        for read_cell in readers if nulls == without_null else _null_readers(readers, nulls):
            cell, position = read_cell(data, position)
            row.append(cell)
        if position != len(data):
            raise ValueError("the row has another length than its cells")
        return row

    return read


def _null_readers(readers: Sequence[Read], nulls: bytes) -> Iterator[Read]:
    """Yield the readers of a row's cells; a NULL, which the bitmap names, takes no bytes."""
    # The first two bits are reserved (MySQL Internals, "NULL-Bitmap").
    for number, read_cell in enumerate(readers, start=2):
        yield _null if nulls[number >> 3] & 1 << (number & 7) else read_cell


def _null(_: bytes, position: int) -> tuple[object, int]:
    return None, position


def read_length(data: bytes, position: int) -> tuple[int, int]:
    """Return a length-encoded integer and its end (MySQL Internals, "Length-Encoded Integer").

    Raises:
        LookupError: there is none at the position.
    """
    first = data[position]
    position += 1
    if first <= _MAX_SHORT_LENGTH:
        return first, position
    end = position + _LENGTH_BYTES[first]
    return int.from_bytes(data[position:end], "little"), end


def _reader(column: Column) -> Read:
    code = column.type_code
    if code in _INTEGERS:
        signed, unsigned = _INTEGERS[code]
        return _fixed(Struct(f"<{unsigned if column.flags & FLAG.UNSIGNED else signed}"))
    if code in _OTHERS:
        return _OTHERS[code]
    # JSON is text that some servers call binary.
    is_text = column.character_set != _BINARY or code == FIELD_TYPE.JSON
    return _text if is_text and code not in _NEVER_TEXT else _sized(lambda _: Unreadable("binary"))


def _fixed(form: Struct) -> Read:
    unpack, size = form.unpack_from, form.size
    return lambda data, position: (unpack(data, position)[0], position + size)


def _single(data: bytes, position: int) -> tuple[object, int]:
    end = position + _SINGLE.size
    bits = data[position:end]
    (value,) = _SINGLE.unpack(bits)
    # At most nine digits are needed (IEEE 754), usually fewer: 0.1, not 0.10000000149011612.
    shortest = (float(f"{value:.{digits}g}") for digits in range(6, 10))
    return Single(next(number for number in shortest if _SINGLE.pack(number) == bits)), end


def _sized(read: Callable[[bytes], object]) -> Read:
    def read_sized(data: bytes, position: int) -> tuple[object, int]:
        size, position = read_length(data, position)
        end = position + size
        return (read(data[position:end]) if size <= MAX_CELL else TooLong(size)), end

    return read_sized


_long_text: Final = _sized(bytes.decode)


def _dated(kind: str, write: Callable[[bytes], str]) -> Read:
    def read(data: bytes, position: int) -> tuple[object, int]:
        start = position + 1
        end = start + data[position]
        return Unreadable(kind, text=write(data[start:end])), end

    return read


def _date_and_time(data: bytes) -> str:
    year, month, day, *time = _DATE_AND_TIME.unpack(data.ljust(_DATE_AND_TIME.size, b"\0"))
    return f"{year:04}-{month:02}-{day:02}T" + _time_of_day(*time)


def _date(data: bytes) -> str:
    return _date_and_time(data).partition("T")[0]


def _duration(data: bytes) -> str:
    is_negative, days, hour, *rest = _DURATION.unpack(data.ljust(_DURATION.size, b"\0"))
    sign = "-" if is_negative else ""
    return sign + _time_of_day(24 * days + hour, *rest)


def _time_of_day(hour: int, minute: int, second: int, micro: int) -> str:
    return f"{hour:02}:{minute:02}:{second:02}" + (f".{micro:06}" if micro else "")


def _text(data: bytes, position: int) -> tuple[object, int]:
    size = data[position]
    if size > _MAX_SHORT_LENGTH:
        return _long_text(data, position)
    end = position + 1 + size
    return data[position + 1 : end].decode(), end


def _decimal(data: bytes) -> Decimal:
    return Decimal(data.decode("ascii"))


_INTEGERS: Final[Mapping[int, tuple[str, str]]] = {
    FIELD_TYPE.TINY: ("b", "B"),
    FIELD_TYPE.SHORT: ("h", "H"),
    FIELD_TYPE.YEAR: ("h", "H"),
    FIELD_TYPE.INT24: ("i", "I"),
    FIELD_TYPE.LONG: ("i", "I"),
    FIELD_TYPE.LONGLONG: ("q", "Q"),
}
"""Their struct formats, signed and unsigned."""

_OTHERS: Final[Mapping[int, Read]] = {
    FIELD_TYPE.FLOAT: _single,
    FIELD_TYPE.DOUBLE: _fixed(Struct("<d")),
    FIELD_TYPE.DECIMAL: _sized(_decimal),
    FIELD_TYPE.NEWDECIMAL: _sized(_decimal),
    FIELD_TYPE.DATE: _dated("a date", _date),
    FIELD_TYPE.NEWDATE: _dated("a date", _date),
    FIELD_TYPE.TIME: _dated("a time", _duration),
    FIELD_TYPE.DATETIME: _dated("a date and time", _date_and_time),
    FIELD_TYPE.TIMESTAMP: _dated("a date and time", _date_and_time),
}

_NEVER_TEXT: Final = (FIELD_TYPE.BIT, FIELD_TYPE.GEOMETRY)
