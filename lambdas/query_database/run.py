"""One page of a run: first the slice that was kept for it, then each query in turn until the page is full."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NotRequired, TypedDict

from ..engines.interface import Row, Stream
from .conversion import metric_data
from .database import Database
from .endpoint import Endpoint
from .errors import DatabaseUnavailable, QueryFailed
from .event import Run
from .kept_slices import KeptSlices
from .metric_data import Layout, MetricData
from .page import BEGINNING, MAX_PAGES, NextPage, Page, PageContent, PageSlice, Position, page_slices
from .queries import Query, values_of

OUT_OF_MEMORY: Final = "the result exceeds the function's memory; return fewer or shorter columns"


class Outcome(TypedDict):
    """The log's entry about one query: counts only, never a message of the database.

    Attributes:
        rows: the number of rows read; missing if the query did not run, because its values had been kept.
        datums: the number of datums on this page, without Sidestep's own.
    """

    name: str
    rows: NotRequired[int]
    datums: int
    failed: bool
    milliseconds: int


class LogLine(TypedDict):
    """The log's line about one page; times are in milliseconds."""

    scheduled_time: str
    page: int
    queries: list[Outcome]
    not_asked: int
    rows: int
    datums: int
    failures: int
    milliseconds: int


def next_page(run: Run, endpoint: Endpoint, folder: Path) -> PageContent:
    """Return the page that a run requests; keep what does not fit on it in `folder`.

    Raises:
        DatabaseUnavailable: there is nothing to publish, because no query could run.
    """
    with Database(endpoint) as database:
        return page_of(run, database, folder, _print, _print_text)


def page_of(
    run: Run, database: Database, folder: Path, log: Callable[[LogLine], None], log_row: Callable[[str], None]
) -> PageContent:
    """Return the page that a run requests of a database.

    Args:
        run: what an event requests.
        database: not connected yet, or connected.
        folder: keeps what does not fit on the page.
        log: takes the line about the page in any case.
        log_row: takes one line of JSON for each logged row of a check.

    Raises:
        DatabaseUnavailable: there is nothing to publish, because no query could run.
    """
    started = time.monotonic()
    kept = KeptSlices(folder, run=run.identifier, scheduled_time=run.scheduled_time)
    if run.page == 1:
        kept.begin()
    builder = _PageBuilder(run, database, kept, log_row)
    try:
        end = builder.fill()
    finally:
        log(_line(run, builder.outcomes, started))
    if end is None:
        kept.remove()
    return builder.page.content(end)


