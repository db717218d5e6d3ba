"""Runs of many pages, within the limits of the schedule, the workflow and an execution's history."""

from pathlib import Path

import pytest

from sidestep.config.limits import PAGE_SECONDS, Timing, machine_limit
from sidestep.config.loader import load_settings
from sidestep.config.schedule import Schedule
from sidestep.config.settings import MAX_SERIES, further_pages
from sidestep.lambdas.query_database import page
from tests.unit.metrics_files import HEAD, error_about, mistakes_of, numbers_in, query, write

EVENTS_OF_A_PAGE = 12
"""A task's state is entered, scheduled, started, succeeded and left, twice; a choice's is entered and left."""

MAX_EVENTS = 25_000


def by_customer(max_series: int, *keys: str, name: str = "by_customer") -> str:
    """Return a query that may publish this number of series."""
    metrics = f"metrics = {{ {name.title()} = {{}} }}"
    return query(name, 'dimensions = ["Customer"]', f"max_series = {max_series}", *keys, metrics)


@pytest.mark.parametrize(
    ("keys", "series"),
    [
        (["metrics = { A = {}, B = {} }"], 2),
        (['fixed_dimensions = { E = "prod" }', "metrics = { A = {} }"], 1),
        (['dimensions = ["P"]', "metrics = { A = {} }"], 100),
        (['dimensions = ["P"]', "max_series = 7", "metrics = { A = { rollup = true } }"], 7),
    ],
)
def test_a_query_admits_as_many_series_as_declared(tmp_path: Path, keys: list[str], series: int) -> None:
    (only,) = load_settings(write(tmp_path, HEAD + query("x", *keys))).queries
    assert only.series == series


@pytest.mark.parametrize(("admitted", "further"), [([1], 0), ([1000], 0), ([999, 2], 1), ([2000], 1), ([2000, 1], 2)])
def test_a_page_has_a_thousand_series_of_any_queries(tmp_path: Path, admitted: list[int], further: int) -> None:
    text = HEAD + "".join(by_customer(series, name=f"q{number}") for number, series in enumerate(admitted))
    assert further_pages(load_settings(write(tmp_path, text)).queries) == further


def test_pages_and_timeouts_fit_into_the_schedule(tmp_path: Path) -> None:
    # Given five minutes, of which 270 s are left for two timeouts of 10 s and 125 further pages
    fitting, too_many = (
        HEAD + by_customer(MAX_SERIES, name="most") + by_customer(series, name="others")
        for series in (26_000, 26_001)
    )

    # Then
    assert load_settings(write(tmp_path, fitting)).queries
    (mistake,) = mistakes_of(tmp_path, too_many)
    for fact in ("database.shop", " 20 s", " 126 ", " 252 s", " 300 s", " 270 s", "max_series", "rate(5 minutes)"):
        assert fact in mistake.replace("(300 s", " 300 s")


@pytest.mark.parametrize(
    ("workflow", "schedule", "limits"),
    [
        ("express", "rate(1 day)", ("300 s", "270 s")),
        ("standard", "rate(1 day)", ("3600 s", "3570 s")),
        ("standard", "rate(20 minutes)", ("rate(20 minutes)", "1200 s", "1170 s")),
    ],
)
def test_pages_are_limited_by_time_and_history(
    tmp_path: Path, workflow: str, schedule: str, limits: tuple[str, ...]
) -> None:
    # Given 2,000 pages
    text = f'workflow = "{workflow}"\n{HEAD}'.replace("rate(5 minutes)", schedule)
    (mistake,) = mistakes_of(tmp_path, text + "".join(by_customer(MAX_SERIES, name=f"q{n}") for n in range(20)))
    for fact in ("1,999 ", "3998 s", *limits):
        assert fact in mistake


def test_one_invocation_runs_all_queries_of_any_schedule(tmp_path: Path) -> None:
    # Given timeouts that leave most of an hour
    text = HEAD.replace("5 minutes", "1 hour") + "".join(
        query(f"q{number}", "timeout = 446", f"metrics = {{ M{number} = {{}} }}") for number in range(2)
    )

    # Then
    error = error_about("database.shop", tmp_path, text)
    assert numbers_in(error) == [892, 446, 900, 890]
    assert '"q0"' in error
    assert load_settings(write(tmp_path, text.replace("446", "445"))).queries


def test_a_manual_start_runs_the_queries_of_all_schedules(tmp_path: Path) -> None:
    # Given two schedules, each with half of the pages that an hour has
    twice = "".join(
        by_customer(MAX_SERIES, f'schedule = "rate({days} days)"', name=f"q{days}{number}")
        for days in (2, 3)
        for number in range(9)
    )

    # Then
    error = error_about("database.shop", tmp_path, HEAD + twice)
    assert numbers_in(error) == [3803, 3595]
    assert "max_series" in error


def test_an_executions_history_holds_every_page() -> None:
    # Given
    assert page.MAX_PAGES * EVENTS_OF_A_PAGE < MAX_EVENTS

    # Then a run ends in time only if it has fewer pages
    most = Timing(Schedule("rate(1 day)"), "standard").available_seconds // PAGE_SECONDS
    assert most < page.MAX_PAGES


def test_the_state_machine_waits_for_every_page() -> None:
    often, seldom = (Timing(Schedule(expression), "standard") for expression in ("rate(1 minute)", "rate(1 day)"))
    assert machine_limit([often], 30, 0) == 55
    assert machine_limit([often, seldom], 30, 100) == 30 + 15 + 200
    assert machine_limit([often, seldom], 30, 5000) == 3595
