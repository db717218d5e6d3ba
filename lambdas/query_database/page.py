"""One page: the part of a run's metric data that one request publishes, within the limits of both services."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple, NotRequired, TypedDict

from .errors import QueryFailed
from .metric_data import EMPTY_RESULTS, FAILED_QUERIES, Datum, MetricData, Point, json_bytes, own_datum
from .queries import Query

MAX_DATUMS: Final = 1000
"""Metrics of one PutMetricData request (CloudWatch API reference)."""

MAX_PAGES: Final = 2000
"""Pages of one run. A Standard execution's history ends at 25,000 events (Step Functions quotas); a page takes 12."""

MAX_BYTES: Final = 262_144 - 16_384
"""UTF-8 bytes of the page as JSON: what a state may hold (Step Functions quotas), less what Lambda's answer adds."""

MAX_FAILURE_BYTES: Final = 24_000
"""Bytes of all errors together, as JSON; the Fail state's cause, which shows them, holds 32,768 characters."""

MAX_ERROR_BYTES: Final = 500
"""Bytes of one error, as JSON."""

_OWN_DATUM_BYTES: Final = 288
"""The minimum for a datum of FailedQueries or EmptyResults."""

_QUERY_BYTES: Final = 256
"""The minimum for a query elsewhere on the page, beside its error: its entries in Failures and NextPage."""

_FRAME_BYTES: Final = 512
"""The minimum for everything on a page that is not in one of its lists."""


# Named tuples, here and elsewhere in the function: a dataclass adds half a millisecond to each cold start.
class Position(NamedTuple):
    """A place in the metric data of one query.

    Attributes:
        published: the number of datums before it.
        fingerprint: a digest of their fingerprints, in their order; "" at the beginning.
    """

    published: int = 0
    fingerprint: str = ""


BEGINNING: Final = Position()


class Capacity(NamedTuple):
    """The capacity of a page, or of its remaining part: a number of datums, and a size as in MetricData."""

    datums: int
    size: int


class PageSlice(NamedTuple):
    """The part of a query's metric data that is published on one page.

    Attributes:
        points: the points; none if there was no capacity for the first one.
        size: their size, as in MetricData.
        end: where the next slice begins; None if there is none.
    """

    points: list[Point]
    size: int
    end: Position | None

    @property
    def is_empty(self) -> bool:
        """Whether it has no points and nothing follows."""
        return not self.points and self.end is None


class Failure(TypedDict):
    """A query that failed, and why."""

    Query: str
    Error: str


class NextPage(TypedDict):
    """Where the next page begins.

    Attributes:
        Page: its number; the first page is 1.
        Run: the identifier of the run, 32 hexadecimal digits.
        Queries: the names of the remaining queries; the first of them may be published in part.
        Published: the number of datums of that first query that are published.
        Fingerprint: a digest of these, 32 hexadecimal digits; "" if there are none.
    """

    Page: int
    Run: str
    Queries: list[str]
    Published: int
    Fingerprint: str


class PageContent(TypedDict):
    """The function's answer: PublishMetrics sends its `MetricData`; the rest is the input of the next page."""

    MetricData: list[Datum]
    ScheduledTime: str
    Failures: list[Failure]
    NextPage: NotRequired[NextPage]


