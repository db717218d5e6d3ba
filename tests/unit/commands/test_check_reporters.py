"""The reporters of `sidestep check`."""

import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from sidestep import paths
from sidestep.commands.check.checked_run import Report
from sidestep.commands.check.console_reporter import ConsoleReporter
from sidestep.commands.check.json_reporter import JsonReporter
from sidestep.commands.check.plans import LARGE_TABLE, Scan
from sidestep.commands.check.plans.mysql import scans_in
from sidestep.config.loader import load_settings
from sidestep.config.schedule import Schedule
from tests.unit.metrics_files import GOOD as GOOD_FILE
from tests.unit.metrics_files import write

if TYPE_CHECKING:
    from collections.abc import Mapping

GOOD = Report("orders", ("Region", "Orders"), rows=4, values=4, series=4, milliseconds=1234, pages=1)
LARGE = replace(GOOD, name="visits", rows=2500, values=2500, series=2500, pages=3, scans=[Scan("visits", 250_000)])
EMPTY = replace(GOOD, name="refunds", rows=0, values=0, series=0)
BROKEN = Report("returns", problem="the database answered: 1054 Unknown column '\x1b[2J' in 'field list'")


def shown(*reports: Report, width: int = 100) -> str:
    output = io.StringIO()
    reporter = ConsoleReporter(Console(file=output, width=width), runs_queries=True)
    reporter.run_started(Schedule("cron(0 8 * * ? *)", "Europe/Berlin"), "2026-01-31T07:00:00Z")
    reporter.page("Shop", [])
    reporter.run_finished(reports)
    reporter.finished(None)
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines())


def test_a_run_is_printed_query_by_query() -> None:
    # When
    lines = shown(GOOD, LARGE, EMPTY, BROKEN).splitlines()

    # Then
    assert {"cron(0", "Europe/Berlin,", "2026-01-31T07:00:00Z"} <= set(lines[0].split())
    assert [line for line in lines if line[0] in "✓!✗"] == [
        "✓ orders  4 rows, 4 series, 1,234 ms",
        "! visits  2,500 rows, 2,500 series, 3 pages, 1,234 ms",
        "! refunds  0 rows, 0 series, 1,234 ms",
        "✗ returns  0 rows, 0 series, 0 ms",
    ]
    assert lines[2] == "  columns: Region, Orders"
    assert any("visits" in line and "250,000" in line for line in lines)
    assert any("EmptyResults" in line for line in lines)
    assert "  the database answered: 1054 Unknown column '\\x1b[2J' in 'field list'" in lines
    assert lines[-1] == "4 queries: 1 failed, 2 with a warning; 2,504 values in 1 request to PutMetricData"


def test_a_check_with_violations_is_a_warning_with_the_rows_that_would_be_logged() -> None:
    # Given
    found: list[Mapping[str, object]] = [{"id": 9, "amount": Decimal("0.10")}, {"id": 10, "amount": None}]
    good = replace(GOOD, found="Violations: 0")
    violated = replace(GOOD, name="orphans", found="Violations: 2", is_violated=True, logged=found)

    # When
    lines = shown(good, violated).splitlines()

    # Then
    assert [line[0] for line in lines if "rows," in line] == ["✓", "!"]
    assert lines[-4:-1] == ["  Violations: 2", "  would log id=9, amount=0.10", "  would log id=10, amount=NULL"]
    document = io.StringIO()
    reporter = JsonReporter(Console(file=io.StringIO()), document)
    reporter.run_finished([good, violated])
    queries = json.loads("{" + document.getvalue().partition(",\n")[2])["queries"]
    assert "logged" not in queries[0]
    assert queries[1]["logged"] == [{"id": 9, "amount": "0.10"}, {"id": 10, "amount": None}]


def test_an_unknown_plan_is_printed_only_for_a_query_that_succeeds() -> None:
    # Given
    why = "the database answered: 1345"

    # When / Then
    assert why in shown(replace(GOOD, no_plan=why))
    assert why not in shown(replace(BROKEN, no_plan=why))


@pytest.mark.parametrize("width", [20, 40])
def test_nothing_is_cut_off_in_a_narrow_terminal(width: int) -> None:
    # When
    text, wide = (shown(LARGE, BROKEN, width=characters) for characters in (width, 400))

    # Then
    assert max(map(len, text.splitlines())) <= width
    assert "".join(text.split()) == "".join(wide.split())


def test_without_a_database_the_queries_are_listed() -> None:
    # Given
    settings = load_settings(paths.ROOT / "metrics.toml")
    output = io.StringIO()

    # When
    reporter = ConsoleReporter(Console(file=output, width=100), runs_queries=False)
    reporter.file_is_valid(settings, settings.queries, "metrics.toml")

    # Then
    valid, admitted, *queries, advice = [line.rstrip() for line in output.getvalue().splitlines()]
    assert valid.startswith("✓ metrics.toml ")
    assert {"101", "27.30"} <= set(admitted.split())
    assert queries == [
        "· active_sessions  at most 1 series, rate(5 minutes)",
        "  ActiveSessions, database shop",
        "· sessions_by_plan  at most 100 series, rate(5 minutes)",
        "  SessionsByPlan by Plan, database shop",
    ]
    assert "--database mysql://user@host/schema or --local" in advice


@pytest.mark.parametrize("runs_queries", [True, False])
def test_a_warning_about_the_file_is_always_printed(tmp_path: Path, runs_queries: bool) -> None:
    # Given
    settings = load_settings(write(tmp_path, GOOD_FILE.replace("FROM", "FORM")))
    output, document = io.StringIO(), io.StringIO()

    # When
    for reporter in (
        ConsoleReporter(Console(file=output, width=400), runs_queries=runs_queries),
        JsonReporter(Console(file=io.StringIO()), document),
    ):
        reporter.file_is_valid(settings, settings.queries, "metrics.toml")
    reporter.finished(None)

    # Then
    (warning,) = json.loads(document.getvalue())["warnings"]
    assert 'metrics.toml: query "orders": sql: line 1, ' in warning
    assert f"! {warning}" in [line.rstrip() for line in output.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("step", "is_found"),
    [
        (("orders", "ALL", LARGE_TABLE), True),
        (("orders", "index", LARGE_TABLE), True),
        (("orders", "ALL", LARGE_TABLE - 1), False),
        (("orders", "range", LARGE_TABLE), False),
        (("<derived2>", "ALL", LARGE_TABLE), False),
        ((None, None, None), False),
    ],
)
def test_a_scan_of_a_large_table_is_found(step: tuple[object, ...], is_found: bool) -> None:
    assert list(scans_in(("table", "type", "rows"), [step])) == [Scan("orders", LARGE_TABLE)] * is_found
