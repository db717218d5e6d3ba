"""Executions of an Express workflow, from the log that is all they leave.

Each line is an event of an execution's history: its `type`, `id` and `event_timestamp` in milliseconds, the
`execution_arn`, and as `details` what GetExecutionHistory calls its event details (Step Functions developer guide,
"Using CloudWatch Logs to log execution history"). Without execution data, as here, inputs and outputs are left out;
the guide does not say whether the cause of a failure is. The log is delivered at best effort, in no certain order.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sidestep.aws.executions import FAILED, RUNNING, SUCCEEDED, Event, Execution, steps_of
from sidestep.config.limits import MAX_RUN_SECONDS

UNKNOWN: Final = "UNKNOWN"
"""The status of an execution whose end never came into the log."""

_ENDS: Final = {
    "ExecutionSucceeded": SUCCEEDED,
    "ExecutionFailed": FAILED,
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}

_LATE: Final = timedelta(seconds=MAX_RUN_SECONDS["express"] + 120)
"""After this an execution has ended, and its log has arrived if it ever does."""


@dataclass(slots=True)
class _Logged:
    """What the log has said of one execution."""

    events: dict[int, Event] = field(default_factory=dict)
    end: str = RUNNING
    error: str | None = None
    cause: str | None = None


class ExpressLog:
    """Collects lines of the log, in whatever order, and makes executions of them."""

    def __init__(self, database: str) -> None:
        """Begin with none; the database's name is for what an operator can type."""
        self._database = database
        self._logged: dict[str, _Logged] = {}

    def add(self, lines: Iterable[str]) -> None:
        """Take lines; one that is no event of an execution is passed over, and one may come twice."""
        for line in lines:
            try:
                raw = json.loads(line)
                self._add(raw)
            except (ValueError, TypeError, KeyError, AttributeError):
                continue

    def executions(self, now: datetime) -> list[Execution]:
        """Return the executions in the order of their starts."""
        found = (self._execution(arn, logged, now) for arn, logged in self._logged.items())
        return sorted(found, key=lambda execution: execution.started)

    def forget(self, arns: Iterable[str]) -> None:
        """Drop executions that nobody asks for any more."""
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
            status, error, cause = UNKNOWN, UNKNOWN, "its end is not in the log, which is delivered at best effort"
        elif status not in (RUNNING, SUCCEEDED):
            error = error or status
            cause = cause or f"the log does not say why; `sidestep run {self._database}` runs it again and does"
        stopped = None if status in (RUNNING, UNKNOWN) else last
        return Execution(arn, status, started, stopped, error, cause, steps_of(iter(events)))
