"""A run of an Express workflow, with stubbed responses of AWS."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from sidestep.aws.errors import AwsError
from sidestep.aws.executions import Execution
from sidestep.aws.state_machine import DeployedWorkflow
from sidestep.commands.run import express
from sidestep.terminal.executions import reason
from tests.unit.aws.express_logs import ARN, asking, lines, publishing, succeeding
from tests.unit.clients import client

START = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:sidestep-shop"
WORKFLOW = DeployedWorkflow("shop", "sidestep-shop", MACHINE, "{}", keeps_history=False, in_console=True)
ENDED = Execution(ARN.format("a"), "SUCCEEDED", START, START + timedelta(seconds=2), None, None, ())


def answering(**answer: Any) -> Any:  # noqa: ANN401 - a stubbed client
    """Return a client that expects one StartSyncExecution."""
    stepfunctions = client("stepfunctions")
    expected = {"stateMachineArn": MACHINE, "name": ANY, "input": '{"Queries": ["a"]}'}
    whole = {
        "executionArn": ARN.format("a"),
        "startDate": START,
        "stopDate": START + timedelta(seconds=2),
        **answer,
    }
    stubber = Stubber(stepfunctions)
    stubber.add_response("start_sync_execution", whole, expected)
    stubber.activate()
    return stepfunctions


def test_the_response_has_the_end() -> None:
    # Given
    stepfunctions = answering(status="SUCCEEDED", output="{}")

    # When
    ended = express.run_to_its_end(WORKFLOW, {"Queries": ["a"]}, lambda _: stepfunctions)

    # Then
    assert ended.status == "SUCCEEDED"
    assert ended.duration == timedelta(seconds=2)


def test_the_response_has_the_cause_of_a_failure() -> None:
    # Given
    stepfunctions = answering(status="FAILED", error="QueriesFailed", cause='[{"Query":"a","Error":"x"}]')

    # When
    ended = express.run_to_its_end(WORKFLOW, {"Queries": ["a"]}, lambda _: stepfunctions)

    # Then
    assert reason(ended) == "a: x"


def test_a_missing_permission_is_named() -> None:
    # Given
    stepfunctions = client("stepfunctions")
    stubber = Stubber(stepfunctions)
    stubber.add_client_error("start_sync_execution", "AccessDeniedException", "no")
    stubber.activate()

    # When / Then
    with pytest.raises(AwsError, match="states:StartSyncExecution"):
        express.run_to_its_end(WORKFLOW, {}, lambda _: stepfunctions)


def test_the_states_are_those_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a log with two executions, in which the end of the first arrives last
    monkeypatch.setattr(express, "LOG_PAUSE", 0)
    ours = lines("a", START, *asking(), *publishing(), *succeeding())
    others = lines("b", START, *asking())
    logs = client("logs")
    stubber = Stubber(logs)
    expected = {
        "logGroupName": "/aws/vendedlogs/states/sidestep-shop",
        "startTime": int(START.timestamp() * 1000),
        "filterPattern": f'{{ $.execution_arn = "{ARN.format("a")}" }}',
    }
    for logged in ([], [*ours[:3], *others], [*ours, *others]):
        stubber.add_response("filter_log_events", {"events": [{"message": line} for line in logged]}, expected)
    stubber.activate()

    # When
    with_states = express.with_states(WORKFLOW, ENDED, lambda _: logs, seconds=60)

    # Then
    stubber.assert_no_pending_responses()
    assert [step.state for step in with_states.steps] == [
        "QueryDatabase",
        "PublishMetrics",
        "MorePages?",
        "Published",
    ]


def test_waiting_for_the_log_has_a_limit() -> None:
    # Given
    logs = client("logs")
    stubber = Stubber(logs)
    stubber.add_response("filter_log_events", {"events": []})
    stubber.activate()

    # When / Then
    assert express.with_states(WORKFLOW, ENDED, lambda _: logs, seconds=-1).steps == ()
