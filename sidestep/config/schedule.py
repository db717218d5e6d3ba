"""Schedule expressions of EventBridge Scheduler: validation, occurrences, and intervals.

Source: "Schedule types in EventBridge Scheduler" (rate and cron expressions, time zones, daylight saving time).
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cached_property
from itertools import chain, islice, pairwise, takewhile
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from aws_croniter import AwsCroniter

_RATE: Final = re.compile(r"rate\(([1-9][0-9]{0,6}) (minute|hour|day)s?\)")
_CRON: Final = re.compile(r"cron\((.+)\)")
_LAST_WEEKDAY: Final = re.compile(r"((?:\S+ ){4})L( \S+)")

MAX_EXPRESSION: Final = 256
"""Maximum number of characters in an expression (EventBridge Scheduler API reference, CreateSchedule)."""

LONGEST_RATE: Final = timedelta(days=366)
"""Sidestep's own limit: a value of less than once a year is not useful as a metric."""

_NO_PLACES: Final = frozenset({"Factory", "localtime"})
"""Names in the time zone database that are not time zones of places."""

_SAMPLED_OCCURRENCES: Final = 1500
"""More than the minutes of a day: after that, only intervals of days and longer can be new."""

_YEAR: Final = timedelta(days=366)
_HOUR: Final = timedelta(hours=1)

_EXAMPLES: Final = (
    'write for example "rate(5 minutes)" or "cron(0 8 ? * MON-FRI *)" '
    "(minutes hours day-of-month month day-of-week year, one of the two days being ?)"
)


_CLOSE: Final = 0.85
"""The minimum similarity to a time zone's name (difflib): Berln suggests Berlin, but PST does not suggest EST."""

_CRONTAB: Final = re.compile(r"(?:cron\()?([\d*/,-]+ +[\d*/,-]+) +(\S+) +(\S+) +([^\s)]+)\)?")
_WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def timezone_problem(timezone: str) -> str | None:
    """Return what is wrong with the name of a time zone; None if it is valid."""
    zones = available_timezones() - _NO_PLACES
    if timezone in zones:
        return None
    hint = _similar_zone(timezone, zones)
    return f'{timezone!r} is not an IANA time zone{hint}; write for example "UTC" or "Europe/Berlin"'


def _similar_zone(timezone: str, zones: Collection[str]) -> str:
    """Suggest a time zone with a similar name or last part; not one in Etc, whose signs are inverted."""
    known = {word: zone for zone in sorted(zones) for word in (zone.lower(), zone.lower().rpartition("/")[2])}
    close = get_close_matches(timezone.lower(), known, n=1, cutoff=_CLOSE)
    return f' (did you mean "{known[close[0]]}"?)' if close and not known[close[0]].startswith("Etc/") else ""


def _crontab_problem(expression: str) -> str | None:
    """Return a message with the equivalent of a crontab expression; None if the expression is not one.

    A crontab has no year, counts the days of the week from Sunday as 0, and has no "?".
    """
    match = _CRONTAB.fullmatch(expression)
    if match is None:
        return None
    time, day, month, weekday = (field.upper() for field in match.groups())
    if weekday == "*":
        weekday = "?"
    elif day == "*" and weekday != "?":
        day, weekday = "?", re.sub(r"\d", lambda digit: _WEEKDAYS[int(digit[0]) % 7], weekday)
    problem = f"{expression!r} has the five fields of a crontab, but a schedule has six, with a year"
    equivalent = f"cron({time} {day} {month} {weekday} *)"
    try:
        Schedule(equivalent)
    except ValueError:
        return f"{problem}; {_EXAMPLES}"
    return f'{problem}; write "{equivalent}"'


