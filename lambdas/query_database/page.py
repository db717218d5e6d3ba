"""One page: what a run publishes at once and what failed so far, within the limits of both services."""

from collections.abc import Sequence
from typing import Final, NotRequired, TypedDict

from .blocks import Room
from .datum import Datum, json_bytes, own_datum

MAX_DATUMS: Final = 1000
"""Metrics of one PutMetricData request (CloudWatch API reference)."""

MAX_BYTES: Final = 262_144 - 16_384
"""UTF-8 bytes of the page as JSON: what a state may hold (Step Functions quotas), less what Lambda's answer adds."""

MAX_FAILURE_BYTES: Final = 24_000
"""Bytes of all errors together, as JSON; the Fail state's cause, which shows them, holds 32,768 characters."""

MAX_ERROR_BYTES: Final = 500
"""Bytes of one error, as JSON."""

_OWN_DATUM_BYTES: Final = 256
"""At least what a datum of FailedQueries or EmptyResults needs."""

_QUERY_BYTES: Final = 256
"""At least what a query takes elsewhere on the page, beside its error: its entries in Failures and NextPage."""

_FRAME_BYTES: Final = 512
"""At least what else is on a page that is not in one of its lists."""


class Failure(TypedDict):
    """A query that failed, and why."""

    Query: str
    Error: str


class NextPage(TypedDict):
    """Where the next page goes on.

    Attributes:
        Page: its number; the first page is 1.
        Run: what all pages of a run share, 32 hexadecimal digits.
        Queries: the names of those that are left, the first of them perhaps begun.
        Published: how many datums of that first query are published.
        Trail: a digest of what these cover, 32 hexadecimal digits; "" if there are none.
    """

    Page: int
    Run: str
    Queries: list[str]
    Published: int
    Trail: str


class PageContent(TypedDict):
    """The function's answer: PublishMetrics sends on its `MetricData`; what is left is the input of the next page."""

    MetricData: list[Datum]
    ScheduledTime: str
    Failures: list[Failure]
    NextPage: NotRequired[NextPage]


class Page:
    """Collects what a run gives until no more fits. Every failure of the run always does.

    Attributes:
        capacity: what an empty page of this run holds.
    """

    def __init__(self, scheduled_time: str, *, queries: int, failures: Sequence[Failure] = ()) -> None:
        """Begin a page.

        Args:
            scheduled_time: of the run, ISO 8601.
            queries: so many are left to the run.
            failures: of the pages before.
        """
        count = queries + len(failures)
        self._scheduled_time = scheduled_time
        self._error_bytes = min(MAX_ERROR_BYTES, MAX_FAILURE_BYTES // count)
        self._datums: list[Datum] = []
        self._size = 0
        self._failures = list(failures)
        self.capacity: Final = Room(MAX_DATUMS, MAX_BYTES - _FRAME_BYTES - count * (_QUERY_BYTES + self._error_bytes))

    @property
    def room(self) -> Room:
        """What still fits."""
        return Room(self.capacity.datums - len(self._datums), self.capacity.size - self._size)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to publish on it."""
        return not self._datums

    @property
    def is_full(self) -> bool:
        """Whether not even a query that fails or has no result fits any more."""
        return self.room.datums == 0 or self.room.size < _OWN_DATUM_BYTES

    def add(self, datums: Sequence[Datum], size: int) -> None:
        """Take datums of a size, as Batch has it; they have to fit."""
        self._datums += datums
        self._size += size

    def note_empty(self, query: str) -> None:
        """Publish that one query has no result: PutMetricData refuses an empty page, and one can alarm on it."""
        self._add_own("EmptyResults", query)

    def fail(self, query: str, error: str) -> None:
        """Publish that one query failed, and note why."""
        self._add_own("FailedQueries", query)
        self._failures.append({"Query": query, "Error": shortened(error, self._error_bytes)})

    def content(self, next_page: NextPage | None = None) -> PageContent:
        """Return the page."""
        content: PageContent = {
            "MetricData": self._datums,
            "ScheduledTime": self._scheduled_time,
            "Failures": self._failures,
        }
        if next_page:
            content["NextPage"] = next_page
        return content

    def _add_own(self, name: str, query: str) -> None:
        datum = own_datum(name, query, self._scheduled_time)
        self.add([datum], json_bytes(datum))


def shortened(text: str, limit: int) -> str:
    """Return a text on one line that takes at most `limit` bytes as JSON, quotes and escapes included."""
    line = " ".join(text.split())
    if json_bytes(line) <= limit:
        return line
    line = line[:limit]
    while json_bytes(f"{line}…") > limit:
        line = line[:-1]
    return f"{line}…"
