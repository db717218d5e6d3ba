"""Lines of an Express workflow's log, as Step Functions writes them without execution data.

The form is that of real lines (https://github.com/aws-samples/aws-batch-runtime-monitoring/pull/21) and of the Step
Functions developer guide, "Using CloudWatch Logs to log execution history" (cw-logs.html): `details` are those of
GetExecutionHistory's events. Numbers and moments are text.
"""

import json
from datetime import datetime, timedelta
from typing import Any

ARN = "arn:aws:states:eu-central-1:123456789012:express:sidestep-shop:run-{}:0a1b2c3d"


def lines(name: str, start: datetime, *events: tuple[str, dict[str, Any]]) -> list[str]:
    """Return the lines of one execution, an event each hundredth of a second."""
    return [
        json.dumps(
            {
                "id": str(number),
                "type": kind,
                "details": details,
                "previous_event_id": str(number - 1),
                "event_timestamp": str(int((start + number * timedelta(milliseconds=10)).timestamp() * 1000)),
                "execution_arn": ARN.format(name),
            }
        )
        for number, (kind, details) in enumerate(events, start=1)
    ]


def asking(failed_attempts: int = 0) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a run until its query has run."""
    task = {"resource": "invoke", "resourceType": "lambda"}
    attempt = [("TaskScheduled", {**task, "region": "eu-central-1"}), ("TaskStarted", task)]
    failures = [*attempt, ("TaskFailed", {**task, "error": "DatabaseUnavailable"})] * failed_attempts
    return [
        ("ExecutionStarted", {"roleArn": "arn:aws:iam::123456789012:role/sidestep"}),
        ("TaskStateEntered", {"name": "QueryDatabase"}),
        *failures,
        *attempt,
        ("TaskSucceeded", task),
        ("TaskStateExited", {"name": "QueryDatabase"}),
    ]


def publishing() -> list[tuple[str, dict[str, Any]]]:
    """Return the events that follow until the Choice."""
    return [
        ("TaskStateEntered", {"name": "PublishMetrics"}),
        ("TaskStateExited", {"name": "PublishMetrics"}),
        ("ChoiceStateEntered", {"name": "MorePages?"}),
        ("ChoiceStateExited", {"name": "MorePages?"}),
    ]


def succeeding() -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a successful end."""
    return [
        ("SucceedStateEntered", {"name": "Published"}),
        ("SucceedStateExited", {"name": "Published"}),
        ("ExecutionSucceeded", {}),
    ]
