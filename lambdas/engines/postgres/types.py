"""Reads cells by their PostgreSQL type: numbers and text; a cell of any other type becomes Unreadable.

The object ids are those of pg_type.dat in PostgreSQL's sources; they never change.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from ..interface import Single, Unreadable

Reader = Callable[[str], object]


def _unreadable(value: Unreadable) -> Reader:
    return lambda _: value


def _with_text(kind: str) -> Reader:
    return lambda text: Unreadable(kind, text=text)


def _date_and_time(text: str) -> Unreadable:
    return Unreadable("a date and time", text=text.replace(" ", "T", 1))  # of style ISO, as the session sets it


_MONEY: Final = Unreadable(
    "money, whose form is that of the server's language", remedy="cast it to numeric in the SELECT"
)

_NUMBERS: Final[Mapping[int, Reader]] = {
    16: "t".__eq__,  # bool
    20: int,  # int8
    21: int,  # int2
    23: int,  # int4
    26: int,  # oid
    700: Single,  # float4
    701: float,  # float8
    1700: Decimal,  # numeric
}

_NEITHER: Final[Mapping[int, Reader]] = {
    17: _unreadable(Unreadable("binary")),  # bytea
    790: _unreadable(_MONEY),
    1082: _with_text("a date"),
    1083: _with_text("a time"),
    1114: _date_and_time,  # timestamp
    1184: _date_and_time,  # timestamptz
    1186: _with_text("an interval"),
    1266: _with_text("a time"),  # timetz
}

TIMESTAMPTZ: Final = 1184
"""The type of parameters, whatever they are compared with."""


def readers() -> defaultdict[int, Reader]:
    """Return the reader of each type; all other types are text: names, UUIDs, enumerations, JSON, arrays."""
    return defaultdict(lambda: str, {**_NUMBERS, **_NEITHER})
