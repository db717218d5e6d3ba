"""What every engine can do: let a user in, and run one query under a time limit while its rows stream by.

Callers know this and no driver. An engine is a function `connect` that takes a Login and returns a Session.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from engines.server import Login

Row = Sequence[object]
"""Cells as int, float, Single, Decimal, bool, str or None; Unreadable and TooLong stand for anything else."""

Parameters = Mapping[str, datetime]
"""The values of a statement's parameters, by name: in UTC, without a zone, in the order of the query's parameters."""

MAX_CELL: Final = 4096
"""Bytes of a cell that is read. A dimension's value has 1,024 characters at most, of up to four bytes each."""

MAX_ROW: Final = 2**20
"""Bytes of a row, and of any other message of a server. A row of 30 dimensions and their metrics needs far less."""


class Unreachable(Exception):  # noqa: N818 - says what happened, like those of the functions
    """The database cannot be reached, or refuses the user. The text says why, without the password."""


class Refused(Exception):  # noqa: N818
    """The database refused a statement, or the connection was lost. The text says why, without any row's data."""


class TimedOut(Exception):  # noqa: N818
    """A statement ran past its time limit and was stopped."""


class MessageTooLong(Exception):  # noqa: N818
    """A server sends a message of more than MAX_ROW bytes; the connection is closed, for nobody reads it."""

    def __init__(self, size: int) -> None:
        """Say how many bytes it has."""
        super().__init__(
            f"a row of the result has {size:,} bytes, more than the {MAX_ROW:,} that a row may have; leave long "
            "columns out of the SELECT"
        )


class Single(float):
    """A number of single precision: the decimal number with the fewest digits that is this 32-bit float."""

    __slots__ = ()


class Unreadable(NamedTuple):
    """Stands for a value that is neither number nor text.

    Attributes:
        kind: what messages call it.
        remedy: what to do about it.
    """

    kind: str
    remedy: str = "convert it in the SELECT"


class TooLong(NamedTuple):
    """Stands for a value of more than MAX_CELL bytes, so that a result of long values does not fill the memory."""

    size: int


class Stream(Protocol):
    """The rows of one query, which stay with the database until they are read.

    Attributes:
        columns: their names.
    """

    columns: tuple[str, ...]

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows; end the transaction behind the last one.

        Raises:
            Refused, TimedOut: at any row, so what was read before is not the whole result.
        """


class Session(Protocol):
    """A user who is logged in over verified TLS, and who reads only, in UTC and UTF-8."""

    @property
    def is_open(self) -> bool:
        """Whether a query can be run."""

    def ask(self, sql: str, parameters: Parameters, timeout: int) -> Stream:
        """Run one query in a transaction of its own. Its `timeout`, in seconds, covers it up to its last row.

        One query at a time: all rows are read, or the session is closed, before the next one. Each query finds the
        session as it was after the log-in, whatever the one before has set.

        Raises:
            Refused, TimedOut: there are no rows, and the session is to be closed.
        """

    def close(self) -> None:
        """End the session in whatever state it is, without waiting for the rows that are left."""


Connect = Callable[[Login], Session]
"""What an engine is. Raises Unreachable."""
