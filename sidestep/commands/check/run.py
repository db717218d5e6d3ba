"""One run, page after page: the function's own code answers, and the state machine's part is played here."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from sidestep.commands.check.observed_database import ObservedDatabase
from sidestep.commands.check.report import Report, SeriesCounter, note
from sidestep.config.cloudwatch import OWN_METRICS
from sidestep.lambdas.query_database.errors import DatabaseUnavailable, QueryFailed
from sidestep.lambdas.query_database.event import Run, run_from
from sidestep.lambdas.query_database.metric_data import INVALID_ROWS, Datum
from sidestep.lambdas.query_database.page import PageContent
from sidestep.lambdas.query_database.queries import Query, values_of
from sidestep.lambdas.query_database.run import LogLine, page_of


class CheckedRun:
    """A run of some queries now.

    Attributes:
        scheduled_time: ISO 8601 in UTC, as the function writes it.
        reports: what is known of each query; all of it once the pages are read.
    """

    def __init__(
        self, deployed: Mapping[str, Query], names: Sequence[str], database: ObservedDatabase, spools: Path
    ) -> None:
        """Prepare a run.

        Args:
            deployed: the queries as the function knows them, by name.
            names: those to run.
            database: who is asked, and has let us in.
            spools: the folder in which what waits for its page is kept.
        """
        self._deployed = deployed
        self._database = database
        self._spools = spools
        self._identifier = os.urandom(16).hex()
        self._first = run_from({"Queries": list(names)}, deployed, datetime.now(UTC), self._identifier)
        self.scheduled_time: Final = self._first.scheduled_time
        self.reports: Final = [Report(query.name) for query in self._first.queries]
        self._by_name = {report.name: report for report in self.reports}
        self._counters = {query.name: SeriesCounter(query) for query in self._first.queries}

    def look_at_plans(self) -> None:
        """Ask the database how it would run the queries."""
        for query, report in zip(self._first.queries, self.reports, strict=True):
            try:
                report.scans = self._database.scans(query, values_of(query, self.scheduled_time))
            except (QueryFailed, DatabaseUnavailable) as error:
                report.no_plan = str(error)

    def pages(self) -> Iterator[list[Datum]]:
        """Run the queries and yield the metric data of each page."""
        run: Run | None = self._first
        while run:
            lines: list[LogLine] = []
            # Not DatabaseUnavailable: from somebody who has let us in before, it is a failure of the queries.
            page = page_of(run, self._database, self._spools, lines.append)
            self._note(page, lines[0])
            yield page["MetricData"]
            now = datetime.now(UTC)
            run = run_from(page, self._deployed, now, self._identifier) if "NextPage" in page else None

    def _note(self, page: PageContent, line: LogLine) -> None:
        """Count what each query has on a page: their values lie there one query after the other."""
        values = (datum for datum in page["MetricData"] if datum["MetricName"] not in OWN_METRICS)
        for outcome in line["queries"]:
            report = self._by_name[outcome["name"]]
            note(report, outcome)
            report.series = self._counters[report.name].count(list(islice(values, outcome["datums"])))
            report.columns = self._database.columns.get(report.name)
        for datum in page["MetricData"]:
            if datum["MetricName"] == INVALID_ROWS:
                self._by_name[datum["Dimensions"][0]["Value"]].invalid_rows += int(datum["Value"])
        for failure in page["Failures"]:
            self._by_name[failure["Query"]].problem = failure["Error"]
