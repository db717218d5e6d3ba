"""What `sidestep check` finds, as lines that wrap in any width."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from sidestep.commands.check.plans.interface import Scan
from sidestep.commands.check.report import Report
from sidestep.config.errors import printable
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query

_MARKS: Final = {"good": ("✓", "green"), "warning": ("!", "yellow"), "bad": ("✗", "red")}


def mark(kind: str) -> Text:
    """Return the mark of something that is good, a warning, or bad."""
    return Text(*_MARKS[kind])


def marked(kind: str, *lines: Text) -> Table:
    """Return lines beside a mark; what is too long goes on below itself."""
    return _marked([(mark(kind), lines)])


def queries_table(queries: Sequence[Query], schedules: Iterable[Schedule]) -> Table:
    """Return each query with what it publishes, when, and how many series at the most."""
    return _marked(
        (
            Text("·", "dim"),
            [
                _title(query.name, f"{_count(query.series, 'series', 'series')} at most, {_when(schedule)}"),
                _becomes(query),
            ],
        )
        for query, schedule in zip(queries, schedules, strict=True)
    )


def run_title(schedule: Schedule, scheduled_time: str) -> Text:
    """Return the headline of a run."""
    return Text(f"A run of {_when(schedule)}, as of {scheduled_time}")


def reports_table(reports: Sequence[Report]) -> Table:
    """Return what is known of each query of a run."""
    return _marked((mark(kind_of(report)), _report_lines(report)) for report in reports)


def kind_of(report: Report) -> str:
    """Return whether a query is good, has a warning, or failed."""
    if report.failed:
        return "bad"
    return "warning" if report.scans or not report.values else "good"


def conclusion(reports: Sequence[Report], requests: int) -> Text:
    """Sum up all runs."""
    failed = sum(report.failed for report in reports)
    warned = sum(kind_of(report) == "warning" for report in reports)
    values = sum(report.values for report in reports)
    told = [f"{failed} failed"] * bool(failed) + [f"{warned} with a warning"] * bool(warned)
    return Text(
        f"{_count(len(reports), 'query', 'queries')}{': ' if told else ''}{', '.join(told)}; "
        f"{_count(values, 'value', 'values')} in {_count(requests, 'request', 'requests')} to PutMetricData"
    )


def _marked(rows: Iterable[tuple[Text, Sequence[Text]]]) -> Table:
    table = Table.grid(padding=(0, 1), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for sign, lines in rows:
        table.add_row(sign, Text("\n").join(lines))
    return table


def _title(name: str, facts: str) -> Text:
    return Text.assemble((name, "bold"), f"  {facts}")


def _report_lines(report: Report) -> list[Text]:
    lines = [_title(report.name, _facts(report))]
    if report.columns is not None:
        lines.append(Text(f"columns: {', '.join(map(printable, report.columns))}", "dim"))
    if report.problem is not None:
        lines.append(Text(printable(report.problem), "red"))
    if report.invalid_rows:
        lines.append(
            Text(
                f"{_count(report.invalid_rows, 'row has', 'rows have')} a dimension value that CloudWatch refuses; "
                "see on_invalid and InvalidRows",
                "yellow",
            )
        )
    if report.problem is None and not report.values:
        lines.append(Text("publishes nothing but EmptyResults", "yellow"))
    lines += [Text(_scan(scan), "yellow") for scan in report.scans]
    if report.no_plan is not None and not report.failed:
        lines.append(Text(f"nobody knows whether it reads a whole table: {printable(report.no_plan)}", "dim"))
    return lines


def _facts(report: Report) -> str:
    facts = [_count(report.rows, "row", "rows"), _count(report.series, "series", "series")]
    if report.values != report.series:
        facts.append(_count(report.values, "value", "values"))
    if report.pages > 1:
        facts.append(f"{report.pages} pages")
    return ", ".join([*facts, f"{report.milliseconds:,} ms"])


def _scan(scan: Scan) -> str:
    return (
        f"reads all of {printable(scan.table)} in each run, about {scan.rows:,} rows; "
        "an index on what it filters, groups or joins by may spare that"
    )


def _becomes(query: Query) -> Text:
    dimensions = [*query.dimensions, *(f"{name}={value}" for name, value in query.fixed_dimensions.items())]
    by = f" by {', '.join(dimensions)}" if dimensions else ""
    return Text(f"{', '.join(query.metrics)}{by}, of {query.database}", "dim")


def _when(schedule: Schedule) -> str:
    zone = "" if schedule.cron is None else f" {schedule.timezone}"
    return f"{schedule.expression}{zone}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
