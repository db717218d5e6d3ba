"""When the demonstration counts as failed."""

from datetime import UTC, datetime, timedelta

import pytest

from sidestep.aws.executions import Execution
from sidestep.aws.metrics import Series
from sidestep.commands.demo.main import wrong_ends, wrong_values
from sidestep.commands.demo.scenario import BROKEN_RUN, Run

NOW = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
SESSIONS = Series("SessionsByPlan", (("Plan", "free"),))


def run(number: int, status: str, error: str | None = None, cause: str | None = None) -> Run:
    return Run(number, NOW, Execution("arn", status, NOW, NOW + timedelta(seconds=1), error, cause, ()))


def test_equal_values_are_right() -> None:
    assert list(wrong_values({SESSIONS: {NOW: 7.0}}, {SESSIONS: {NOW: 7}})) == []


@pytest.mark.parametrize(
    ("published", "expected", "problem"),
    [
        ({NOW: 8.0}, {NOW: 7.0}, "is 8.0 in CloudWatch, but the database said 7.0"),
        ({}, {NOW: 7.0}, "is None in CloudWatch, but the database said 7.0"),
        ({NOW: 7.0}, {}, "is 7.0 in CloudWatch, but the database said None"),
    ],
)
def test_a_wrong_a_missing_and_an_invented_value_are_told(
    published: dict[datetime, float], expected: dict[datetime, float], problem: str
) -> None:
    (told,) = wrong_values({SESSIONS: published}, {SESSIONS: expected})
    assert told == f"SessionsByPlan free of 08:05 {problem}"


def test_runs_that_end_as_they_should() -> None:
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
def test_runs_that_end_otherwise_are_told(wrong: Run, problem: str) -> None:
    assert list(wrong_ends([wrong])) == [f"run {wrong.number} of 08:05 ended with {problem}"]
