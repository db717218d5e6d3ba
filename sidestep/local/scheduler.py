"""EventBridge Scheduler's work on the local cloud: when schedules fire, and starting what they name.

Time is the caller's: occurrences are computed, and fired when the caller says so, as fast as it likes.
"""

import heapq
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from sidestep.config.schedule import Schedule
from sidestep.local.cloud import LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_scheduler.type_defs import GetScheduleOutputTypeDef


@dataclass(frozen=True, order=True, slots=True)
class Occurrence:
    """A schedule of a group that fires, and when."""

    moment: datetime
    schedule: str
    group: str = "default"


def occurrences(cloud: LocalCloud, after: datetime) -> Iterator[Occurrence]:
    """Yield, in order and without end, when the enabled schedules of a cloud fire past `after`.

    Raises:
        ValueError: a schedule has an expression that cannot be played here, such as at(...).
    """
    return heapq.merge(*(occurrences_of(schedule, after) for schedule in enabled_schedules(cloud)))


def enabled_schedules(cloud: LocalCloud) -> "list[GetScheduleOutputTypeDef]":
    """Return the enabled schedules of a cloud."""
    scheduler: EventBridgeSchedulerClient = cloud.client("scheduler")
    return [
        scheduler.get_schedule(Name=entry["Name"], GroupName=entry["GroupName"])
        for page in scheduler.get_paginator("list_schedules").paginate(State="ENABLED")
        for entry in page["Schedules"]
    ]


def occurrences_of(schedule: "GetScheduleOutputTypeDef", after: datetime) -> Iterator[Occurrence]:
    """Yield when one schedule fires past `after`.

    Raises:
        ValueError: its expression cannot be played here.
    """
    expression = _expression(schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"])
    return (Occurrence(moment, schedule["Name"], schedule["GroupName"]) for moment in expression.occurrences(after))


def fire(cloud: LocalCloud, occurrence: Occurrence) -> str:
    """Start the state machine that a schedule targets, with the schedule's input; return the execution's ARN."""
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


@cache
def _expression(expression: str, timezone: str) -> Schedule:
    """Parse an expression once: the ticker asks again and again."""
    return Schedule(expression, timezone)