class Page:
    """Collects datums until no more fit. There is always space for every failure of the run.

    Attributes:
        capacity: of an empty page of this run.
    """

    def __init__(self, scheduled_time: str, *, queries: int, failures: Sequence[Failure] = ()) -> None:
        """Begin a page.

        Args:
            scheduled_time: of the run, ISO 8601.
            queries: the number of the run's remaining queries.
            failures: of the earlier pages.
        """
        count = queries + len(failures)
        self._scheduled_time = scheduled_time
        self._error_bytes = min(MAX_ERROR_BYTES, MAX_FAILURE_BYTES // count)
        self._datums: list[Datum] = []
        self._size = 0
        self._failures = list(failures)
        size = MAX_BYTES - _FRAME_BYTES - count * (_QUERY_BYTES + self._error_bytes)
        self.capacity: Final = Capacity(MAX_DATUMS, size)

    @property
    def free(self) -> Capacity:
        """The capacity that is left."""
        return Capacity(self.capacity.datums - len(self._datums), self.capacity.size - self._size)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to publish."""
        return not self._datums

    @property
    def is_full(self) -> bool:
        """Whether there is no space for a query that fails or has no result."""
        return self.free.datums == 0 or self.free.size < _OWN_DATUM_BYTES

    def add(self, datums: Sequence[Datum], size: int) -> None:
        """Add datums of a size, as in MetricData; they must fit."""
        self._datums += datums
        self._size += size

    def note_empty(self, query: Query) -> None:
        """Add EmptyResults for a query without a result: PutMetricData refuses empty pages, and alarms can use it."""
        self._add_own(EMPTY_RESULTS, query)

    def fail(self, query: Query, error: str) -> None:
        """Add FailedQueries for a query that failed, and record the reason."""
        self._add_own(FAILED_QUERIES, query)
        self._failures.append({"Query": query.name, "Error": shortened(error, self._error_bytes)})

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

    def _add_own(self, name: str, query: Query) -> None:
        datum = own_datum(name, query.own_dimensions, self._scheduled_time)
        self.add([datum], json_bytes(datum))


def page_slices(
    metric_data: Iterable[MetricData], start: Position, first: Capacity, further: Capacity
) -> Iterator[PageSlice]:
    """Yield the slices of a query's metric data from `start` on; the last one proves that the result has no error.

    Args:
        metric_data: of the whole result, from its beginning.
        start: the first slice's position; everything before it is published already.
        first: the capacity for the first slice.
        further: the capacity for each further slice.

    Raises:
        QueryFailed: the result does not begin with what is published.
    """
    followed = _Followed()
    filling = _Filling(first)
    for some in metric_data:
        index = followed.skip(some, start)
        while index < len(some.points):
            end = filling.take(some, index)
            if end == index:
                followed.follow(filling.fingerprints)
                yield filling.page_slice(followed.position)
                filling = _Filling(further)
            index = end
    if start.published and not filling.fingerprints:  # the earlier page had at least one more
        raise _other_rows(start)
    yield filling.page_slice(None)


class _Filling:
    """A slice that is not full yet."""

    def __init__(self, capacity: Capacity) -> None:
        self.fingerprints: list[str] = []
        self._capacity = capacity
        self._points: list[Point] = []
        self._size = 0

    def take(self, some: MetricData, start: int) -> int:
        """Add as many points as fit, from an index on; return the index of the first point that does not fit."""
        end = min(len(some.points), start + self._capacity.datums - len(self._points))
        needed = sum(some.sizes[start:end])
        while self._size + needed > self._capacity.size:
            end -= 1
            needed -= some.sizes[end]
        self._points += some.points[start:end]
        self.fingerprints += some.fingerprints[start:end]
        self._size += needed
        return end

    def page_slice(self, end: Position | None) -> PageSlice:
        return PageSlice(self._points, self._size, end)


class _Followed:
    """The position after the points that were counted."""

    def __init__(self) -> None:
        self._count = 0
        self._digest = blake2b(digest_size=16)

    @property
    def position(self) -> Position:
        return Position(self._count, self._digest.hexdigest()) if self._count else BEGINNING

    def follow(self, fingerprints: list[str]) -> None:
        self._count += len(fingerprints)
        self._digest.update("".join(fingerprints).encode())

    def skip(self, some: MetricData, start: Position) -> int:
        """Count the points that are published already, before `start`; return the index of the first other one."""
        index = min(len(some.points), max(0, start.published - self._count))
        if index:
            self.follow(some.fingerprints[:index])
            if self._count == start.published and self.position != start:
                raise _other_rows(start)
        return index


def shortened(text: str, limit: int) -> str:
    """Return a text on one line that takes at most `limit` bytes as JSON, quotes and escapes included."""
    line = " ".join(text.split())
    if json_bytes(line) <= limit:
        return line
    line = line[:limit]
    while json_bytes(f"{line}…") > limit:
        line = line[:-1]
    return f"{line}…"


def _other_rows(start: Position) -> QueryFailed:
    return QueryFailed(
        f"the result was read again to go on after its first {start.published} values, but its rows are other ones "
        "or in another order; ORDER BY all dimensions, and in a distribution by the values as well"
    )
