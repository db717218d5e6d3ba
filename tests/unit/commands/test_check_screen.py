"""What `sidestep check` shows of what it found."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from sidestep import paths
from sidestep.commands.check.document import Document
from sidestep.commands.check.plans.interface import LARGE_TABLE, Scan
from sidestep.commands.check.plans.mysql import scans_in
from sidestep.commands.check.report import Report, SeriesCounter
from sidestep.commands.check.screen import Screen
from sidestep.config.loader import load_settings
from sidestep.config.schedule import Schedule
from sidestep.lambdas.query_database.queries import Metric, Query
from tests.unit.metrics_files import GOOD as GOOD_FILE
from tests.unit.metrics_files import write

if TYPE_CHECKING:
    from sidestep.lambdas.query_database.metric_data import Datum

GOOD = Report("orders", ("Region", "Orders"), rows=4, values=4, series=4, milliseconds=1234, pages=1)
LARGE = replace(GOOD, name="visits", rows=2500, values=2500, series=2500, pages=3, scans=[Scan("visits", 250_000)])
EMPTY = replace(GOOD, name="refunds", rows=0, values=0, series=0)
BROKEN = Report("returns", problem="the database answered: 1054 Unknown column '\x1b[2J' in 'field list'")


def shown(*reports: Report, width: int = 100) -> str:
    output = io.StringIO()
    screen = Screen(Console(file=output, width=width), asks=True)
    screen.run_begins(Schedule("cron(0 8 * * ? *)", "Europe/Berlin"), "2026-01-31T07:00:00Z")
    screen.page("Shop", [])
    screen.run_ends(reports)
    screen.end(None)
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines())


def test_a_run_is_told_query_by_query() -> None:
    assert shown(GOOD, LARGE, EMPTY, BROKEN) == (
        "A run of cron(0 8 * * ? *) Europe/Berlin, as of 2026-01-31T07:00:00Z\n"
        "✓ orders  4 rows, 4 series, 1,234 ms\n"
        "  columns: Region, Orders\n"
        "! visits  2,500 rows, 2,500 series, 3 pages, 1,234 ms\n"
        "  columns: Region, Orders\n"
        "  reads all of visits in each run, about 250,000 rows; an index on what it filters, groups or joins\n"
        "  by may spare that\n"
        "! refunds  0 rows, 0 series, 1,234 ms\n"
        "  columns: Region, Orders\n"
        "  publishes nothing but EmptyResults\n"
        "✗ returns  0 rows, 0 series, 0 ms\n"
        "  the database answered: 1054 Unknown column '\\x1b[2J' in 'field list'\n"
        "4 queries: 1 failed, 2 with a warning; 2,504 values in 1 request to PutMetricData"
    )


def test_a_plan_that_cannot_be_read_is_told_of_a_good_query_only() -> None:
    # Given
    why = "the database answered: 1345"

    # When / Then
    assert f"nobody knows whether it reads a whole table: {why}" in shown(replace(GOOD, no_plan=why))
    assert why not in shown(replace(BROKEN, no_plan=why))


@pytest.mark.parametrize("width", [20, 40])
def test_nothing_is_cut_off_in_a_narrow_terminal(width: int) -> None:
    # When
    text = shown(LARGE, BROKEN, width=width)

    # Then
    assert max(map(len, text.splitlines())) <= width
    assert "maysparethat" in "".join(text.split())
    assert "2,500rows,2,500series,3pages,1,234ms" in "".join(text.split())


def test_without_a_database_the_file_is_told() -> None:
    # Given
    settings = load_settings(paths.ROOT / "metrics.toml")
    output = io.StringIO()

    # When
    Screen(Console(file=output, width=100), asks=False).validated(settings, settings.queries, "metrics.toml")

    # Then
    assert [line.rstrip() for line in output.getvalue().splitlines()] == [
        "✓ metrics.toml is valid",
        "  it admits 101 series: USD 27.30 a month as CloudWatch metrics if every run publishes them all",
        "· active_sessions  1 series at most, rate(5 minutes)",
        "  ActiveSessions, of shop",
        "· sessions_by_plan  100 series at most, rate(5 minutes)",
        "  SessionsByPlan by Plan, of shop",
        "No query was run; --database mysql://user@host/schema or --local runs them.",
    ]


@pytest.mark.parametrize("asks", [True, False])
def test_a_warning_about_the_file_is_shown_whether_queries_run_or_not(tmp_path: Path, asks: bool) -> None:
    # Given
    settings = load_settings(write(tmp_path, GOOD_FILE.replace("FROM", "FORM")))
    output, document = io.StringIO(), io.StringIO()

    # When
    Screen(Console(file=output, width=400), asks=asks).validated(settings, settings.queries, "metrics.toml")
    json_document = Document(Console(file=io.StringIO()), document)
    json_document.validated(settings, settings.queries, "metrics.toml")
    json_document.end(None)

    # Then
    (warning,) = json.loads(document.getvalue())["warnings"]
    assert 'metrics.toml: query "orders": sql: line 1, ' in warning
    assert f"! {warning}" in [line.rstrip() for line in output.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("step", "is_told"),
    [
        (("orders", "ALL", LARGE_TABLE), True),
        (("orders", "index", LARGE_TABLE), True),
        (("orders", "ALL", LARGE_TABLE - 1), False),
        (("orders", "range", LARGE_TABLE), False),
        (("<derived2>", "ALL", LARGE_TABLE), False),
        ((None, None, None), False),
    ],
)
def test_a_scan_of_a_large_table_is_found(step: tuple[object, ...], is_told: bool) -> None:
    assert list(scans_in(("table", "type", "rows"), [step])) == [Scan("orders", LARGE_TABLE)] * is_told


@pytest.mark.parametrize(("statistic", "series"), [("value", 4), ("distribution", 2)])
def test_series_are_counted_over_all_pages(statistic: str, series: int) -> None:
    # Given two series twice, as only a distribution has them
    query = Query("q", "SELECT 1", ("D",), 10, 100, "skip", "skip", {"M": Metric("None", 60, statistic)})
    counter = SeriesCounter(query)
    page: list[Datum] = [
        {"MetricName": "M", "Timestamp": "", "Unit": "None", "Dimensions": [{"Name": "D", "Value": value}]}
        for value in "ab"
    ]

    # When
    counter.count(page)

    # Then
    assert counter.count(page) == series
