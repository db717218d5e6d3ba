"""The interface of an engine: log in a user, and stream the rows of one query with a time limit.

Callers use this interface and no driver. An engine is a function `connect` that takes a Login and returns a Session.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from .server import Login

Row = Sequence[object]
"""Cells as int, float, Single, Decimal, bool, str or None; Unreadable and TooLong represent anything else."""

Parameters = Mapping[str, datetime]
"""The values of a statement's parameters, by name: in UTC, without a zone, in the order of the query's parameters."""

MAX_CELL: Final = 4096
"""The maximum bytes of a cell. A dimension's value has 1,024 characters at most, of up to four bytes each."""

FETCH_ROWS: Final = 1000
"""The approximate number of rows that are read before they are converted, and the maximum datums of a page."""

FETCH_BYTES: Final = 2**18
"""The bytes of the rows at which fewer than FETCH_ROWS are converted, so that long rows do not exhaust the memory."""

MAX_ROW: Final = 2**20
"""The maximum bytes of a row or other message of a server. A row of 30 dimensions and metrics needs far less."""


class Unreachable(Exception):  # noqa: N818 - says what happened, like those of the functions
    """The database cannot be reached, or refuses the user. The text says why, without the password."""


class Refused(Exception):  # noqa: N818
    """The database refused a statement, or the connection was lost. The text says why, without any row's data."""


class TimedOut(Exception):  # noqa: N818
    """A statement ran past its time limit and was stopped."""


class MessageTooLong(Exception):  # noqa: N818
    """A server sends a message of more than MAX_ROW bytes. The message is not read, and the connection is closed."""

    def __init__(self, size: int) -> None:
        """Report the size in bytes."""
        super().__init__(
            f"a row of the result has {size:,} bytes; the maximum is {MAX_ROW:,}; remove long columns from the SELECT"
        )


class Single(float):
    """A single-precision number: the shortest decimal number that rounds to this 32-bit float."""

    __slots__ = ()


class Unreadable(NamedTuple):
    """Represents a value that is neither number nor text.

    Attributes:
        kind: what messages call it.
        remedy: what to do about it.
        text: a date, a time or both in ISO 8601, or an interval; "" for other values.
    """

    kind: str
    remedy: str = "convert it in the SELECT"
    text: str = ""


class TooLong(NamedTuple):
    """Represents a value of more than MAX_CELL bytes, so that long values do not exhaust the memory."""

    size: int


class Stream(Protocol):
    """The rows of one query, which remain in the database until they are read.

    Attributes:
        columns: their names.
    """

    columns: tuple[str, ...]

    def __iter__(self) -> Iterator[Sequence[Row]]:
        """Yield the rows, about FETCH_ROWS or FETCH_BYTES at a time, or none; end the transaction after the last one.

        Raises:
            Refused, TimedOut: at any row; the rows before it are not the whole result.
        """


class Session(Protocol):
    """A read-only session of a user who is logged in over verified TLS; it uses UTC and UTF-8."""

    @property
    def is_open(self) -> bool:
        """Whether a query can be run."""

    def ask(self, sql: str, parameters: Parameters, timeout: int) -> Stream:
        """Run one query in a transaction of its own. `timeout`, in seconds, includes reading the last row.

        Run one query at a time: read all rows, or close the session, before the next query. Settings that a query
        changes do not affect the next query.

        Raises:
            Refused, TimedOut: there are no rows; close the session.
        """

    def close(self) -> None:
        """End the session in any state, without waiting for the remaining rows."""


Connect = Callable[[Login], Session]
"""The interface of an engine: logs in. Raises Unreachable."""
