"""The input of an execution that `sidestep run` starts: the scheduled time of --at and the queries of --query."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sidestep.config.errors import ConfigError, printable, suggestion
from sidestep.config.schedule import Schedule, timezone_problem
from sidestep.config.settings import Settings
from sidestep.lambdas.query_database.event import NEWEST, OLDEST
from sidestep.terminal.executions import time_text

FORMS: Final = '2026-01-31, 2026-01-31T08:05:00Z or "2026-01-31 08:05 Europe/Berlin"'


def event_for(
    settings: Settings, database: str, *, queries: Sequence[str], at: str | None, now: datetime, file: str
) -> Mapping[str, object]:
    """Return the input of an execution; an empty one runs all deployed queries with the current time.

    Raises:
        ConfigError: the database has no such query, or `at` is not a time that CloudWatch accepts.
    """
    names = [query.name for query in settings.queries_of(database)]
    mistakes = [
        f"{file}: database.{database} has no query "
        f'"{printable(name)}"{suggestion(name, names)}; it has {", ".join(names)}'
        for name in queries
        if name not in names
    ]
    event: dict[str, object] = {}
    if at is not None:
        chosen = [name for name in names if name in queries] or names
        schedules = {settings.schedules[name] for name in chosen}
        try:
            event["ScheduledTime"] = _scheduled_time(at, schedules, now)
        except ValueError as error:
            mistakes.append(f"--at {printable(str(error))}")
    if mistakes:
        raise ConfigError(mistakes)
    if queries:
        event["Queries"] = [name for name in names if name in queries]
    return event


def event_of_a_stack(*, queries: Sequence[str], at: str | None, now: datetime) -> Mapping[str, object]:
    """Return the input of an execution in the stack of another app, whose queries and schedules are unknown here.

    Raises:
        ConfigError: `at` is not a time that CloudWatch accepts, or is a date, whose first run is unknown.
    """
    event: dict[str, object] = {"Queries": list(queries)} if queries else {}
    if at is not None:
        if _date(at) is not None:
            raise ConfigError([f"--at is {at}; with --stack, add a time"])
        try:
            event["ScheduledTime"] = _scheduled_time(at, (), now)
        except ValueError as error:
            raise ConfigError([f"--at {printable(str(error))}"]) from None
    return event


def _scheduled_time(at: str, schedules: Collection[Schedule], now: datetime) -> str:
    """Return the scheduled time that --at names, in the form of the function's input.

    Args:
        at: a date, for the first run of that day; or a time with a UTC offset or an IANA time zone.
        schedules: the schedules of the queries that run.
        now: the current time.

    Raises:
        ValueError: `at` is not a time, is ambiguous, or is a time that CloudWatch rejects.
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

    A rate counts from its deployment, which is unknown here, so it is the beginning of the day.
    """
    zone = ZoneInfo(schedule.timezone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    if schedule.cron is None:
        return midnight
    first = next(schedule.occurrences(midnight - timedelta(seconds=1)), None)
    return first if first is not None and first.astimezone(zone).date() == day else None
