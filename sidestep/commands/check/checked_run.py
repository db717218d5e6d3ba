"""One run of queries, page by page: the code of the Lambda function runs them, and nothing is published."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final

from sidestep.commands.check.observed_database import ObservedDatabase
from sidestep.commands.check.plans import Scan
from sidestep.config.cloudwatch import OWN_METRICS, QUERY_METRICS
from sidestep.lambdas.query_database.checks import VIOLATIONS
from sidestep.lambdas.query_database.errors import DatabaseUnavailable, QueryFailed
from sidestep.lambdas.query_database.event import Run, run_from
from sidestep.lambdas.query_database.metric_data import INVALID_ROWS, Datum
from sidestep.lambdas.query_database.page import PageContent
from sidestep.lambdas.query_database.queries import Query, values_of
from sidestep.lambdas.query_database.run import LogLine, page_of


@dataclass(slots=True)
class Report:
    """The results of one query in one run.

    Attributes:
        columns: of the result; None if there is none.
        rows: the number of rows that were read.
        values: the number of datums that are published.
        invalid_rows: the number of rows that on_invalid skipped or escaped.
        series: the number of series of the values.
        milliseconds: as in the function's log.
        pages: the number of pages with values of the query.
        scans: the large tables that the query reads completely.
        no_plan: why the plan of the query is unknown; None if it is known.
        problem: why the query failed; None if it did not.
        found: the metric of a check, and its value; None for a query.
        is_violated: whether a check found rows that should not exist.
        logged: the rows of a check that a deployed function would log.
    """

    name: str
    columns: tuple[str, ...] | None = None
    rows: int = 0
    values: int = 0
    invalid_rows: int = 0
    series: int = 0
    milliseconds: int = 0
    pages: int = 0
    scans: list[Scan] = field(default_factory=list)
    no_plan: str | None = None
    problem: str | None = None
    found: str | None = None
    is_violated: bool = False
    logged: list[Mapping[str, object]] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether the query failed or did not run."""
        return self.problem is not None


class CheckedRun:
    """A run of some queries with the current time.

    Attributes:
        scheduled_time: ISO 8601 in UTC, as the function writes it.
        reports: of each query; complete after the last page.
    """

    def __init__(
        self, deployed: Mapping[str, Query], names: Sequence[str], database: ObservedDatabase, spools: Path
    ) -> None:
        """Prepare a run.

        Args:
            deployed: the queries as the function reads them, by name.
            names: of the queries to run.
            database: which has accepted the login.
            spools: the folder for values of later pages.
        """
        self._deployed = deployed
        self._database = database
        self._spools = spools
        self._identifier = os.urandom(16).hex()
        self._first = run_from({"Queries": list(names)}, deployed, datetime.now(UTC), self._identifier)
        self.scheduled_time: Final = self._first.scheduled_time
        self.reports: Final = [Report(query.name) for query in self._first.queries]
        self._by_name = {report.name: report for report in self.reports}
        # If a query of the file publishes the last two, no query may declare them.
        measured = any(query.query_metrics for query in deployed.values())
        self._own_metrics = (*OWN_METRICS, *(QUERY_METRICS if measured else ()))
        # A distribution has several datums of one series.
        self._series: dict[str, set[tuple[str, ...]]] = {query.name: set() for query in self._first.queries}

    def explain(self) -> None:
        """Look for scans of large tables in the plans of the queries."""
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
            # It does not raise DatabaseUnavailable: after the first login, a lost connection fails the queries.
            page = page_of(run, self._database, self._spools, lines.append, self._add_row)
            self._add(page, lines[0])
            yield page["MetricData"]
            now = datetime.now(UTC)
            run = run_from(page, self._deployed, now, self._identifier) if "NextPage" in page else None

    def _add_row(self, line: str) -> None:
        row = json.loads(line, parse_float=Decimal)
        self._by_name[row["check"]].logged.append(row["row"])

    def _add(self, page: PageContent, line: LogLine) -> None:
        """Add a page to the reports. Its values are in the order of the queries."""
        values = (datum for datum in page["MetricData"] if datum["MetricName"] not in self._own_metrics)
        for outcome in line["queries"]:
            report = self._by_name[outcome["name"]]
            report.rows += outcome.get("rows", 0)
            report.values += outcome["datums"]
            report.milliseconds += outcome["milliseconds"]
            report.pages += outcome["datums"] > 0
            series = self._series[report.name]
            published = list(islice(values, outcome["datums"]))
            series.update(map(_series_of, published))
            report.series = len(series)
            if published and self._deployed[report.name].check:
                report.found = _found(published[0])
                report.is_violated = published[0]["MetricName"] == VIOLATIONS and published[0]["Value"] > 0
            report.columns = self._database.columns.get(report.name)
        for datum in page["MetricData"]:
            if datum["MetricName"] == INVALID_ROWS:
                self._by_name[datum["Dimensions"][0]["Value"]].invalid_rows += int(datum["Value"])
        for failure in page["Failures"]:
            self._by_name[failure["Query"]].problem = failure["Error"]


def _found(datum: Datum) -> str:
    unit = " s" if datum["Unit"] == "Seconds" else ""
    return f"{datum['MetricName']}: {datum['Value']:,}{unit}"


def _series_of(datum: Datum) -> tuple[str, ...]:
    return (datum["MetricName"], *(dimension["Value"] for dimension in datum.get("Dimensions", ())))
