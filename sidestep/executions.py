"""Executions of the workflow as Step Functions tells them: which states, how long, with what end."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

RUNNING: Final = "RUNNING"
SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"

_TASK_FAILURES: Final = ("TaskFailed", "TaskTimedOut")


@dataclass(frozen=True, slots=True)
class Step:
    """One state that an execution entered.

    Attributes:
        state: its name.
        entered, exited: when; a state that ended the execution badly, or runs, has not exited.
        failed_attempts: how often its task failed.
    """

    state: str
    entered: datetime
    exited: datetime | None = None
    failed_attempts: int = 0

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None if it has not exited."""
        return self.exited - self.entered if self.exited else None


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution, finished or not.

    Attributes:
        status: as Step Functions has it: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        error, cause: why it failed, if it did.
        steps: the states that it entered, in order; each is a billed transition of a Standard workflow.
    """

    arn: str
    status: str
    started: datetime
    stopped: datetime | None
    error: str | None
    cause: str | None
    steps: tuple[Step, ...]

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None while it runs."""
        return self.stopped - self.started if self.stopped else None


def describe(client: "SFNClient", arn: str) -> Execution:
    """Ask for an execution of a Standard workflow and its history."""
    description = client.describe_execution(executionArn=arn)
    events = client.get_paginator("get_execution_history").paginate(executionArn=arn).search("events[]")
    return Execution(
        arn=arn,
        status=description["status"],
        started=description["startDate"],
        stopped=description.get("stopDate"),
        error=description.get("error"),
        cause=description.get("cause"),
        steps=_steps(events),
    )


def follow(client: "SFNClient", arn: str, *, interval: float, deadline: timedelta) -> Iterator[Execution]:
    """Yield what becomes of an execution, ending with its end.

    Args:
        client: of Step Functions.
        arn: the execution's.
        interval: seconds between two looks.
        deadline: how long to look at the most.

    Raises:
        TimeoutError: it still runs at the deadline.
    """
    last = time.monotonic() + deadline.total_seconds()
    while True:
        execution = describe(client, arn)
        yield execution
        if execution.status != RUNNING:
            return
        if time.monotonic() > last:
            raise TimeoutError(f"{arn} still runs after {deadline}")
        time.sleep(interval)


def _steps(events: "Iterator[HistoryEventTypeDef]") -> tuple[Step, ...]:
    steps: list[Step] = []
    for event in events:
        kind = event["type"]
        if "stateEnteredEventDetails" in event:
            steps.append(Step(event["stateEnteredEventDetails"]["name"], event["timestamp"]))
        elif "stateExitedEventDetails" in event:
            steps[-1] = replace(steps[-1], exited=event["timestamp"])
        elif kind in _TASK_FAILURES:
            steps[-1] = replace(steps[-1], failed_attempts=steps[-1].failed_attempts + 1)
    return tuple(steps)
