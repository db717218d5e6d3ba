"""EventBridge Scheduler on the local cloud: computes when schedules fire, and starts their state machines.

The caller decides what time it is, so it can fire occurrences faster than real time. Only the ticker delays them by
flexible time windows.
"""

import heapq
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING, Final
from zlib import crc32

from botocore.exceptions import ClientError

from sidestep.config.schedule import Schedule
from sidestep.local.cloud import LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_scheduler.type_defs import GetScheduleOutputTypeDef

LONGEST_DELAY: Final = timedelta(minutes=1)
"""Occurrences that were due earlier, while this machine slept, are skipped."""


@dataclass(frozen=True, order=True, slots=True)
class Occurrence:
    """A schedule of a group, and the time at which it fires."""

    moment: datetime
    schedule: str
    group: str = "default"


def occurrences(cloud: LocalCloud, after: datetime) -> Iterator[Occurrence]:
    """Yield, in order and without end, the occurrences after a time of all enabled schedules.

    Raises:
        ValueError: the local cloud does not support an expression, such as at(...).
    """
    return heapq.merge(*(_occurrences_of(schedule, after) for schedule in _enabled_schedules(cloud)))


def fire(cloud: LocalCloud, occurrence: Occurrence) -> str:
    """Start the schedule's state machine with the schedule's input; return the ARN of the execution."""
    schedule = cloud.client("scheduler").get_schedule(Name=occurrence.schedule, GroupName=occurrence.group)
    event = schedule["Target"].get("Input", "{}")
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


class Ticker:
    """Fires schedules in real time. It lists them at each tick, so deployments can change them at any time."""

    def __init__(self, cloud: LocalCloud, now: datetime) -> None:
        """Start at `now`: earlier occurrences do not fire."""
        self._cloud = cloud
        self._start = now
        self._fired_until = now
        self._unsupported: set[str] = set()

    def tick(self, now: datetime) -> list[str]:
        """Fire each occurrence since the last tick, once.

        Returns:
            The schedules that could not fire, with the reason. An unsupported expression is reported once.
        """
        try:
            schedules = _enabled_schedules(self._cloud)
        except ClientError:  # a schedule was deleted after it was listed: the next tick finds the others
            return []
        after = max(self._fired_until, now - LONGEST_DELAY)
        self._fired_until = max(self._fired_until, now)
        problems: list[str] = []
        for occurrence in self._due(schedules, after, now, problems):
            try:
                fire(self._cloud, occurrence)
            except ClientError as error:
                problems.append(f"{occurrence.schedule}: {error.response['Error']['Message']}")
        return problems

    def _due(
        self, schedules: "list[GetScheduleOutputTypeDef]", after: datetime, now: datetime, problems: list[str]
    ) -> list[Occurrence]:
        """Return the occurrences to fire after `after` and until `now`; add unsupported expressions to `problems`."""
        due: list[Occurrence] = []
        for schedule in schedules:
            window = _window(schedule)
            earliest = max(self._start, after - window)
            try:
                due += [
                    occurrence
                    for occurrence in takewhile(lambda one: one.moment <= now, _occurrences_of(schedule, earliest))
                    if after < occurrence.moment + _delay(occurrence, window) <= now
                ]
            except ValueError as error:
                problem = f"{schedule['Name']}: {error}"
                if problem not in self._unsupported:
                    problems.append(problem)
                self._unsupported.add(problem)
        return sorted(due)


def _enabled_schedules(cloud: LocalCloud) -> "list[GetScheduleOutputTypeDef]":
    scheduler: EventBridgeSchedulerClient = cloud.client("scheduler")
    return [
        scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"])
        for page in scheduler.get_paginator("list_schedules").paginate(State="ENABLED")
        for entry in page["Schedules"]
    ]


def _window(schedule: "GetScheduleOutputTypeDef") -> timedelta:
    """Return the flexible time window of a schedule; nothing if it is off."""
    return timedelta(minutes=schedule["FlexibleTimeWindow"].get("MaximumWindowInMinutes", 0))


def _delay(occurrence: Occurrence, window: timedelta) -> timedelta:
    """Return how long after its scheduled time an occurrence fires: a time within the window, always the same."""
    key = f"{occurrence.group} {occurrence.schedule} {occurrence.moment.isoformat()}"
    return timedelta(seconds=crc32(key.encode()) % max(1, int(window.total_seconds())))


def _occurrences_of(schedule: "GetScheduleOutputTypeDef", after: datetime) -> Iterator[Occurrence]:
    """Yield the occurrences of one schedule; raises ValueError, before the first, for an unsupported expression."""
    expression = _parsed(schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"])
    return (Occurrence(moment, schedule["Name"], schedule["GroupName"]) for moment in expression.occurrences(after))


@cache
def _parsed(expression: str, timezone: str) -> Schedule:
    """Parse an expression once: the ticker needs it at each tick."""
    return Schedule(expression, timezone)
