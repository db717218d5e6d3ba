"""How often a schedule fires in a month, and in how many of its hours."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final

from sidestep.config.schedule import Schedule

MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Firings:
    """A month of a schedule.

    Attributes:
        runs: how often it fires.
        hours: in how many hours of the clock it does; CloudWatch charges for metrics by the hour.
    """

    runs: int
    hours: int


def firings(schedule: Schedule, month: datetime) -> Firings:
    """Count the 30 days that begin with `month`."""
    end = month + MONTH
    moments = list(takewhile(end.__gt__, schedule.occurrences(month - timedelta(seconds=1))))
    return Firings(len(moments), len({moment.replace(minute=0, second=0) for moment in moments}))


def this_month() -> datetime:
    """Return the beginning of the day in UTC: 30 days from there are the month of a bill."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
