"""One page of a run: what was kept for it, then each query in turn until the page is full; one line in the log."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NotRequired, TypedDict

from .blocks import BEGINNING, Block, Position, blocks
from .database import Database
from .endpoint import Endpoint
from .errors import DatabaseUnavailable, QueryFailed
from .event import Run
from .metrics import batches
from .page import NextPage, Page, PageContent
from .parameters import values_of
from .queries import Query
from .spool import Spool

MAX_PAGES: Final = 2000
"""Of one run. A Standard execution's history ends at 25,000 events (Step Functions quotas), and a page takes 12."""


OUT_OF_MEMORY: Final = "the result exceeds the function's memory; return fewer or shorter columns"


class Outcome(TypedDict):
    """What the log says of one query: counts only, never what the database said.

    Attributes:
        rows: so many were read; missing if the database was not asked, because the values had been kept.
        datums: so many are on this page; Sidestep's own are not counted.
    """

    name: str
    rows: NotRequired[int]
    datums: int
    failed: bool
    milliseconds: int


class LogLine(TypedDict):
    """The line in the log about one page; times are in milliseconds."""

    scheduled_time: str
    page: int
    queries: list[Outcome]
    not_asked: int
    rows: int
    datums: int
    failures: int
    milliseconds: int


def next_page(run: Run, endpoint: Endpoint, spools: Path) -> PageContent:
    """Return the page that a run asks for; what does not fit onto it is kept in the folder `spools`.

    Raises:
        DatabaseUnavailable: there is nothing to publish, because no query could be asked.
    """
    with Database(endpoint) as database:
        return page_of(run, database, spools, _print)


def page_of(run: Run, database: Database, spools: Path, log: Callable[[LogLine], None]) -> PageContent:
    """Return the page that a run asks of a database; `log` is given the line about it in any case.

    Raises:
        DatabaseUnavailable: there is nothing to publish, because no query could be asked.
    """
    started = time.monotonic()
    spool = Spool(spools, run=run.identifier, scheduled_time=run.scheduled_time)
    if run.page == 1:
        spool.begin()
    pages = _Paging(run, database, spool)
    try:
        end = pages.fill()
    finally:
        log(_line(run, pages.outcomes, started))
    if end is None:
        spool.remove()
    return pages.page.content(end)


class _Paging:
    """Fills one page."""

    def __init__(self, run: Run, database: Database, spool: Spool) -> None:
        self.page: Final = Page(run.scheduled_time, queries=len(run.queries), failures=run.failures)
        self.outcomes: Final[list[Outcome]] = []
        self._run = run
        self._database = database
        self._spool = spool

    def fill(self) -> NextPage | None:
        """Ask until the page is full, and return where the next one goes on; None if there is none."""
        start = self._run.position
        for number, query in enumerate(self._run.queries):
            if self.page.is_full:
                return self._rest(number, BEGINNING)
            try:
                end = self._add(query, start)
            except DatabaseUnavailable:
                if self.page.is_empty:
                    raise
                return self._rest(number, start)  # the page is published before the next attempt
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
            "Trail": position.trail,
        }

    def _add(self, query: Query, start: Position) -> Position | None:
        """Put what a query gives from `start` on onto the page; return where it has to stop, if it has to.

        Raises:
            DatabaseUnavailable: the run has not connected yet, so all of it can be retried.
        """
        started = time.monotonic()
        outcome: Outcome = {"name": query.name, "datums": 0, "failed": False, "milliseconds": 0}
        end = None
        try:
            block = self._block(query, start, outcome)
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
            self.page.add(block.datums, block.size)
            outcome["datums"] = block.measured
            end = block.end
            if block.is_empty:
                self.page.note_empty(query.name)
        outcome["milliseconds"] = _milliseconds_since(started)
        self.outcomes.append(outcome)
        return end

    def _fail(self, query: Query, start: Position, error: str) -> None:
        part = f"only the first {start.published} values are published: " if start.published else ""
        self.page.fail(query.name, f"{part}{error}")

    def _block(self, query: Query, start: Position, outcome: Outcome) -> Block:
        """Return what a query gives for this page; the rest of it is kept.

        Raises:
            QueryFailed: the database, the result or the disk did not let it.
            DatabaseUnavailable: there is no way to the database.
        """
        if self._run.page > MAX_PAGES:
            raise QueryFailed(f"the run has {MAX_PAGES} pages and may have no more; return fewer rows")
        # What is kept fills a page by itself. Behind other queries it is there only if this page is asked for again.
        is_next = self._run.page > 1 and query is self._run.queries[0]
        kept = self._spool.read(query.name, start) if is_next else None
        if kept:
            return kept
        with self._database.ask(query, values_of(query, self._run.scheduled_time)) as result:
            try:
                stream = blocks(
                    batches(query, result.columns, result, self._run.scheduled_time),
                    start,
                    self.page.room,
                    self.page.capacity,
                )
                first = next(stream)
                if first.end:
                    self._spool.write(query.name, first.end, stream)
                return first
            finally:
                outcome["rows"] = result.rows_read


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
    print(json.dumps(line), flush=True)


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
