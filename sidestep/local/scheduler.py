"""EventBridge Scheduler's work on the local cloud: when schedules fire, and starting what they name.

Time is the caller's: occurrences are computed, and fired when the caller says so, as fast as it likes.
"""

import heapq
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sidestep.local.cloud import LocalCloud
from sidestep.schedule import Schedule


@dataclass(frozen=True, order=True, slots=True)
class Occurrence:
    """A schedule that fires, and when."""

    moment: datetime
    schedule: str


def occurrences(cloud: LocalCloud, after: datetime) -> Iterator[Occurrence]:
    """Yield, in order and without end, when the enabled schedules of a cloud fire past `after`."""
    scheduler = cloud.client("scheduler")
    schedules = [
        scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"])
        for entry in scheduler.list_schedules(State="ENABLED")["Schedules"]
    ]
    return heapq.merge(*(_occurrences_of(schedule, after) for schedule in schedules))


def fire(cloud: LocalCloud, occurrence: Occurrence) -> str:
    """Start the state machine that a schedule targets, with the schedule's input; return the execution's ARN."""
    schedule = cloud.client("scheduler").get_schedule(Name=occurrence.schedule)
    event = schedule["Target"]["Input"]
    for attribute, value in {
        "<aws.scheduler.scheduled-time>": occurrence.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<aws.scheduler.schedule-arn>": schedule["Arn"],
        "<aws.scheduler.execution-id>": str(uuid.uuid4()),
        "<aws.scheduler.attempt-number>": "1",
    }.items():
        event = event.replace(attribute, value)
    started = cloud.client("stepfunctions").start_execution(
        stateMachineArn=schedule["Target"]["Arn"], input=event, name=str(uuid.uuid4())
    )
    return str(started["executionArn"])


def _occurrences_of(schedule: dict[str, Any], after: datetime) -> Iterator[Occurrence]:
    expression = Schedule(schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"])
    return (Occurrence(moment, schedule["Name"]) for moment in expression.occurrences(after))
