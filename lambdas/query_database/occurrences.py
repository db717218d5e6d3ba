"""When a schedule last fired, from what the deployment wrote down of it.

Only runs that need it import this module: a cold start is paid by every other one, too.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final, TypedDict, final
from zoneinfo import ZoneInfo

EARLIEST_YEAR: Final = 1970
"""The first that a cron expression can name (EventBridge Scheduler user guide, "Schedule types")."""

SHORTEST_MONTH: Final = 28


@final
class Rate(TypedDict):
    """A schedule that fires every so many seconds."""

    seconds: int


@final
class Cron(TypedDict):
    """A schedule that fires when the clock on the wall of a place fits.

    Attributes:
        minutes, hours, months: sorted; months count from 1.
        years: None if each fits.
        days: for months of 28 to 31 days, and among these for those whose first day is a Monday to a Sunday, a mark
            for each day, "1" if it fits. No year has another kind of month, so the many ways to name days end here.
        zone: the place, whose file lies below the folder of zones; None is UTC.
    """

    minutes: list[int]
    hours: list[int]
    days: list[list[str]]
    months: list[int]
    years: list[int] | None
    zone: str | None


Recurrence = Rate | Cron


def previous_occurrence(recurrence: Recurrence, moment: datetime, zones: Path) -> datetime | None:
    """Return when a schedule last fired before a moment, in UTC; None if it never did.

    Times that the clock skips do not count; of those that it repeats, the first one does.

    Args:
        recurrence: the schedule.
        moment: with a time zone.
        zones: the folder with the files of time zones.
    """
    if "seconds" in recurrence:
        return moment - timedelta(seconds=recurrence["seconds"])
    zone = _zone(recurrence["zone"], zones)
    local = moment.astimezone(zone)
    # While the clock repeats an hour, what it showed the first time lies before the moment: also what is later in it.
    repeated = moment - local.replace(fold=0).astimezone(UTC)
    for wall in _times(recurrence, local.replace(tzinfo=None, fold=0) + repeated):
        occurrence = wall.replace(tzinfo=zone).astimezone(UTC)
        is_there = occurrence.astimezone(zone).replace(tzinfo=None) == wall
        if is_there and occurrence < moment:
            return occurrence
    return None


def _times(cron: Cron, latest: datetime) -> Iterator[datetime]:
    """Yield what the clock on the wall shows when a schedule fires, from `latest` back."""
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
    # Not by its name alone, which asks for a database of time zones that the runtime need not have.
    with (zones / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
