"""What is known of an Express workflow's executions by their log."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from sidestep.aws.executions import Execution
from sidestep.aws.express_log import ExpressLog
from sidestep.terminal.executions import reason
from tests.unit.aws.express_logs import ARN, asking, lines, publishing, succeeding

START = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
SOON = START + timedelta(seconds=30)


def executions(*logged: str, now: datetime = SOON) -> list[Execution]:
    log = ExpressLog("shop")
    log.add(logged)
    return log.executions(now)


def test_states_and_durations_are_those_of_the_events() -> None:
    # Given a run with one failed attempt
    logged = lines("a", START, *asking(failed_attempts=1), *publishing(), *succeeding())

    # When
    (execution,) = executions(*logged)

    # Then
    assert execution.arn == ARN.format("a")
    assert (execution.status, execution.error, execution.cause) == ("SUCCEEDED", None, None)
    assert execution.started == START + timedelta(milliseconds=10)
    assert execution.duration == timedelta(milliseconds=150)
    assert [(step.state, step.duration, step.failed_attempts) for step in execution.steps] == [
        ("QueryDatabase", timedelta(milliseconds=70), 1),
        ("PublishMetrics", timedelta(milliseconds=10), 0),
        ("MorePages?", timedelta(milliseconds=10), 0),
        ("Published", timedelta(milliseconds=10), 0),
    ]


def test_lines_can_have_any_order_and_duplicates() -> None:
    # Given two runs
    events = (*asking(), *publishing(), *succeeding())
    logged = [*lines("a", START, *events), *lines("b", START + timedelta(seconds=1), *events)]
    shuffled = [*logged, *logged]
    Random(1).shuffle(shuffled)  # noqa: S311 - nothing here is a secret

    # When / Then
    assert executions(*shuffled) == executions(*logged)
    assert [execution.arn for execution in executions(*shuffled)] == [ARN.format("a"), ARN.format("b")]


def test_a_run_without_an_end_in_the_log_is_running() -> None:
    (execution,) = executions(*lines("a", START, *asking()[:4]))
    assert (execution.status, execution.stopped) == ("RUNNING", None)
    assert execution.steps[-1].exited is None


def test_a_run_whose_end_is_never_logged_is_unknown() -> None:
    # Given: an Express workflow runs five minutes at most
    logged = lines("a", START, *asking())

    # When
    (running,) = executions(*logged, now=START + timedelta(minutes=6))
    (lost,) = executions(*logged, now=START + timedelta(minutes=8))

    # Then
    assert running.status == "RUNNING"
    assert (lost.status, lost.duration) == ("UNKNOWN", None)
    assert lost.error == "UNKNOWN"


@pytest.mark.parametrize(
    ("kind", "details", "status", "error"),
    [
        ("ExecutionFailed", {"error": "QueriesFailed"}, "FAILED", "QueriesFailed"),
        ("ExecutionFailed", {}, "FAILED", "FAILED"),
        ("ExecutionFailed", None, "FAILED", "FAILED"),
        ("ExecutionTimedOut", {}, "TIMED_OUT", "TIMED_OUT"),
        ("ExecutionAborted", {}, "ABORTED", "ABORTED"),
    ],
)
def test_a_failure_without_a_cause_names_the_command_that_shows_it(
    kind: str, details: dict[str, Any] | None, status: str, error: str
) -> None:
    (execution,) = executions(*lines("a", START, *asking(), (kind, details or {})))
    assert (execution.status, execution.error) == (status, error)
    assert "`sidestep run shop`" in str(execution.cause)


def test_a_failure_has_its_cause() -> None:
    # Given
    details = {"error": "QueriesFailed", "cause": '[{"Query":"a","Error":"x"}]'}

    # When
    (execution,) = executions(*lines("a", START, *asking(), ("ExecutionFailed", details)))

    # Then
    assert (execution.status, reason(execution)) == ("FAILED", "a: x")


@pytest.mark.parametrize("line", ["", "null", "[]", "{}", "7", '{"id": "x", "type": "y"}', "{", '{"details": 3}'])
def test_a_line_that_is_not_an_event_is_ignored(line: str) -> None:
    assert executions(line) == []
