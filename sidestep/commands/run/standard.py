"""A run of a workflow that keeps a history: started, and looked at until it ends."""

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
"""Seconds from one look to the next: longer the longer a run takes, and each time that AWS does not answer."""

LATE_LOOKS: Final = 5
"""So often a run that has ended is looked at until its history, which lags behind, has its end."""

EVENTS_FROM_PUBLISHING: Final = 25
"""At least so many lie between the state that publishes and the end, with all of its retries."""

SLACK: Final = 60
"""Seconds that a run may seem to go on after its time limit."""


def start(workflow: DeployedWorkflow, event: Mapping[str, object], clients: Clients) -> str:
    """Start a run and return its ARN. A request that has to be sent again starts no second one.

    Raises:
        AwsError: it does not start.
    """
    client: SFNClient = clients("stepfunctions")
    with explained("states:StartExecution"):
        # The name makes it one and the same request however often it is sent (API reference).
        started = client.start_execution(
            stateMachineArn=workflow.arn, name=str(uuid.uuid4()), input=json.dumps(event)
        )
    return started["executionArn"]


def follow(workflow: DeployedWorkflow, arn: str, clients: Clients) -> Iterator[Execution]:
    """Yield what becomes of a run, ending with its end.

    Raises:
        AwsError: AWS does not tell, or the run does not end.
    """
    poller = ExecutionPoller(clients("stepfunctions"), arn)
    begin = time.monotonic()
    last = begin + json.loads(workflow.definition)["TimeoutSeconds"] + SLACK
    pause, looks_for_its_end = FIRST_PAUSE, LATE_LOOKS
    while True:
        try:
            execution = _look(poller)
        except TransientError:
            if time.monotonic() > last:
                raise
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            yield execution
            if execution.status != RUNNING:
                looks_for_its_end -= 1
                if poller.history_complete or not looks_for_its_end:
                    return
            pause = min(FIRST_PAUSE + (time.monotonic() - begin) / 20, LONGEST_PAUSE)
        if time.monotonic() > last:
            raise AwsError(f"{arn} still runs after its time limit; `sidestep watch {workflow.database}` shows it")
        time.sleep(pause)


def published(execution: Execution, clients: Clients) -> Published | None:
    """Return what a run with one page has published; None if the latest events do not tell.

    Raises:
        AwsError: AWS does not tell.
    """
    client: SFNClient = clients("stepfunctions")
    with explained("states:GetExecutionHistory"):
        latest = client.get_execution_history(
            executionArn=execution.arn, reverseOrder=True, maxResults=EVENTS_FROM_PUBLISHING
        )["events"]
    entered = [event["stateEnteredEventDetails"] for event in latest if "stateEnteredEventDetails" in event]
    return next((published_by(state.get("input")) for state in entered if state["name"] == PUBLISHES), None)


def _look(poller: ExecutionPoller) -> Execution:
    with explained("states:DescribeExecution"):
        execution = poller.described()
    with explained("states:GetExecutionHistory"):
        poller.read_history()
    return poller.with_steps(execution)
