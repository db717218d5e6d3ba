"""Executions of the workflow as Step Functions tells them: which states, how long, with what end."""

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
"""Of one GetExecutionHistory answer (Step Functions API reference)."""

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
        scheduled: the time of its values; None if its input is unknown or has no time.
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
        """The time of its values: the scheduled time, or else the start."""
        return self.scheduled or self.started

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None while it runs."""
        return self.stopped - self.started if self.stopped else None


class Event(NamedTuple):
    """What happened in an execution, as its history and its log have it.

    Attributes:
        number: of the events of an execution, counted from 1.
        kind: such as TaskStateEntered.
        state: the name of the state that it enters or exits; "" of all other events.
    """

    number: int
    kind: str
    moment: datetime
    state: str = ""


def scheduled_in(given: str | None) -> datetime | None:
    """Return the scheduled time in the input of an execution; None if there is none, as after a manual start."""
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
    """Polls one execution of a Standard workflow; each event of its history is read once."""

    def __init__(self, client: "SFNClient", arn: str) -> None:
        """Begin with nothing known."""
        self._client = client
        self._arn = arn
        self._steps: list[Step] = []
        self._known = 0
        self._last_kind = ""

    @property
    def history_complete(self) -> bool:
        """Whether the history has the last event; it lags behind the status (API reference)."""
        return self._last_kind.startswith("Execution") and self._known > 1

    def poll(self) -> Execution:
        """Read the execution and its new events."""
        execution = self.described()
        self.read_history()
        return self.with_steps(execution)

    def described(self) -> Execution:
        """Ask for everything but its history."""
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
        """Return an execution with what is known of its history."""
        return replace(execution, steps=tuple(self._steps))

    def read_history(self) -> None:
        """Read the events that are new: the latest first, until a known one."""
        pages = self._client.get_paginator("get_execution_history").paginate(
            executionArn=self._arn,
            reverseOrder=True,
            includeExecutionData=False,  # of a run with many pages it is hundreds of megabytes
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
    """Ask for an execution of a Standard workflow and its history."""
    return ExecutionPoller(client, arn).poll()


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
    poller = ExecutionPoller(client, arn)
    while True:
        execution = poller.poll()
        yield execution
        if execution.status != RUNNING:
            return
        if time.monotonic() > last:
            raise TimeoutError(f"{arn} still runs after {deadline}")
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