class _PageBuilder:
    """Fills one page."""

    def __init__(self, run: Run, database: Database, kept: KeptSlices, log_row: Callable[[str], None]) -> None:
        self.page: Final = Page(run.scheduled_time, queries=len(run.queries), failures=run.failures)
        self.outcomes: Final[list[Outcome]] = []
        self._run = run
        self._database = database
        self._kept = kept
        self._log_row = log_row

    def fill(self) -> NextPage | None:
        """Run queries until the page is full; return where the next page begins, or None if there is none."""
        start = self._run.position
        for number, query in enumerate(self._run.queries):
            if self.page.is_full:
                return self._rest(number, BEGINNING)
            try:
                end = self._add(query, start)
            except DatabaseUnavailable:
                if self.page.is_empty:
                    raise
                return self._rest(number, start)  # publish the page before the next attempt
            if end:
                return self._rest(number, end)
            start = BEGINNING
        return None

    def _rest(self, number: int, position: Position) -> NextPage:
        return {
            "Page": self._run.page + 1,
            "Run": self._run.identifier,
            "Queries": [query.name for query in self._run.queries[number:]],
            "Published": position.published,
            "Fingerprint": position.fingerprint,
        }

    def _add(self, query: Query, start: Position) -> Position | None:
        """Add a query's datums from `start` on to the page; return where it has to stop, or None at its end.

        Raises:
            DatabaseUnavailable: the run has not connected yet, so all of it can be retried.
        """
        started = time.monotonic()
        outcome: Outcome = {"name": query.name, "datums": 0, "failed": False, "milliseconds": 0}
        layout = Layout(query, self._run.scheduled_time)
        end = None
        try:
            page_slice = self._page_slice(query, start, layout, outcome)
        except (QueryFailed, DatabaseUnavailable) as error:
            # On a later page, the query fails by name: values are published already, and a retry could not name them.
            if isinstance(error, DatabaseUnavailable) and not (self._database.was_reached or self._run.page > 1):
                raise
            self._fail(query, start, str(error))
            outcome["failed"] = True
        except MemoryError:
            self._fail(query, start, OUT_OF_MEMORY)
            outcome["failed"] = True
        else:
            self.page.add(layout.datums(page_slice.points), page_slice.size)
            outcome["datums"] = sum(name in query.metrics for name, _, _ in page_slice.points)
            end = page_slice.end
            if page_slice.is_empty:
                self.page.note_empty(query)
        outcome["milliseconds"] = _milliseconds_since(started)
        self.outcomes.append(outcome)
        return end

    def _fail(self, query: Query, start: Position, error: str) -> None:
        part = f"only the first {start.published} values are published: " if start.published else ""
        self.page.fail(query, f"{part}{error}")

    def _page_slice(self, query: Query, start: Position, layout: Layout, outcome: Outcome) -> PageSlice:
        """Return a query's slice for this page; keep the others.

        Raises:
            QueryFailed: the database refused the query, or the result or the disk does not permit the slices.
            DatabaseUnavailable: the database cannot be reached.
        """
        if self._run.page > MAX_PAGES:
            raise QueryFailed(f"the run has reached the maximum of {MAX_PAGES} pages; return fewer rows")
        # A kept slice fills a page by itself. If it follows other queries, this page is a repetition.
        is_next = self._run.page > 1 and query is self._run.queries[0]
        kept = self._kept.read(query.name, start) if is_next else None
        if kept:
            return kept
        values = values_of(query, self._run.scheduled_time)
        if query.query_metrics:
            self._database.session()  # the log-in is not part of the query's duration
        asked = time.monotonic()
        with self._database.ask(query, values) as stream:
            outcome["rows"] = 0
            converted = self._converted(query, stream, layout, outcome, time.monotonic() - asked)
            slices = page_slices(converted, start, self.page.free, self.page.capacity)
            first = next(slices)
            if first.end:
                self._kept.write(query.name, first.end, slices)
            return first

    def _converted(
        self, query: Query, stream: Stream, layout: Layout, outcome: Outcome, seconds: float
    ) -> Iterator[MetricData]:
        """Convert a result whose statement took `seconds`, until its first rows could be read."""
        rows = _counted(stream, outcome)
        if not query.query_metrics:
            return self._data(query, stream.columns, rows, layout)
        from .query_metrics import TimedRows  # noqa: PLC0415 - other functions start without it

        timed = TimedRows(rows, seconds)
        return timed.metric_data(self._data(query, stream.columns, timed, layout), layout)

    def _data(
        self, query: Query, columns: Sequence[str], rows: Iterable[Sequence[Row]], layout: Layout
    ) -> Iterator[MetricData]:
        if query.check is None:
            return metric_data(query, columns, rows, layout)
        from .checks import check_data  # noqa: PLC0415 - functions without checks start without it

        return check_data(query, query.check, columns, rows, layout, self._run.scheduled_time, self._log_row)


def _counted(stream: Iterable[Sequence[Row]], outcome: Outcome) -> Iterator[Sequence[Row]]:
    """Yield the rows of a stream and count them in the log."""
    for rows in stream:
        outcome["rows"] += len(rows)
        yield rows


def _line(run: Run, outcomes: list[Outcome], started: float) -> LogLine:
    return {
        "scheduled_time": run.scheduled_time,
        "page": run.page,
        "queries": outcomes,
        "not_asked": len(run.queries) - len(outcomes),
        "rows": sum(outcome.get("rows", 0) for outcome in outcomes),
        "datums": sum(outcome["datums"] for outcome in outcomes),
        "failures": sum(outcome["failed"] for outcome in outcomes),
        "milliseconds": _milliseconds_since(started),
    }


def _print(line: LogLine) -> None:
    _print_text(json.dumps(line))


def _print_text(line: str) -> None:
    print(line, flush=True)


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
