"""Writes the results of a check as one JSON document, page by page.

Each PutMetricData request is one line, exactly as the workflow would send it.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TextIO

from rich.console import Console

from sidestep.commands.check.checked_run import Report
from sidestep.commands.check.reporter import Progress, spinner
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query, Settings
from sidestep.config.validation import budget
from sidestep.connection.login import DatabaseConnection
from sidestep.lambdas.query_database.metric_data import Datum


class JsonReporter:
    """Writes the document."""

    def __init__(self, console: Console, output: TextIO = sys.stdout) -> None:
        """Write to `output`, and show the progress on `console`."""
        self._console = console
        self._output = output
        self._database: str | None = None
        self._runs = 0
        self._pages = 0
        self._problems: list[str] = []

    def file_is_valid(self, settings: Settings, queries: Sequence[Query], file: str) -> None:
        """Write the content of the file."""
        head = {
            "file": file,
            "namespace": settings.namespace,
            "admitted_series": budget.admitted_series(settings),
            "monthly_price": budget.monthly_price(settings),
            "budget": settings.budget,
            "warnings": settings.warnings,
            "queries": [_query(query, settings.schedules[query.name]) for query in queries],
        }
        self._write(f'{json.dumps(head)[:-1]},\n"runs": [')

    def connected(self, way: DatabaseConnection) -> None:
        """Keep the name of the database for the end of the document."""
        self._database = way.name

    def run_started(self, schedule: Schedule, scheduled_time: str) -> None:
        """Write the head of a run."""
        head = {**_schedule(schedule), "scheduled_time": scheduled_time}
        self._write(f'{"," if self._runs else ""}\n{json.dumps(head)[:-1]},\n"requests": [')
        self._runs += 1
        self._pages = 0

    def page(self, namespace: str, datums: Sequence[Datum]) -> None:
        """Write one request."""
        request = json.dumps({"Namespace": namespace, "MetricData": datums})
        self._write(f"{',' if self._pages else ''}\n{request}")
        self._pages += 1

    def run_finished(self, reports: Sequence[Report]) -> None:
        """Write the reports of the run's queries."""
        self._problems += [f"{report.name}: {report.problem}" for report in reports if report.failed]
        # Decimal numbers of logged rows become text, with all digits.
        self._write(f'],\n"queries": {json.dumps([_report(report) for report in reports], default=str)}}}')

    def finished(self, problem: str | None) -> None:
        """Write the end of the document."""
        if problem is not None:
            self._problems.append(problem)
        tail = {"database": self._database, "problems": self._problems}
        self._write(f"],\n{json.dumps(tail)[1:]}\n")
        self._output.flush()

    def progress(self, message: str) -> AbstractContextManager[Progress]:
        """Show a spinner."""
        return spinner(self._console, message)

    def _write(self, text: str) -> None:
        self._output.write(text)


def _query(query: Query, schedule: Schedule) -> dict[str, object]:
    return {
        "name": query.name,
        "database": query.database,
        **_schedule(schedule),
        "dimensions": [*query.dimensions, *query.fixed_dimensions],
        "metrics": list(query.metrics),
        "admitted_series": query.series,
    }


def _schedule(schedule: Schedule) -> dict[str, str]:
    return {"schedule": schedule.expression, "timezone": schedule.timezone}


def _report(report: Report) -> dict[str, object]:
    return {
        "name": report.name,
        "columns": report.columns,
        "rows": report.rows,
        "series": report.series,
        "values": report.values,
        "pages": report.pages,
        "milliseconds": report.milliseconds,
        "scans": [{"table": scan.table, "rows": scan.rows} for scan in report.scans],
        "problem": report.problem,
    } | ({"logged": report.logged} if report.logged else {})
