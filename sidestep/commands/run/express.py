"""A run of an Express workflow: its answer tells the end and why, its log the states."""

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
from sidestep.config.limits import MAX_RUN

READ_TIMEOUT: Final = MAX_RUN["express"] + 10
"""Seconds to wait for the answer to StartSyncExecution, which comes with the end of the run."""

LOG_PATIENCE: Final = 20.0
"""Seconds to wait for the log, which is delivered some seconds later, if at all."""

LOG_PAUSE: Final = 2.0
"""Seconds from one look at the log to the next."""


def run_to_its_end(workflow: DeployedWorkflow, event: Mapping[str, object], clients: Clients) -> Execution:
    """Run an Express workflow, and return its end, as yet without the states.

    The answer says why it failed, which the log may not.

    Args:
        workflow: which keeps no history.
        event: of the run.
        clients: which wait for READ_TIMEOUT and send no request a second time: each would be a run of its own.

    Raises:
        AwsError: it does not start, or AWS does not tell its end.
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


def with_states(workflow: DeployedWorkflow, execution: Execution, clients: Clients, patience: float) -> Execution:
    """Return a run with its states as far as the log has them after so many seconds.

    Raises:
        AwsError: the log cannot be read.
    """
    last = time.monotonic() + patience
    client = clients("logs")
    while True:
        logged = _logged(client, workflow, execution)
        if (logged and logged.status != RUNNING) or time.monotonic() > last:
            return replace(execution, steps=logged.steps) if logged else execution
        time.sleep(LOG_PAUSE)


def _logged(client: Any, workflow: DeployedWorkflow, execution: Execution) -> Execution | None:  # noqa: ANN401 - has no stubs
    log = ExpressLog(workflow.database)
    with explained(f"logs:FilterLogEvents on {workflow.log_group}"):
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=workflow.log_group,
            startTime=int(execution.started.timestamp() * 1000),
            filterPattern=f'{{ $.execution_arn = "{execution.arn}" }}',
        )
        for page in pages:
            log.add(event["message"] for event in page["events"])
    return next((one for one in log.executions(execution.started) if one.arn == execution.arn), None)
