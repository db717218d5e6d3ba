"""The alarms of a database's stack, and their states."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sidestep import resource_names
from sidestep.aws.clients import Clients, explained

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

OK: Final = "OK"
ALARM: Final = "ALARM"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm.

    Attributes:
        name: its name without the prefix of the stack, such as missing or orders/above/Orders.
        state: OK, ALARM or INSUFFICIENT_DATA.
        since: when it entered this state.
    """

    name: str
    state: str
    since: datetime


def read_alarms(name: str, clients: Clients) -> tuple[Alarm, ...]:
    """Read the states of all alarms of a workflow, sorted by name; `name` is their prefix.

    Raises:
        AwsError: the alarms cannot be read.
    """
    prefix = resource_names.alarm_prefix(name)
    with explained("cloudwatch:DescribeAlarms"):
        client: CloudWatchClient = clients("cloudwatch")
        pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
        found = [
            Alarm(alarm["AlarmName"].removeprefix(prefix), alarm["StateValue"], alarm["StateUpdatedTimestamp"])
            for page in pages
            for alarm in page["MetricAlarms"]
        ]
    return tuple(sorted(found, key=lambda alarm: alarm.name))
