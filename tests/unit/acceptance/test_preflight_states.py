"""Single states: the requests, and what is read from the answers."""

import json
from contextlib import suppress
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from sidestep import paths
from tests.acceptance.preflight.states import (
    Outcome,
    StateRunner,
    publishing_role,
    retried_errors,
    states_of,
    wait_for_role,
)
from tests.acceptance.preflight.template import Template
from tests.unit.clients import client

ROLE = "arn:aws:iam::123456789012:role/acceptance-1a2b3c4d-preflight"

PAGE = {"MetricData": [{"MetricName": "Orders", "Value": 1.0}]}


def test_the_states_are_those_of_the_file_with_function_and_namespace(template: Template) -> None:
    # Given
    written = json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))["States"]

    # When
    states = states_of(template)

    # Then
    assert states.keys() == written.keys()
    assert states["PublishMetrics"]["Parameters"]["Namespace"] == "Sessions"
    assert states["QueryDatabase"]["Parameters"]["FunctionName"].startswith(
        "arn:aws:lambda:eu-central-1:123456789012:"
    )
    assert "${" not in json.dumps(states)


def test_each_named_error_is_tried_with_its_retrier(template: Template) -> None:
    # When
    errors = {(one.state, one.error): one for one in retried_errors(states_of(template))}

    # Then
    assert errors["PublishMetrics", "CloudWatch.CloudWatchException"].attempts == 3
    assert errors["PublishMetrics", "CloudWatch.InvalidParameterValueException"].attempts == 0
    assert (errors["QueryDatabase", "DatabaseUnavailable"].pause, errors["QueryDatabase", "InvalidEvent"].pause) == (
        2,
        1,
    )


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            {"status": "SUCCEEDED", "output": '{"MetricData": {}}', "nextState": "MorePages?"},
            Outcome(status="SUCCEEDED", next_state="MorePages?", output={"MetricData": {}}),
        ),
        (
            {
                "status": "RETRIABLE",
                "error": "CloudWatch.CloudWatchException",
                "cause": "denied",
                "inspectionData": {"errorDetails": {"retryIndex": 0, "retryBackoffIntervalSeconds": 1}},
            },
            Outcome(status="RETRIABLE", error="CloudWatch.CloudWatchException", cause="denied", retrier=0, pause=1),
        ),
    ],
)
def test_a_real_run_has_a_role_and_reads_the_answer(answer: dict[str, Any], outcome: Outcome) -> None:
    # Given
    stepfunctions = client("stepfunctions")
    expected = {
        "definition": '{"Type": "Task"}',
        "input": json.dumps(PAGE),
        "inspectionLevel": "DEBUG",
        "roleArn": ROLE,
    }

    # When
    with Stubber(stepfunctions) as stubber:
        stubber.add_response("test_state", answer, expected)
        found = StateRunner(stepfunctions).run({"Type": "Task"}, PAGE, role=ROLE)

    # Then
    assert found == outcome


def test_a_mocked_run_needs_no_role() -> None:
    # Given
    stepfunctions = client("stepfunctions")
    common = {"definition": ANY, "input": "{}", "inspectionLevel": "DEBUG"}

    # When
    with Stubber(stepfunctions) as stubber:
        stubber.add_response(
            "test_state",
            {"status": "RETRIABLE", "error": "DatabaseUnavailable"},
            common
            | {
                "mock": {"errorOutput": {"error": "DatabaseUnavailable", "cause": "acceptance"}},
                "stateConfiguration": {"retrierRetryCount": 2},
            },
        )
        mock = {"result": '{"Payload": {}}', "fieldValidationMode": "NONE"}
        stubber.add_response("test_state", {"status": "SUCCEEDED"}, common | {"mock": mock})
        runner = StateRunner(stepfunctions)
        found = [
            runner.fail({}, {}, error="DatabaseUnavailable", attempts=2).status,
            runner.run_mocked({}, {}, result={"Payload": {}}).status,
        ]

    # Then
    assert found == ["RETRIABLE", "SUCCEEDED"]


def test_a_new_role_is_tried_until_step_functions_can_assume_it() -> None:
    # Given two answers from before IAM's change is known everywhere
    stepfunctions = client("stepfunctions")

    # When
    with Stubber(stepfunctions) as stubber:
        stubber.add_client_error("test_state", "AccessDeniedException", "cannot assume the role")
        stubber.add_response("test_state", {"status": "RETRIABLE", "error": "CloudWatch.CloudWatchException"})
        stubber.add_response("test_state", {"status": "SUCCEEDED", "nextState": "MorePages?"})
        outcome = wait_for_role(StateRunner(stepfunctions), {}, PAGE, role=ROLE, pause=0)

    # Then
    assert outcome.status == "SUCCEEDED"


def test_the_role_may_publish_as_the_synthesized_one_and_is_deleted_after_an_error(template: Template) -> None:
    # Given
    iam = client("iam")
    statement = {
        "Action": "cloudwatch:PutMetricData",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Sessions"}},
        "Effect": "Allow",
        "Resource": "*",
        "Sid": "PublishMetrics",
    }
    name = {"RoleName": "acceptance-1a2b3c4d-preflight"}
    role = {"Arn": ROLE, "Path": "/", "RoleId": "A" * 16, "CreateDate": "2026-01-31", **name}

    # When
    with Stubber(iam) as stubber:
        tags = [{"Key": "sidestep-acceptance", "Value": "acceptance-1a2b3c4d"}]
        stubber.add_response("create_role", {"Role": role}, {**name, "AssumeRolePolicyDocument": ANY, "Tags": tags})
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        stubber.add_response(
            "put_role_policy", {}, {**name, "PolicyName": "preflight", "PolicyDocument": json.dumps(policy)}
        )
        stubber.add_response("list_role_policies", {"PolicyNames": ["preflight"]}, name)
        stubber.add_response("delete_role_policy", {}, {**name, "PolicyName": "preflight"})
        stubber.add_response("delete_role", {}, name)

        # Then
        arns = []
        with suppress(RuntimeError), publishing_role(template, lambda _: iam, name="acceptance-1a2b3c4d") as arn:
            arns.append(arn)
            raise RuntimeError
        assert arns == [ROLE]
        stubber.assert_no_pending_responses()
