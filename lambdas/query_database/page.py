"""One page: what a run measured and what failed, within the limits of Step Functions and PutMetricData."""

import json
from collections.abc import Iterable
from typing import Final, TypedDict

from query_database.errors import QueryFailed
from query_database.metrics import Datum, own_datum

MAX_DATUMS: Final = 1000
"""Metrics of one PutMetricData request (CloudWatch API reference)."""

MAX_BYTES: Final = 262_144 - 16_384
"""UTF-8 bytes of the page as JSON: what a state may hold (Step Functions quotas), less what Lambda's answer adds."""

MAX_FAILURE_BYTES: Final = 24_000
"""Bytes of all errors together, as JSON; the Fail state's cause, which shows them, holds 32,768 characters."""

MAX_ERROR_BYTES: Final = 500
"""Bytes of one error, as JSON."""

_OWN_DATUM_BYTES: Final = 384
"""At least what a datum of FailedQueries with its entry in Failures needs beside the error."""


class Failure(TypedDict):
    """A query that failed, and why."""

    Query: str
    Error: str


class PageContent(TypedDict):
    """The function's answer, which PublishMetrics sends on as it is."""

    MetricData: list[Datum]
    ScheduledTime: str
    Failures: list[Failure]


class Page:
    """Collects what the queries of one run gave.

    Room is kept for the failure of each query that has not been asked yet, so a failure can always be told.
    """

    def __init__(self, scheduled_time: str, queries: int) -> None:
        """Begin a page for a run of so many queries at `scheduled_time`, ISO 8601."""
        self._scheduled_time = scheduled_time
        self._queries_left = queries
        self._error_bytes = min(MAX_ERROR_BYTES, MAX_FAILURE_BYTES // queries)
        self._datums: list[Datum] = []
        self._bytes = 0
        self._failures: list[Failure] = []

    def add(self, query: str, datums: Iterable[Datum]) -> int:
        """Take all datums of one query, or none of them; return how many they were.

        A query that has none is published as EmptyResults, since PutMetricData refuses an empty page.

        Raises:
            QueryFailed: they do not fit into what is left of the page.
        """
        reserved = self._queries_left - 1
        room = MAX_DATUMS - len(self._datums) - reserved
        byte_room = MAX_BYTES - self._bytes - reserved * (_OWN_DATUM_BYTES + self._error_bytes)
        taken: list[Datum] = []
        size = 0
        for datum in datums:
            taken.append(datum)
            size += _size(datum)
            if len(taken) > room or size > byte_room:
                raise QueryFailed(
                    f"the result does not fit into this run's page, which holds {MAX_DATUMS} values and {MAX_BYTES} "
                    "bytes for all queries of the database; return fewer rows"
                )
        if not taken:
            taken = [own_datum("EmptyResults", query, self._scheduled_time)]
            size = _size(taken[0])
        self._queries_left -= 1
        self._datums += taken
        self._bytes += size
        return len(taken)

    def fail(self, query: str, error: str) -> None:
        """Note that one query failed."""
        self._queries_left -= 1
        self._datums.append(own_datum("FailedQueries", query, self._scheduled_time))
        self._failures.append({"Query": query, "Error": _shortened(error, self._error_bytes)})
        self._bytes += _size(self._datums[-1]) + _size(self._failures[-1])

    def content(self) -> PageContent:
        """Return the page."""
        return {
            "MetricData": self._datums,
            "ScheduledTime": self._scheduled_time,
            "Failures": self._failures,
        }


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode()) + len(", ")


def _shortened(text: str, limit: int) -> str:
    """Return a text on one line that takes at most `limit` bytes as JSON, quotes and escapes included."""
    line = " ".join(text.split())
    if _size(line) <= limit:
        return line
    line = line[:limit]
    while _size(f"{line}…") > limit:
        line = line[:-1]
    return f"{line}…"
