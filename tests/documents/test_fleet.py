"""The simulation of many databases: what it counts, and what quotas do to it."""

from dataclasses import replace
from pathlib import Path

import pytest

from scripts import quotas
from scripts.fleet import MONTH, Fleet, bill, retry_pauses, simulate
from scripts.quotas import Bucket
from sidestep.commands.cost.bill import Way
from sidestep.commands.cost.comparison import compare
from sidestep.commands.cost.measured import measurements
from sidestep.config.loader import load_settings
from tests.unit.metrics_files import query, write

SMALL = Fleet(databases=40, queries=3, series=1)


@pytest.mark.parametrize(("series", "pages"), [(1, 1), (1000, 3)])
@pytest.mark.parametrize("window", [1, 60])
def test_each_run_starts_enters_its_states_and_publishes_its_pages(series: int, pages: int, window: int) -> None:
    # When
    load = simulate(replace(SMALL, series=series, window=window))

    # Then
    assert load.starts.total() == 40
    assert load.invocations.total() == load.puts.total() == 40 * pages
    assert load.transitions.total() == 40 * measurements().transitions(pages)
    assert max(load.starts) < window
    assert load.lost == 0


def test_a_simulation_can_be_repeated() -> None:
    assert simulate(SMALL) == simulate(SMALL)


def test_functions_run_at_once_while_their_runs_overlap() -> None:
    # Given runs that start in one second, each of which takes longer
    load = simulate(SMALL)

    # Then
    assert load.running[0] == load.running[1] == 40
    assert max(load.running.values()) == 40


def test_starts_beyond_the_bucket_are_retried_and_then_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given ten starts at once and two a second; retries follow after one second and after two more
    bucket = Bucket(10, 2)
    monkeypatch.setattr(quotas, "STARTS", replace(quotas.STARTS, large=bucket))

    # When
    load = simulate(SMALL)

    # Then
    assert load.starts.total() + load.lost == 40
    assert load.starts[0] in (10, 11)
    assert 10 + 2 * 3 <= load.starts.total() <= 10 + 2 * 4
    assert load.waited[quotas.STARTS.name] > load.lost


def test_functions_beyond_the_concurrency_are_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(quotas, "CONCURRENCY", 25)

    # When
    load = simulate(SMALL)

    # Then some wait for those before them, and none is lost
    assert max(load.running.values()) == 25
    assert load.waited["Concurrent functions"] > 0
    assert (load.lost, load.puts.total()) == (0, 40)


def test_delayed_transitions_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    usual = simulate(SMALL)
    monkeypatch.setattr(quotas, "TRANSITIONS", replace(quotas.TRANSITIONS, large=Bucket(5, 5)))

    # When
    load = simulate(SMALL)

    # Then 160 transitions take half a minute
    assert (load.lost, load.puts.total()) == (0, 40)
    assert load.seconds[-1] >= 30
    assert load.longest > usual.longest


def test_retries_are_those_of_the_workflow() -> None:
    assert retry_pauses("QueryDatabase", "DatabaseUnavailable") == [2, 4]
    assert retry_pauses("PublishMetrics", "CloudWatch.CloudWatchException") == [1, 2, 4]


@pytest.mark.parametrize("way", [Way.STANDARD, Way.EXPRESS])
def test_the_bill_is_that_of_a_file_with_these_databases(tmp_path: Path, way: Way) -> None:
    # Given three databases with two queries each
    text = 'namespace = "Fleet"\nschedule = "rate(5 minutes)"\n'
    for name in "abc":
        text += f"[database.{name}]\nsample = true\n"
    for name in "abc":
        for metric in "XY":
            keys = (f'database = "{name}"', 'dimensions = ["D"]', f'fixed_dimensions = {{ Of = "{name}" }}')
            text += query(f"{metric}{name}", *keys, "max_series = 7", f"metrics = {{ {metric} = {{}} }}")
    compared = compare(load_settings(write(tmp_path, text)), month=MONTH)

    # Then
    found = bill(Fleet(databases=3, queries=2, series=7), way)
    assert found.listed == pytest.approx(compared.bill(way).listed)
    assert [line.what for line in found.lines] == [line.what for line in compared.bill(way).lines]
