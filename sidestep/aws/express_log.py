"""Executions of an Express workflow, read from its log: Step Functions keeps no history of them.

Each line is an event of an execution: its `type`, `id`, `event_timestamp` in milliseconds, `execution_arn`, and in
`details` the event details of GetExecutionHistory (Step Functions developer guide, "Using CloudWatch Logs to log
execution history"). The log has no execution data, so it has no inputs and outputs; the guide does not say whether it
has the cause of a failure. Delivery is best effort, in any order.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sidestep.aws.executions import FAILED, RUNNING, SUCCEEDED, Event, Execution, steps_of
from sidestep.config.limits import MAX_RUN

UNKNOWN: Final = "UNKNOWN"
"""The status of an execution whose end is not in the log."""

_ENDS: Final = {
    "ExecutionSucceeded": SUCCEEDED,
    "ExecutionFailed": FAILED,
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}

_LATE: Final = timedelta(seconds=MAX_RUN["express"] + 120)
"""The time after which an execution has ended and the rest of its log will not arrive."""


@dataclass(slots=True)
class _Logged:
    """The events of one execution in the log."""

    events: dict[int, Event] = field(default_factory=dict)
    end: str = RUNNING
    error: str | None = None
    cause: str | None = None


class ExpressLog:
    """Collects lines of the log, in any order, and returns executions."""

    def __init__(self, database: str) -> None:
        """Start without lines; the database's name is for messages."""
        self._database = database
        self._logged: dict[str, _Logged] = {}

    def add(self, lines: Iterable[str]) -> None:
        """Add lines. Lines that are not events are ignored; duplicates are allowed."""
        for line in lines:
            try:
                raw = json.loads(line)
                self._add(raw)
            except (ValueError, TypeError, KeyError, AttributeError):
                continue

    def executions(self, now: datetime) -> list[Execution]:
        """Return the executions in order of their start."""
        found = (self._execution(arn, logged, now) for arn, logged in self._logged.items())
        return sorted(found, key=lambda execution: execution.started)

    def forget(self, arns: Iterable[str]) -> None:
        """Discard executions."""
        for arn in arns:
            del self._logged[arn]

    def _add(self, raw: Mapping[str, Any]) -> None:
        details = raw.get("details") or {}
        moment = datetime.fromtimestamp(int(raw["event_timestamp"]) / 1000, UTC)
        event = Event(int(raw["id"]), str(raw["type"]), moment, str(details.get("name", "")))
        logged = self._logged.setdefault(str(raw["execution_arn"]), _Logged())
        logged.events[event.number] = event
        if event.kind in _ENDS:
            logged.end = _ENDS[event.kind]
            logged.error, logged.cause = details.get("error"), details.get("cause")

    def _execution(self, arn: str, logged: _Logged, now: datetime) -> Execution:
        events = sorted(logged.events.values())
        started, last = events[0].moment, events[-1].moment
        status, error, cause = logged.end, logged.error, logged.cause
        if status == RUNNING and now - started > _LATE:
            status, error, cause = UNKNOWN, UNKNOWN, "the log does not have its end"
        elif status not in (RUNNING, SUCCEEDED):
            error = error or status
            cause = (
                cause or f"the log does not have the cause; `sidestep run {self._database}` starts a run and shows it"
            )
        stopped = None if status in (RUNNING, UNKNOWN) else last
        return Execution(arn, status, started, stopped, error, cause, steps_of(iter(events)))
