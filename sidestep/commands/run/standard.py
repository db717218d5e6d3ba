"""Runs a Standard workflow: starts an execution, and polls it until it ends."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from sidestep.aws.clients import Clients, explained
from sidestep.aws.errors import AwsError, TransientError
from sidestep.aws.executions import RUNNING, Execution, ExecutionPoller
from sidestep.aws.metrics import PUBLISHES, Published, published_by
from sidestep.aws.state_machine import DeployedWorkflow

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 10.0
"""Seconds between two polls. The pause grows with the execution, and when AWS does not answer."""

LATE_POLLS: Final = 5
"""Polls of an execution that has ended, because its history lags behind its status."""

EVENTS_FROM_PUBLISHING: Final = 25
"""The number of latest events that includes the state that publishes, with all of its retries."""

SLACK: Final = 60
"""Seconds that an execution may seem to run after its time limit."""


def start(workflow: DeployedWorkflow, event: Mapping[str, object], clients: Clients) -> str:
    """Start an execution and return its ARN. A retry of the request starts no second execution.

    Raises:
        AwsError: the execution does not start.
    """
    client: SFNClient = clients("stepfunctions")
    with explained("states:StartExecution"):
        # The name makes the request idempotent (API reference).
        started = client.start_execution(
            stateMachineArn=workflow.arn, name=str(uuid.uuid4()), input=json.dumps(event)
        )
    return started["executionArn"]


def follow(workflow: DeployedWorkflow, arn: str, clients: Clients) -> Iterator[Execution]:
    """Yield an execution after each poll, the last time with its end.

    Raises:
        AwsError: the execution cannot be read, or does not end.
    """
    poller = ExecutionPoller(clients("stepfunctions"), arn)
    begin = time.monotonic()
    deadline = begin + json.loads(workflow.definition)["TimeoutSeconds"] + SLACK
    pause, late_polls = FIRST_PAUSE, LATE_POLLS
    while True:
        try:
            execution = _poll(poller)
        except TransientError:
            if time.monotonic() > deadline:
                raise
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            yield execution
            if execution.status != RUNNING:
                late_polls -= 1
                if poller.history_complete or not late_polls:
                    return
            pause = min(FIRST_PAUSE + (time.monotonic() - begin) / 20, LONGEST_PAUSE)
        if time.monotonic() > deadline:
            raise AwsError(f"{arn} is running after its time limit; `sidestep watch` shows it")
        time.sleep(pause)


def published(execution: Execution, clients: Clients) -> Published | None:
    """Return the values that an execution with one page published; None if the latest events do not have them.

    Raises:
        AwsError: the history cannot be read.
    """
    client: SFNClient = clients("stepfunctions")
    with explained("states:GetExecutionHistory"):
        latest = client.get_execution_history(
            executionArn=execution.arn, reverseOrder=True, maxResults=EVENTS_FROM_PUBLISHING
        )["events"]
    entered = [event["stateEnteredEventDetails"] for event in latest if "stateEnteredEventDetails" in event]
    return next((published_by(state.get("input")) for state in entered if state["name"] == PUBLISHES), None)


def _poll(poller: ExecutionPoller) -> Execution:
    with explained("states:DescribeExecution"):
        execution = poller.described()
    with explained("states:GetExecutionHistory"):
        poller.read_history()
    return poller.with_steps(execution)
