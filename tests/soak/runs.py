"""A run as the state machine executes it, page by page through the function's own code, with its possible faults."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from sidestep.lambdas.query_database.database import Database
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.errors import DatabaseUnavailable
from sidestep.lambdas.query_database.event import run_from
from sidestep.lambdas.query_database.page import PageContent
from sidestep.lambdas.query_database.queries import Query
from sidestep.lambdas.query_database.run import page_of
from tests.database.conftest import PASSWORD

SCHEDULED: Final = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)

ATTEMPTS: Final = 3
"""Attempts for one page: the workflow retries DatabaseUnavailable twice."""

PATIENCE: Final = 20
"""Seconds that a page may take beyond its timeouts: other processes share the machine."""

OpenDatabase = Callable[[Endpoint], Database]


@dataclass
class Run:
    """The record of a run.

    Attributes:
        pages: the published pages, in order.
        error: the error that ended the run before its last page.
        said: all texts that left the function.
        complaints: the problems during the run.
    """

    scheduled_time: str = "2026-01-31T08:05:00Z"
    pages: list[PageContent] = field(default_factory=list)
    error: Exception | None = None
    said: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Course:
    """A runner: at random, a page runs in the same or a new environment, or is requested twice.

    Attributes:
        endpoint: the function's endpoint of the database.
        queries: the deployed queries.
        seconds: the maximum time of a page; more is a problem.
        is_repeatable: whether a page that is requested again must be the same.
        open_database: opens the function's connection to the database.
    """

    endpoint: Endpoint
    queries: Sequence[Query]
    random: Random
    seconds: float
    is_repeatable: bool = True
    open_database: OpenDatabase = lambda endpoint: Database(endpoint, lambda _: PASSWORD)

    def run(self) -> Run:
        """Run from the first page to the last one, or to an error that the workflow does not retry."""
        run = Run()
        event: object = {"ScheduledTime": run.scheduled_time}
        identifier = f"{self.random.getrandbits(128):032x}"
        with TemporaryDirectory(prefix="soak-") as folder:
            spools = Path(folder, "0")
            while event is not None:
                if self.random.random() < 0.3:
                    spools = Path(folder, f"{self.random.getrandbits(40):x}")
                elif self.random.random() < 0.1:
                    self._cut_short(spools)
                page = self._page_with_retries(run, event, identifier, spools)
                if page is None:
                    return run
                if self.random.random() < 0.2:
                    page = self._again(run, event, identifier, spools, page)
                run.pages.append(page)
                event = page if "NextPage" in page else None
        run.said += [failure["Error"] for failure in run.pages[-1]["Failures"]]
        return run

    def _cut_short(self, spools: Path) -> None:
        """Keep only a part of the stored values for later pages, as on a full disk."""
        for path in spools.glob("*"):
            os.truncate(path, self.random.randint(0, path.stat().st_size))

    def _again(self, run: Run, event: object, identifier: str, spools: Path, page: PageContent) -> PageContent:
        """Request a page again, because its first response was lost."""
        again = self._page_with_retries(run, event, identifier, spools)
        if again is None:
            run.error = None
            return page
        if self.is_repeatable and _without_durations(again) != _without_durations(page):
            run.complaints.append(f"a page that was requested again differs: {_difference(page, again)}")
        return again

    def _page_with_retries(self, run: Run, event: object, identifier: str, spools: Path) -> PageContent | None:
        for _ in range(ATTEMPTS):
            try:
                return self._page(run, event, identifier, spools)
            except DatabaseUnavailable as error:
                run.error = error
                run.said.append(str(error))
                continue
            except Exception as error:
                run.error = error
                run.complaints.append(f"an undeclared error: {_described(error)}")
                return None
        return None

    def _page(self, run: Run, event: object, identifier: str, spools: Path) -> PageContent:
        deployed: Mapping[str, Query] = {query.name: query for query in self.queries}
        started = time.monotonic()
        try:
            asked = run_from(json.loads(json.dumps(event)), deployed, SCHEDULED, identifier)
            with self.open_database(self.endpoint) as database:
                page = page_of(
                    asked, database, spools, lambda line: run.said.append(json.dumps(line)), run.said.append
                )
        finally:
            seconds = time.monotonic() - started
            if seconds > self.seconds:
                run.complaints.append(f"a page took {seconds:.1f} s, more than {self.seconds:.1f} s")
        run.error = None
        return page


def _described(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
    return f"{type(error).__name__}: {str(error)[:300]} ({where})"


def _without_durations(page: PageContent) -> PageContent:
    """Return a page without the durations of its queries, which are others each time."""
    datums = [
        {**datum, "Value": None} if datum["MetricName"] == "QueryDuration" else datum for datum in page["MetricData"]
    ]
    return {**page, "MetricData": datums}  # type: ignore[typeddict-item]


def _difference(one: PageContent, other: PageContent) -> str:
    keys = [key for key in set(one) | set(other) if one.get(key) != other.get(key)]
    return "; ".join(f"{key}: {one.get(key)!r:.300} and {other.get(key)!r:.300}" for key in keys)
