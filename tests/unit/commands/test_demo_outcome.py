"""When the demo fails."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from sidestep.aws.executions import Execution
from sidestep.aws.metrics import Series
from sidestep.commands.demo.run_demo import wrong_ends, wrong_values
from sidestep.commands.demo.scenario import BROKEN_RUN, DemoRun

NOW = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
SESSIONS = Series("SessionsByPlan", (("Plan", "free"),))


def run(number: int, status: str, error: str | None = None, cause: str | None = None) -> DemoRun:
    return DemoRun(number, NOW, Execution("arn", status, NOW, NOW + timedelta(seconds=1), error, cause, ()))


def test_equal_values_are_no_problem() -> None:
    assert list(wrong_values({SESSIONS: {NOW: 7.0}}, {SESSIONS: {NOW: 7}})) == []


@pytest.mark.parametrize(
    ("published", "expected"),
    [({NOW: 8.0}, {NOW: 7.0}), ({}, {NOW: 7.0}), ({NOW: 7.0}, {})],
)
def test_a_wrong_a_missing_and_an_additional_value_are_problems(
    published: dict[datetime, float], expected: dict[datetime, float]
) -> None:
    (problem,) = wrong_values({SESSIONS: published}, {SESSIONS: expected})
    assert problem.startswith("SessionsByPlan free ")
    assert re.findall(r"08:05|[78]\.0|None", problem) == ["08:05", str(published.get(NOW)), str(expected.get(NOW))]


def test_expected_ends_are_no_problem() -> None:
    broken = run(BROKEN_RUN, "FAILED", "QueriesFailed", '[{"Query": "sessions_by_plan", "Error": "x"}]')
    assert list(wrong_ends([run(1, "SUCCEEDED"), broken])) == []


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (run(1, "FAILED", "DatabaseUnavailable", '{"errorMessage": "gone"}'), "FAILED (DatabaseUnavailable: gone)"),
        (run(2, "TIMED_OUT"), "TIMED_OUT"),
        (run(BROKEN_RUN, "SUCCEEDED"), "SUCCEEDED"),
        (run(BROKEN_RUN, "FAILED", "QueriesFailed", '[{"Query": "other", "Error": "x"}]'), "FAILED (other: x)"),
    ],
)
def test_other_ends_are_problems(wrong: DemoRun, problem: str) -> None:
    (found,) = wrong_ends([wrong])
    assert found.startswith(f"run {wrong.number} ")
    assert found.endswith(f" {problem}")
