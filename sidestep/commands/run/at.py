"""The time that `sidestep run --at` names: a date, or a time with its zone."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sidestep.config.schedule import Schedule, timezone_problem
from sidestep.lambdas.query_database.event import NEWEST, OLDEST
from sidestep.terminal.executions import time_text

FORMS = '2026-01-31, 2026-01-31T08:05:00Z or "2026-01-31 08:05 Europe/Berlin"'


def scheduled_time(at: str, schedules: Collection[Schedule], now: datetime) -> str:
    """Return the scheduled time that --at names, in the form of the function's input.

    Args:
        at: a date, for the first run of that day; or a time with its UTC offset or the name of its zone.
        schedules: the schedules of the queries that run.
        now: the current time.

    Raises:
        ValueError: `at` is not a time, is ambiguous, or is a time that CloudWatch refuses.
    """
    day = _date(at)
    moment = _time(at) if day is None else _first_run(at, day, schedules)
    if not now - OLDEST <= moment <= now + NEWEST:
        meant = "" if time_text(moment) == at else f", which is {time_text(moment)}"
        raise ValueError(f"is {at}{meant}; CloudWatch accepts times from two weeks ago to two hours ahead")
    return time_text(moment)


def _date(at: str) -> date | None:
    try:
        return date.fromisoformat(at)
    except ValueError:
        return None


def _time(at: str) -> datetime:
    text, _, zone = at.rpartition(" ")
    if not text or not zone[:1].isalpha():
        text, zone = at, ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"is {at!r:.80}; write {FORMS}") from None
    if zone and (problem := timezone_problem(zone)):
        raise ValueError(f"is {at!r}: {problem}")
    if bool(zone) == (moment.tzinfo is not None):
        raise ValueError(f"is {at!r}, which has {'two time zones' if zone else 'no time zone'}; write {FORMS}")
    return moment.replace(tzinfo=ZoneInfo(zone)) if zone else moment


def _first_run(at: str, day: date, schedules: Collection[Schedule]) -> datetime:
    firsts = {_first(schedule, day) for schedule in schedules}
    if len(firsts) > 1:
        raise ValueError(f"is {at}, when the queries first run at different times; add a time, or select a --query")
    (first,) = firsts
    if first is None:
        raise ValueError(f"is {at}, when nothing is scheduled; add a time")
    return first


def _first(schedule: Schedule, day: date) -> datetime | None:
    """Return when a schedule first fires on a day in its time zone; None if it does not fire.

    A rate counts from its deployment, which is not known here, so the beginning of the day stands for it.
    """
    zone = ZoneInfo(schedule.timezone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    if schedule.cron is None:
        return midnight
    first = next(schedule.occurrences(midnight - timedelta(seconds=1)), None)
    return first if first is not None and first.astimezone(zone).date() == day else None
