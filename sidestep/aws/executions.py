"""Executions of a workflow, read from Step Functions: status, states and durations."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

RUNNING: Final = "RUNNING"
SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"

MOST_EVENTS: Final = 1000
"""Events of one GetExecutionHistory response (Step Functions API reference)."""

_TASK_FAILURES: Final = ("TaskFailed", "TaskTimedOut")


@dataclass(frozen=True, slots=True)
class Step:
    """One state that an execution entered.

    Attributes:
        state: its name.
        entered, exited: the times; a state that is running or failed the execution has not exited.
        failed_attempts: how many attempts of its task failed.
    """

    state: str
    entered: datetime
    exited: datetime | None = None
    failed_attempts: int = 0

    @property
    def duration(self) -> timedelta | None:
        """Its duration; None if it has not exited."""
        return self.exited - self.entered if self.exited else None


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution.

    Attributes:
        status: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        error, cause: the reason of a failure.
        steps: the states that it entered, in order; each is a billed transition of a Standard workflow.
        scheduled: the scheduled time of its input; None if the input is unknown or has none.
    """

    arn: str
    status: str
    started: datetime
    stopped: datetime | None
    error: str | None
    cause: str | None
    steps: tuple[Step, ...]
    scheduled: datetime | None = None

    @property
    def moment(self) -> datetime:
        """The time of its values: the scheduled time, or the start without one."""
        return self.scheduled or self.started

    @property
    def duration(self) -> timedelta | None:
        """Its duration; None while it runs."""
        return self.stopped - self.started if self.stopped else None


class Event(NamedTuple):
    """An event in the history or the log of an execution.

    Attributes:
        number: its number in the execution, from 1.
        kind: its type, such as TaskStateEntered.
        state: the name of the state that is entered or exited; empty for other events.
    """

    number: int
    kind: str
    moment: datetime
    state: str = ""


def scheduled_in(given: str | None) -> datetime | None:
    """Return the scheduled time in the input of an execution; None if there is none."""
    try:
        moment = datetime.fromisoformat(json.loads(given or "")["ScheduledTime"])
    except (ValueError, TypeError, KeyError):
        return None
    return moment if moment.tzinfo else None


def steps_of(events: Iterator[Event]) -> tuple[Step, ...]:
    """Return the states that an execution entered, from its events in order."""
    steps: list[Step] = []
    for event in events:
        _add(steps, event)
    return tuple(steps)


class ExecutionPoller:
    """Polls one execution of a Standard workflow. It reads each event once."""

    def __init__(self, client: "SFNClient", arn: str) -> None:
        """Start without any knowledge of the execution."""
        self._client = client
        self._arn = arn
        self._steps: list[Step] = []
        self._known = 0
        self._last_kind = ""

    @property
    def history_complete(self) -> bool:
        """Whether the last event has been read: the history lags behind the status (API reference)."""
        return self._last_kind.startswith("Execution") and self._known > 1

    def poll(self) -> Execution:
        """Return the execution with its history until now."""
        execution = self.described()
        self.read_history()
        return self.with_steps(execution)

    def described(self) -> Execution:
        """Read the execution, without new events of its history."""
        description = self._client.describe_execution(executionArn=self._arn)
        return Execution(
            arn=self._arn,
            status=description["status"],
            started=description["startDate"],
            stopped=description.get("stopDate"),
            error=description.get("error"),
            cause=description.get("cause"),
            steps=tuple(self._steps),
            scheduled=scheduled_in(description.get("input")),
        )

    def with_steps(self, execution: Execution) -> Execution:
        """Return an execution with the events that have been read."""
        return replace(execution, steps=tuple(self._steps))

    def read_history(self) -> None:
        """Read new events: the latest first, until a known one."""
        pages = self._client.get_paginator("get_execution_history").paginate(
            executionArn=self._arn,
            reverseOrder=True,
            includeExecutionData=False,  # a run with many pages has hundreds of megabytes
            PaginationConfig={"PageSize": MOST_EVENTS},
        )
        events: list[Event] = []
        for page in pages:
            events += [_event(event) for event in page["events"] if event["id"] > self._known]
            if any(event["id"] <= self._known for event in page["events"]):
                break
        for event in sorted(events):
            _add(self._steps, event)
            self._known, self._last_kind = event.number, event.kind


def describe(client: "SFNClient", arn: str) -> Execution:
    """Read an execution of a Standard workflow with its history."""
    return ExecutionPoller(client, arn).poll()


def follow(client: "SFNClient", arn: str, *, interval: float, deadline: timedelta) -> Iterator[Execution]:
    """Poll an execution until it ends.

    Args:
        client: a client of Step Functions.
        arn: the ARN of the execution.
        interval: seconds between two polls.
        deadline: the longest time to poll.

    Raises:
        TimeoutError: it is still running at the deadline.
    """
    last = time.monotonic() + deadline.total_seconds()
    poller = ExecutionPoller(client, arn)
    while True:
        execution = poller.poll()
        yield execution
        if execution.status != RUNNING:
            return
        if time.monotonic() > last:
            raise TimeoutError(f"{arn} is still running after {deadline}")
        time.sleep(interval)


def _event(event: "HistoryEventTypeDef") -> Event:
    details = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails")
    return Event(event["id"], event["type"], event["timestamp"], details["name"] if details else "")


def _add(steps: list[Step], event: Event) -> None:
    if event.kind.endswith("StateEntered"):
        steps.append(Step(event.state, event.moment))
    elif event.kind.endswith("StateExited") and steps:
        steps[-1] = replace(steps[-1], exited=event.moment)
    elif event.kind in _TASK_FAILURES and steps:
        steps[-1] = replace(steps[-1], failed_attempts=steps[-1].failed_attempts + 1)
