"""When a schedule last fired, from the recurrence that the bundle contains.

Only queries that need it import this module, to keep other cold starts short.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final, TypedDict, final
from zoneinfo import ZoneInfo

EARLIEST_YEAR: Final = 1970
"""The first year that a cron expression can name (EventBridge Scheduler user guide, "Schedule types")."""

SHORTEST_MONTH: Final = 28


@final
class Rate(TypedDict):
    """A schedule that fires at an interval, in seconds."""

    seconds: int


@final
class Cron(TypedDict):
    """A schedule that fires when the local time matches.

    Attributes:
        minutes, hours, months: sorted; months count from 1.
        years: None if every year matches.
        days: for months of 28 to 31 days, and for each of these with a first day from Monday to Sunday: one character
            per day, "1" if it matches. There are no other months, so this covers all ways to name days.
        zone: the time zone, whose file is below the folder of zones; None is UTC.
    """

    minutes: list[int]
    hours: list[int]
    days: list[list[str]]
    months: list[int]
    years: list[int] | None
    zone: str | None


Recurrence = Rate | Cron


def previous_run(recurrence: Recurrence, moment: datetime, zones: Path) -> datetime | None:
    """Return when a schedule last fired before a moment, in UTC; None if it never did.

    Local times that a change of the clock skips do not count; of those that it repeats, the first one counts.

    Args:
        recurrence: the schedule.
        moment: with a time zone.
        zones: the folder with the files of time zones.
    """
    if "seconds" in recurrence:
        return moment - timedelta(seconds=recurrence["seconds"])
    zone = _zone(recurrence["zone"], zones)
    local = moment.astimezone(zone)
    # While the clock repeats an hour, all local times of the first pass are before the moment.
    repeated = moment - local.replace(fold=0).astimezone(UTC)
    for wall in _times(recurrence, local.replace(tzinfo=None, fold=0) + repeated):
        occurrence = wall.replace(tzinfo=zone).astimezone(UTC)
        is_there = occurrence.astimezone(zone).replace(tzinfo=None) == wall
        if is_there and occurrence < moment:
            return occurrence
    return None


def _times(cron: Cron, latest: datetime) -> Iterator[datetime]:
    """Yield the local times at which a schedule fires, from `latest` back."""
    for day in _days(cron, latest.date()):
        for hour in reversed(cron["hours"]):
            for minute in reversed(cron["minutes"]):
                time = datetime(day.year, day.month, day.day, hour, minute)
                if time <= latest:
                    yield time


def _days(cron: Cron, latest: date) -> Iterator[date]:
    for year in range(latest.year, EARLIEST_YEAR - 1, -1):
        if cron["years"] is None or year in cron["years"]:
            for month in reversed(cron["months"]):
                first_weekday, length = monthrange(year, month)
                marks = cron["days"][length - SHORTEST_MONTH][first_weekday]
                days = (date(year, month, number) for number in range(length, 0, -1) if marks[number - 1] == "1")
                yield from (day for day in days if day <= latest)


def _zone(name: str | None, zones: Path) -> tzinfo:
    if name is None:
        return UTC
    # Not by its name alone: the runtime may have no database of time zones.
    with (zones / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
