"""Prints the results of a check, as lines that wrap at any width."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sidestep.commands.check.checked_run import Report
from sidestep.commands.check.plans import Scan
from sidestep.commands.check.reporter import Progress, spinner
from sidestep.config.engines import MYSQL
from sidestep.config.errors import printable
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query, Settings
from sidestep.config.validation import budget
from sidestep.connection.login import DatabaseConnection
from sidestep.connection.url import form_of
from sidestep.lambdas.query_database.metric_data import Datum
from sidestep.terminal.check_rows import row_text

_MARKS: Final = {"good": ("✓", "green"), "warning": ("!", "yellow"), "bad": ("✗", "red")}


class ConsoleReporter:
    """Prints the results."""

    def __init__(self, console: Console, *, runs_queries: bool) -> None:
        """Print to `console`; without `runs_queries`, list the queries instead of their results."""
        self._console = console
        self._runs_queries = runs_queries
        self._reports: list[Report] = []
        self._requests = 0

    def file_is_valid(self, settings: Settings, queries: Sequence[Query], file: str) -> None:
        """Print a summary of the file and its warnings; list the queries only if none is run."""
        self._print(_marked("good", Text(f"{printable(file)} is valid"), Text(budget.summary(settings, file="it"))))
        for warning in settings.warnings:
            self._print(_marked("warning", Text(warning, "yellow")))
        if not self._runs_queries:
            rows = ((Text("·", "dim"), _query_lines(query, settings.schedules[query.name])) for query in queries)
            self._print(_grid(rows))
            self._print(Text(f"No query was run; run them with {_options_to_run(settings, queries)}.", "dim"))

    def connected(self, way: DatabaseConnection) -> None:
        """Print the database, the user and the certificate authority."""
        user, authority = printable(way.endpoint.user), way.authority.name
        self._print(
            _marked("good", Text(f"connected to {printable(way.name)} as {user}; certificate of {authority}"))
        )

    def run_started(self, schedule: Schedule, scheduled_time: str) -> None:
        """Print the headline of a run."""
        self._print(Text(f"Run of {_when(schedule)}, scheduled time {scheduled_time}"))

    def page(self, namespace: str, datums: Sequence[Datum]) -> None:  # noqa: ARG002 - only counted
        """Count a request."""
        self._requests += 1

    def run_finished(self, reports: Sequence[Report]) -> None:
        """Print the reports of the run's queries."""
        self._reports += reports
        self._print(_grid((Text(*_MARKS[_mark_of(report)]), _report_lines(report)) for report in reports))

    def finished(self, problem: str | None) -> None:
        """Print why no query could run, or the totals of all runs."""
        if problem is not None:
            self._print(_marked("bad", Text(printable(problem), "red")))
        elif self._runs_queries:
            self._print(_totals(self._reports, self._requests))

    def progress(self, message: str) -> AbstractContextManager[Progress]:
        """Show a spinner."""
        return spinner(self._console, message)

    def _print(self, what: RenderableType) -> None:
        self._console.print(what, highlight=False)


def _options_to_run(settings: Settings, queries: Sequence[Query]) -> str:
    """Return the options that run the queries; only MySQL has an embedded database."""
    engines = dict.fromkeys(settings.databases[str(query.database)].engine for query in queries)
    options = [f"--database {form_of(engine, port='')}" for engine in engines]
    return " or ".join(options + ["--local"] * (MYSQL in engines))


def _marked(mark: str, *lines: Text) -> Table:
    """Return lines beside a mark; long lines wrap below themselves."""
    return _grid([(Text(*_MARKS[mark]), lines)])


def _grid(rows: Iterable[tuple[Text, Sequence[Text]]]) -> Table:
    table = Table.grid(padding=(0, 1), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for sign, lines in rows:
        table.add_row(sign, Text("\n").join(lines))
    return table


def _query_lines(query: Query, schedule: Schedule) -> list[Text]:
    """Return a query with its metrics, its schedule and its maximum of series."""
    dimensions = [*query.dimensions, *(f"{name}={value}" for name, value in query.fixed_dimensions.items())]
    by = f" by {', '.join(dimensions)}" if dimensions else ""
    return [
        _title(query.name, f"at most {query.series:,} series, {_when(schedule)}"),
        Text(f"{', '.join(query.metrics)}{by}, database {query.database}", "dim"),
    ]


def _mark_of(report: Report) -> str:
    if report.failed:
        return "bad"
    return "warning" if report.scans or report.is_violated or not report.values else "good"


def _report_lines(report: Report) -> list[Text]:
    lines = [_title(report.name, _facts(report))]
    if report.columns is not None:
        lines.append(Text(f"columns: {', '.join(map(printable, report.columns))}", "dim"))
    if report.found is not None:
        lines.append(Text(report.found, "yellow" if report.is_violated else ""))
    lines += [Text(f"would log {row_text(row)}", "yellow") for row in report.logged]
    if report.problem is not None:
        lines.append(Text(printable(report.problem), "red"))
    if report.invalid_rows:
        rows = _count(report.invalid_rows, "row has", "rows have")
        lines.append(Text(f"{rows} a dimension value that CloudWatch rejects; see on_invalid, InvalidRows", "yellow"))
    if report.problem is None and not report.values:
        lines.append(Text("publishes no value, but EmptyResults", "yellow"))
    lines += [Text(_warning(scan), "yellow") for scan in report.scans]
    if report.no_plan is not None and not report.failed:
        lines.append(Text(f"cannot determine whether it reads a whole table: {printable(report.no_plan)}", "dim"))
    return lines


def _facts(report: Report) -> str:
    facts = [_count(report.rows, "row", "rows"), _count(report.series, "series", "series")]
    if report.values != report.series:
        facts.append(_count(report.values, "value", "values"))
    if report.pages > 1:
        facts.append(f"{report.pages} pages")
    return ", ".join([*facts, f"{report.milliseconds:,} ms"])


def _warning(scan: Scan) -> str:
    return (
        f"each run reads all of {printable(scan.table)}, about {scan.rows:,} rows; "
        "an index on the columns that it filters, groups or joins by may avoid that"
    )


def _totals(reports: Sequence[Report], requests: int) -> Text:
    failed = sum(report.failed for report in reports)
    warned = sum(_mark_of(report) == "warning" for report in reports)
    values = sum(report.values for report in reports)
    marks = [f"{failed} failed"] * bool(failed) + [f"{warned} with a warning"] * bool(warned)
    return Text(
        f"{_count(len(reports), 'query', 'queries')}{': ' if marks else ''}{', '.join(marks)}; "
        f"{_count(values, 'value', 'values')} in {_count(requests, 'request', 'requests')} to PutMetricData"
    )


def _title(name: str, facts: str) -> Text:
    return Text.assemble((name, "bold"), f"  {facts}")


def _when(schedule: Schedule) -> str:
    zone = "" if schedule.cron is None else f" {schedule.timezone}"
    return f"{schedule.expression}{zone}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
