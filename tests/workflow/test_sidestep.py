"""statemachine/sidestep.asl.json: what each state does, executed."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sidestep import paths
from sidestep.aws.metrics import Series
from sidestep.infrastructure.workflow import NOT_READY
from tests.workflow.conftest import ScriptedFunction, Workflow

NOW = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
EVENT = {"ScheduledTime": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"), "Queries": ["active_sessions"]}

DEFINITION = json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))
STATES = DEFINITION["States"]


def page(
    value: float, plan: str = "free", failures: tuple[dict[str, str], ...] = (), **more: object
) -> dict[str, Any]:
    return {
        "MetricData": [
            {
                "MetricName": "Sessions",
                "Timestamp": EVENT["ScheduledTime"],
                "Value": value,
                "Unit": "Count",
                "Dimensions": [{"Name": "Plan", "Value": plan}],
            }
        ],
        "ScheduledTime": EVENT["ScheduledTime"],
        "Failures": list(failures),
        **more,
    }


def sessions(plan: str) -> Series:
    return Series("Sessions", (("Plan", plan),))


def path(execution: Any) -> list[str]:  # noqa: ANN401
    return [step.state for step in execution.steps]


def test_a_page_is_published_under_its_timestamp(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given
    function.answers(page(7))

    # When
    execution = workflow.run(EVENT)

    # Then
    assert execution.status == "SUCCEEDED"
    assert path(execution) == ["QueryDatabase", "PublishMetrics", "MorePages?", "Published"]
    assert function.events == [EVENT]
    assert workflow.published() == {sessions("free"): {NOW: 7.0}}


def test_a_manual_start_passes_its_empty_input(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given
    function.answers(page(7))

    # When
    execution = workflow.run({})

    # Then
    assert execution.status == "SUCCEEDED"
    assert function.events == [{}]


def test_a_failed_query_turns_the_run_red_after_publishing(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given a page with what one query measured and why another one failed
    failure = {"Query": "orders", "Error": 'column "a" is "missing"'}
    function.answers(page(7, failures=(failure,)))

    # When
    execution = workflow.run(EVENT)

    # Then
    assert (execution.status, execution.error) == ("FAILED", "QueriesFailed")
    assert json.loads(execution.cause or "") == [failure]
    assert path(execution) == ["QueryDatabase", "PublishMetrics", "MorePages?", "QueriesFailed"]
    assert workflow.published() == {sessions("free"): {NOW: 7.0}}


def test_each_page_is_the_input_of_the_next(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given three pages
    pages = [page(1, "a", NextPage={"After": "a"}), page(2, "b", NextPage={"After": "b"}), page(3, "c")]
    function.answers(*pages)

    # When
    execution = workflow.run(EVENT)

    # Then
    assert execution.status == "SUCCEEDED"
    assert function.events == [EVENT, *({**page, "MetricData": {}} for page in pages[:2])]
    assert path(execution).count("PublishMetrics") == 3
    assert workflow.published() == {sessions("a"): {NOW: 1.0}, sessions("b"): {NOW: 2.0}, sessions("c"): {NOW: 3.0}}


def test_all_pages_are_published_before_the_run_fails(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given a first page that already knows of a failure
    failure = {"Query": "orders", "Error": "x"}
    function.answers(page(1, "a", failures=(failure,), NextPage={}), page(2, "b", failures=(failure,)))

    # When
    execution = workflow.run(EVENT)

    # Then
    assert execution.error == "QueriesFailed"
    assert workflow.published().keys() == {sessions("a"), sessions("b")}


@pytest.mark.slow
def test_a_database_that_recovers_is_queried_again(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given
    function.fails("DatabaseUnavailable", "cannot connect")
    function.answers(page(7))

    # When
    execution = workflow.run(EVENT)

    # Then the same event was delivered twice, and the value published once
    assert execution.status == "SUCCEEDED"
    assert execution.steps[0].failed_attempts == 1
    assert function.events == [EVENT, EVENT]
    assert workflow.published() == {sessions("free"): {NOW: 7.0}}


@pytest.mark.slow
def test_an_unreachable_database_fails_the_run_with_the_functions_error(
    workflow: Workflow, function: ScriptedFunction
) -> None:
    # Given
    function.fails("DatabaseUnavailable", "cannot connect to db:3306", times=3)

    # When
    execution = workflow.run(EVENT)

    # Then
    assert (execution.status, execution.error) == ("FAILED", "DatabaseUnavailable")
    assert json.loads(execution.cause or "")["errorMessage"] == "cannot connect to db:3306"
    assert path(execution) == ["QueryDatabase"]
    assert len(function.events) == 3
    assert workflow.published() == {}


def test_permanent_errors_are_not_retried(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given
    function.fails("InvalidEvent", "no")

    # When
    execution = workflow.run({"sql": "DROP TABLE users"})

    # Then
    assert execution.error == "InvalidEvent"
    assert len(function.events) == 1


@pytest.mark.slow
def test_an_unknown_error_is_retried_once(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given
    function.fails("Runtime.ExitError", "exited")
    function.fails("Lambda.Unknown", "?")

    # When
    execution = workflow.run(EVENT)

    # Then
    assert execution.error == "Lambda.Unknown"
    assert len(function.events) == 2


def test_values_that_cloudwatch_rejects_are_not_sent_again(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given a blank dimension value
    function.answers(page(7, plan=" "))

    # When
    execution = workflow.run(EVENT)

    # Then
    assert execution.error == "CloudWatch.InvalidParameterValueException"
    assert [step.failed_attempts for step in execution.steps] == [0, 1]


@pytest.mark.slow
def test_a_run_waits_until_lambda_has_restored_the_interface(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given
    for kind in ("Lambda.ResourceNotReadyException", "Lambda.EniNotReadyException", "Lambda.EC2ThrottledException"):
        function.fails(kind, "not yet")
    function.answers(page(7))

    # When
    execution = workflow.run(EVENT)

    # Then
    assert execution.status == "SUCCEEDED"
    assert execution.steps[0].failed_attempts == 3


def test_a_function_that_hangs_is_retried_once(workflow: Workflow, function: ScriptedFunction) -> None:
    # Given
    function.fails("Sandbox.Timedout", "Task timed out", times=2)

    # When
    execution = workflow.run(EVENT)

    # Then
    assert execution.error == "Sandbox.Timedout"
    assert len(function.events) == 2


def retried(state: str) -> set[str]:
    return {error for retrier in STATES[state]["Retry"] for error in retrier["ErrorEquals"]}


def test_every_state_has_a_comment() -> None:
    assert DEFINITION["Comment"]
    assert all(len(state["Comment"]) > 40 for state in STATES.values())


def test_every_task_and_the_machine_have_a_time_limit() -> None:
    tasks = [state for state in STATES.values() if state["Type"] == "Task"]
    assert all(task["TimeoutSeconds"] < DEFINITION["TimeoutSeconds"] for task in tasks)


def test_every_retry_is_explicit_and_short() -> None:
    # Given the waiting times of all retriers of a task, as if all of them were used up, but for the one that has as
    # many attempts as the schedule leaves time for
    for state in ("QueryDatabase", "PublishMetrics"):
        waits = [
            retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt
            for retrier in STATES[state]["Retry"]
            if NOT_READY not in retrier["ErrorEquals"]
            for attempt in range(retrier["MaxAttempts"])
        ]

        # Then they leave room in the shortest interval of a schedule
        assert sum(waits) < 55


@pytest.mark.parametrize("state", ["QueryDatabase", "PublishMetrics"])
def test_other_errors_are_retried_once_after_the_permanent_ones(state: str) -> None:
    *_, refused, rest = STATES[state]["Retry"]
    assert refused["MaxAttempts"] == 0
    assert (rest["ErrorEquals"], rest["MaxAttempts"]) == (["States.TaskFailed"], 1)


def test_lambdas_and_the_networks_transient_errors_are_retried() -> None:
    assert retried("QueryDatabase") >= {
        "DatabaseUnavailable",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.ResourceNotReadyException",
        "Lambda.ResourceConflictException",
        "Sandbox.Timedout",
    }


@pytest.mark.parametrize(
    "name", ["ENINotReady", "ENILimitReached", "SubnetIPAddressLimitReached", "EC2Throttled", "EC2Unexpected"]
)
def test_errors_are_retried_in_the_spelling_of_the_api_and_of_the_sdk_for_java(name: str) -> None:
    of_java = re.sub(r"ENI|IP|EC2", lambda match: match[0].capitalize(), name)
    assert {f"Lambda.{name}Exception", f"Lambda.{of_java}Exception"} <= retried("QueryDatabase")


def test_cloudwatchs_transient_errors_are_retried() -> None:
    # tests/end_to_end/test_faults.py brings the first two about
    assert retried("PublishMetrics") == {
        "CloudWatch.InternalServiceException",
        "CloudWatch.CloudWatchException",
        "CloudWatch.SdkClientException",
        "States.Timeout",
        "CloudWatch.InvalidParameterValueException",
        "CloudWatch.InvalidParameterCombinationException",
        "CloudWatch.MissingRequiredParameterException",
        "States.TaskFailed",
    }


def test_the_definition_is_jsonpath_with_quoted_placeholders_only() -> None:
    assert "QueryLanguage" not in DEFINITION
    assert STATES["QueryDatabase"]["Parameters"] == {"FunctionName": "${QueryFunctionArn}", "Payload.$": "$"}
    assert STATES["PublishMetrics"]["Parameters"]["Namespace"] == "${Namespace}"
