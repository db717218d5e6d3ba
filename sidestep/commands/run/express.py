"""Runs an Express workflow: the response has the end and its cause, the log has the states."""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any, Final

from sidestep.aws.clients import Clients, explained
from sidestep.aws.executions import RUNNING, Execution, scheduled_in
from sidestep.aws.express_log import ExpressLog
from sidestep.aws.state_machine import DeployedWorkflow
from sidestep.config.limits import MAX_RUN_SECONDS

READ_TIMEOUT: Final = MAX_RUN_SECONDS["express"] + 10
"""Seconds to wait for the response to StartSyncExecution, which arrives at the end of the execution."""

LOG_SECONDS: Final = 20.0
"""How long to wait for the log, which arrives some seconds later, at best effort."""

LOG_PAUSE: Final = 2.0
"""Seconds between two polls of the log."""


def run_to_its_end(workflow: DeployedWorkflow, event: Mapping[str, object], clients: Clients) -> Execution:
    """Run an Express workflow and return the execution without its states.

    The response has the cause of a failure, which the log may not have.

    Args:
        workflow: an Express workflow.
        event: the input of the execution.
        clients: which wait for READ_TIMEOUT and do not retry, because each request starts an execution.

    Raises:
        AwsError: the execution does not start, or its end is unknown.
    """
    with explained("states:StartSyncExecution"):
        answer: Any = clients("stepfunctions").start_sync_execution(
            stateMachineArn=workflow.arn, name=str(uuid.uuid4()), input=json.dumps(event)
        )
    return Execution(
        arn=answer["executionArn"],
        status=answer["status"],
        started=answer["startDate"].astimezone(UTC),
        stopped=answer["stopDate"].astimezone(UTC),
        error=answer.get("error"),
        cause=answer.get("cause"),
        steps=(),
        scheduled=scheduled_in(answer.get("input")),
    )


def with_states(workflow: DeployedWorkflow, execution: Execution, clients: Clients, seconds: float) -> Execution:
    """Return an execution with the states that the log has when it is complete, or after `seconds`.

    Raises:
        AwsError: the log cannot be read.
    """
    deadline = time.monotonic() + seconds
    client = clients("logs")
    while True:
        logged = _logged(client, workflow, execution)
        if (logged and logged.status != RUNNING) or time.monotonic() > deadline:
            return replace(execution, steps=logged.steps) if logged else execution
        time.sleep(LOG_PAUSE)


def _logged(client: Any, workflow: DeployedWorkflow, execution: Execution) -> Execution | None:  # noqa: ANN401 - has no stubs
    log = ExpressLog(workflow.title)
    with explained(f"logs:FilterLogEvents on {workflow.log_group}"):
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=workflow.log_group,
            startTime=int(execution.started.timestamp() * 1000),
            filterPattern=f'{{ $.execution_arn = "{execution.arn}" }}',
        )
        for page in pages:
            log.add(event["message"] for event in page["events"])
    return next((one for one in log.executions(execution.started) if one.arn == execution.arn), None)