@dataclass(frozen=True)
class Schedule:
    """A recurring schedule: `rate(5 minutes)` or `cron(0 8 ? * MON-FRI *)` in an IANA time zone.

    Raises:
        ValueError: EventBridge Scheduler does not accept the expression or the time zone.
    """

    expression: str
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse what cannot be deployed."""
        problem = timezone_problem(self.timezone)
        if problem:
            raise ValueError(problem)
        if len(self.expression) > MAX_EXPRESSION:
            raise ValueError(f"has {len(self.expression)} characters, but an expression has at most {MAX_EXPRESSION}")
        if crontab := _crontab_problem(self.expression):
            raise ValueError(crontab)
        if self._rate is None and self.cron is None:
            raise ValueError(f"{self.expression!r} is neither a rate nor a cron expression; {_EXAMPLES}")
        if next(self.occurrences(datetime.now(UTC)), None) is None:
            raise ValueError(f"{self.expression!r} never fires again; {_EXAMPLES}")

    def occurrences(self, after: datetime) -> Iterator[datetime]:
        """Yield the times at which the schedule fires, in UTC, beginning with the first one after `after`."""
        if self._rate is not None:
            return self._rate_occurrences(after, self._rate)
        return self._cron_occurrences(after)

    @cached_property
    def shortest_interval(self) -> timedelta:
        """The shortest time between two runs."""
        if self._rate is not None:
            return self._rate
        return min(
            (later - earlier for sample in self._samples() for earlier, later in pairwise(sample)),
            default=LONGEST_RATE,
        )

    @cached_property
    def longest_interval(self) -> timedelta:
        """The longest time between two runs in a year, in local time: daylight saving time does not count."""
        if self._rate is not None:
            return self._rate
        by_the_clock = Schedule(self.expression)
        sample = list(islice(by_the_clock.occurrences(datetime.now(UTC)), _SAMPLED_OCCURRENCES))
        longest = max((later - earlier for earlier, later in pairwise(sample)), default=_YEAR)
        last = sample[-1]
        while last < sample[0] + _YEAR:  # by the hour: minute by minute, a year takes half a minute
            following = next(by_the_clock.occurrences(last + _HOUR), last + _YEAR)
            if following - last - _HOUR > longest:
                between = takewhile(following.__ge__, by_the_clock.occurrences(last))
                longest = max(later - earlier for earlier, later in pairwise(chain([last], between)))
            last = following
        return longest

    @cached_property
    def regular_interval(self) -> timedelta | None:
        """The time between two runs in local time, as for `longest_interval`; None if it is not always the same."""
        shortest = Schedule(self.expression).shortest_interval
        return shortest if shortest == self.longest_interval else None

    @cached_property
    def _rate(self) -> timedelta | None:
        match = _RATE.fullmatch(self.expression)
        if match is None:
            return None
        rate = timedelta(**{f"{match[2]}s": int(match[1])})
        if rate > LONGEST_RATE:
            raise ValueError(f"{self.expression!r} fires less than once a year; {_EXAMPLES}")
        return rate

    @cached_property
    def cron(self) -> AwsCroniter | None:
        """The fields of a cron expression; None for a rate."""
        match = _CRON.fullmatch(self.expression)
        if match is None:
            return None
        try:
            # The library supports the last day of the week by its number only.
            return AwsCroniter(_LAST_WEEKDAY.sub(r"\g<1>7\g<2>", match[1]))
        except ValueError as error:
            reason, _, _ = str(error).partition(".")
            if reason.startswith("invalid literal"):  # from int() in the library
                reason = "one of its fields cannot be read"
            raise ValueError(f"{self.expression!r}: {reason}; {_EXAMPLES}") from error

    def _samples(self) -> Iterator[Iterator[datetime]]:
        """Yield occurrences from now on, and around each clock change, where an interval may shrink."""
        now = datetime.now(UTC)
        yield islice(self.occurrences(now), _SAMPLED_OCCURRENCES)
        for change in _clock_changes(ZoneInfo(self.timezone), now):
            end = change + timedelta(days=1)
            yield takewhile(end.__gt__, self.occurrences(change - timedelta(days=2)))

    @staticmethod
    def _rate_occurrences(after: datetime, interval: timedelta) -> Iterator[datetime]:
        # Scheduler counts from the creation of the schedule, which is unknown here. Multiples since 1970 are stable.
        seconds = int(interval.total_seconds())
        moment = int(after.timestamp()) // seconds * seconds
        while True:
            moment += seconds
            yield datetime.fromtimestamp(moment, UTC)

    def _cron_occurrences(self, after: datetime) -> Iterator[datetime]:
        zone = ZoneInfo(self.timezone)
        # The library counts in UTC only, so it gets local time as if it were UTC.
        wall = after.astimezone(zone).replace(tzinfo=UTC)
        while self.cron is not None:
            (following,) = self.cron.get_next(wall)
            if following is None:
                return
            wall = following
            moment = wall.replace(tzinfo=zone).astimezone(UTC)
            is_there = moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None)
            # A skipped hour does not fire; a repeated hour fires the first time only.
            if is_there and moment > after:
                yield moment


def _clock_changes(zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    """Yield the days of the coming year on which a zone's offset from UTC changes."""
    days = [now + timedelta(days=number) for number in range(LONGEST_RATE.days)]
    for day, following in pairwise(days):
        if day.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            yield following
