"""The deployed workflow, by the answers of AWS, and where its executions can be seen."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from sidestep.aws.errors import AwsError
from sidestep.aws.executions import Execution
from sidestep.aws.state_machine import find_workflow
from sidestep.config.databases import Sample
from tests.unit.clients import client

START = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:sidestep-shop"
SAMPLE = Sample(sample=True)


def clients(
    kind: str,
    *,
    arn: str = MACHINE,
    endpoint_url: str | None = None,
    outputs: Sequence[str] = ("StateMachine",),
    log_group: str | None = None,
) -> Callable[[str], Any]:
    """Return clients for a deployed state machine of this kind, whose ARN is in these outputs of the stack."""
    cloudformation, stepfunctions = client("cloudformation"), client("stepfunctions", endpoint_url)
    stacks, machines = Stubber(cloudformation), Stubber(stepfunctions)
    stack = {
        "StackName": "sidestep-shop",
        "CreationTime": START,
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": output, "OutputValue": arn} for output in ("Other", *outputs)],
    }
    stacks.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "sidestep-shop"})
    described: dict[str, Any] = {
        "definition": "{}",
        "name": "n",
        "roleArn": "r" * 20,
        "creationDate": START,
        "stateMachineArn": arn,
    }
    if log_group:
        destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:r:1:log-group:{log_group}:*"}}
        described["loggingConfiguration"] = {"destinations": [destination]}
    machines.add_response("describe_state_machine", {**described, "type": kind}, {"stateMachineArn": arn})
    if kind == "EXPRESS":
        machines.add_client_error("list_executions", "StateMachineTypeNotSupported", "no")
    stacks.activate()
    machines.activate()
    made = {"cloudformation": cloudformation, "stepfunctions": stepfunctions}
    return lambda service: made[service]


def execution(arn: str) -> Execution:
    return Execution(arn, "FAILED", START, START, "Broken", None, ())


def test_a_standard_execution_has_a_page_in_the_console() -> None:
    # When
    workflow = find_workflow("sidestep-shop", "shop", clients("STANDARD"))

    # Then
    assert workflow.keeps_history
    assert workflow.log_group == "/aws/vendedlogs/states/sidestep-shop"
    arn = "arn:aws:states:eu-central-1:123456789012:execution:sidestep-shop:run"
    page = "https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/"
    assert workflow.link(execution(arn)) == f"{page}{arn}"


def test_an_express_execution_is_found_by_its_time() -> None:
    # When
    workflow = find_workflow("sidestep-shop", "shop", clients("EXPRESS"))

    # Then
    assert not workflow.keeps_history
    arn = "arn:aws:states:eu-central-1:123456789012:express:sidestep-shop:run:0a1b"
    page = "https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/express-executions/details/"
    assert workflow.link(execution(arn)) == f"{page}{arn}?startDate=1769846700000"


@pytest.mark.parametrize(
    ("arn", "endpoint_url"),
    [
        (MACHINE, "http://localhost:5000"),
        (MACHINE.replace("arn:aws:", "arn:aws-cn:"), None),
        (MACHINE.replace("arn:aws:", "arn:aws-us-gov:"), None),
    ],
)
def test_a_cloud_without_a_console_has_no_link(arn: str, endpoint_url: str | None) -> None:
    workflow = find_workflow("sidestep-shop", "shop", clients("STANDARD", arn=arn, endpoint_url=endpoint_url))
    assert workflow.link(execution("arn:aws:states:eu-central-1:123456789012:execution:x:y")) is None


OF_ORDERS, OF_USERS = "OrdersStateMachine1A2B3C4D", "UsersStateMachine5E6F7A8B"


@pytest.mark.parametrize(
    ("stack", "outputs"),
    [
        ("sidestep-shop", ["StateMachine"]),
        ("sidestep-shop", [OF_ORDERS]),
        ("sidestep-shop/Orders", [OF_ORDERS, OF_USERS]),
        ("sidestep-shop/Users", [OF_ORDERS, OF_USERS]),
    ],
)
def test_a_workflow_in_the_stack_of_another_app_is_found(stack: str, outputs: list[str]) -> None:
    # When
    there = clients("STANDARD", outputs=outputs, log_group="/aws/vendedlogs/states/app-orders")
    workflow = find_workflow(stack, stack, there)

    # Then its name, with which those of its alarms begin, is that of its log group
    assert (workflow.arn, workflow.name) == (MACHINE, "app-orders")
    assert workflow.log_group == "/aws/vendedlogs/states/app-orders"


@pytest.mark.parametrize(("name", "log_group"), [("Orders", None), ("Users", MACHINE)])
def test_the_log_group_of_checks_is_that_of_the_construct(name: str, log_group: str | None) -> None:
    # Given an output that only one of two constructs has
    there = clients("STANDARD", outputs=[OF_ORDERS, OF_USERS, "UsersCheckLogGroup9C0D1E2F"])

    # When
    workflow = find_workflow(f"sidestep-shop/{name}", "shop", there)

    # Then its value, the same for all outputs here, is the log group of that one
    assert workflow.check_log_group == log_group


@pytest.mark.parametrize(
    ("stack", "outputs", "facts"),
    [
        ("sidestep-shop", [], ["sidestep-shop", "StateMachine"]),
        ("sidestep-shop/Carts", [OF_ORDERS], ["sidestep-shop", "CartsStateMachine"]),
        ("sidestep-shop", [OF_ORDERS, OF_USERS], ["--stack", "sidestep-shop/Orders", "sidestep-shop/Users"]),
    ],
)
def test_a_stack_without_the_workflow_or_with_several_is_an_error(
    stack: str, outputs: list[str], facts: list[str]
) -> None:
    with pytest.raises(AwsError) as caught:
        find_workflow(stack, stack, clients("STANDARD", outputs=outputs))
    assert [fact for fact in facts if fact not in str(caught.value)] == []
