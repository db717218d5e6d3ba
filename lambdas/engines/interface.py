"""What every engine can do: let a user in, and run one query under a time limit while its rows stream by.

Whoever asks knows this and no driver. An engine is a function `connect` that takes a Login and returns a Session.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from engines.server import Login

Row = Sequence[object]
"""Cells as int, float, Decimal, bool, str or None; anything else is neither number nor text."""

Parameters = Mapping[str, datetime]
"""What the driver puts into a statement, by name: in UTC, without a zone, in the order of the query's parameters."""


class Unreachable(Exception):  # noqa: N818 - says what happened, like those of the functions
    """There is no way to the database, or it does not let the user in. The text says why, without the password."""


class Refused(Exception):  # noqa: N818
    """The database refused a statement, or was lost. The text says why, and quotes nothing that may be data."""


class TimedOut(Exception):  # noqa: N818
    """A statement ran past its time limit and was stopped."""


class Unreadable(NamedTuple):
    """Stands for a value that is neither number nor text, of which no more is to be known.

    Attributes:
        kind: what messages call it.
        remedy: what to do about it.
    """

    kind: str
    remedy: str = "convert it in the SELECT"


class Stream(Protocol):
    """The rows of one query, which stay with the database until they are read.

    Attributes:
        columns: their names.
    """

    columns: tuple[str, ...]

    def read(self, most: int) -> Iterable[Row]:
        """Return the next rows; fewer than `most` only at the end.

        Raises:
            Refused, TimedOut: while reading as well, so what was read before is not the whole result.
        """


class Session(Protocol):
    """A user who was let in: over verified TLS, to read only, in UTC and UTF-8."""

    @property
    def is_open(self) -> bool:
        """Whether anything can be asked."""

    def ask(self, sql: str, parameters: Parameters, timeout: int) -> Stream:
        """Run one query. Its `timeout`, in seconds, is for all of it, up to its last row.

        Only one at a time: all rows are read, or the session is closed, before the next one.

        Raises:
            Refused, TimedOut: there will be no rows. Of no use any more, the session is to be closed.
        """

    def close(self) -> None:
        """End the session in whatever state it is, without waiting for rows that nobody has read."""


Connect = Callable[[Login], Session]
"""What an engine is. Raises Unreachable."""
