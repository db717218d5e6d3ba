"""docs/benchmarks.md shows the measurements."""

from pathlib import Path

import pytest

from benchmarks.goals import cold_start_goals, growth_goals, run_goals
from benchmarks.names import LOOP, SIDESTEP, USUAL
from benchmarks.processes import Measurement, Sample
from benchmarks.report import DATA, DOCUMENT, render
from benchmarks.results import Results
from sidestep.config.engines import ENGINES


@pytest.fixture(scope="module")
def results() -> Results:
    return Results.load(DATA)


def test_the_document_shows_the_data(results: Results) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(results)


def test_the_data_is_read_as_it_was_written(results: Results, tmp_path: Path) -> None:
    # When
    results.save(tmp_path / "results.json")

    # Then
    assert Results.load(tmp_path / "results.json") == results


def test_each_number_is_a_median() -> None:
    measurement = Measurement(
        tuple(Sample(seconds, kilobytes, 1) for seconds, kilobytes in ((3, 9000), (1, 1000), (2, 5000)))
    )
    assert (measurement.seconds, measurement.megabytes) == (2, 5)


def taken(seconds: float, megabytes: float = 10) -> Measurement:
    return Measurement((Sample(seconds, int(megabytes * 1000), 1),))


def test_each_engine_was_measured(results: Results) -> None:
    assert set(results.engines) == set(ENGINES)


def test_goals_are_compared_with_the_worst_ratio() -> None:
    # Given
    runs = {
        1: {SIDESTEP: taken(1), LOOP: taken(1), USUAL: taken(2)},
        1_000: {SIDESTEP: taken(3), LOOP: taken(2), USUAL: taken(4)},
        10_000: {SIDESTEP: taken(20), LOOP: taken(10), USUAL: taken(40, 50)},
        100_000: {SIDESTEP: taken(330, 11), LOOP: taken(300), USUAL: taken(400, 20)},
    }
    start = {SIDESTEP: taken(1), USUAL: taken(2)}

    # When
    goals = [*cold_start_goals("postgres", start), *run_goals(runs), *growth_goals(runs)]

    # Then
    assert [(round(goal.measured, 2), goal.is_met) for goal in goals] == [
        (0.5, True),
        (1.5, False),
        (1.1, True),
        (0.82, True),
        (0.55, False),
        (1.1, True),
        (1.1, True),
    ]
