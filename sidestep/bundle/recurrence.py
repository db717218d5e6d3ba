"""Schedules as plain data, from which the query function finds the previous run without parsing expressions.

lambdas/query_database/previous_run.py reads the data.
"""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from aws_croniter import AwsCroniter

from sidestep.config.schedule import Schedule

_ALL_YEARS: Final = list(range(1970, 2200))
"""The years that a cron expression can contain (EventBridge Scheduler user guide, "Schedule types")."""

_LENGTHS: Final = (28, 29, 30, 31)
_WEEKDAYS: Final = range(7)


def recurrence(schedule: Schedule) -> dict[str, object]:
    """Return a schedule as plain data: its interval in seconds, or the local times at which it fires."""
    fields = schedule.cron
    if fields is None:
        return {"seconds": int(schedule.shortest_interval.total_seconds())}
    years = sorted(set(fields.years))
    return {
        "minutes": sorted(set(fields.minutes)),
        "hours": sorted(set(fields.hours)),
        "days": [[_marks(fields, _first(length, weekday), length) for weekday in _WEEKDAYS] for length in _LENGTHS],
        "months": sorted(set(fields.months)),
        "years": None if years == _ALL_YEARS else years,
        "zone": zone_of(schedule),
    }


def zone_of(schedule: Schedule) -> str | None:
    """Return the time zone whose file the function needs for a schedule; None if it needs none."""
    return None if schedule.cron is None or schedule.timezone == "UTC" else schedule.timezone


def zone_file(name: str) -> bytes:
    """Return a time zone in the format of RFC 8536 (TZif), from the pinned package and not from this machine."""
    return files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def _marks(fields: AwsCroniter, first: datetime, length: int) -> str:
    """Return a character for each day of the month that begins with `first`: "1" if the schedule fires, else "0"."""
    _, _, day_of_month, _, day_of_week, _ = fields.rules
    days = AwsCroniter(f"0 0 {day_of_month} * {day_of_week} *")
    fitting = {day.day for day in days.get_all_schedule_bw_dates(first, first + timedelta(days=length - 1))}
    return "".join("1" if number in fitting else "0" for number in range(1, length + 1))


@cache
def _first(length: int, weekday: int) -> datetime:
    """Return the first day of a month with `length` days that begins with `weekday`; Monday is 0."""
    months = (datetime(year, month, 1, tzinfo=UTC) for year in range(2000, 2028) for month in range(1, 13))
    return next(first for first in months if monthrange(first.year, first.month) == (weekday, length))
