"""How far back alarms look: what schedules need, and CloudWatch's limits. All times are in seconds.

Source: CloudWatch API reference, PutMetricAlarm (Period) and WallClockWindow, and user guide, "Limits that apply to
alarms" and "Alarm evaluation window".
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final, Literal

from sidestep.config.limits import Timing
from sidestep.config.schedule import Schedule

WindowKind = Literal["sliding", "wall-clock"]
"""A window moves with each evaluation, or has the complete hours, days or weeks of a time zone."""

HOUR: Final = 3600
DAY: Final = 24 * HOUR

MAX_WINDOW_OF_SHORT_PERIODS: Final = DAY
"""The longest window of an alarm with a period under an hour."""

MAX_WINDOW: Final = 7 * DAY
"""The longest window of other alarms."""

MAX_WINDOW_OF_INSIGHTS: Final = 3 * HOUR
"""The longest window of an alarm on a Metrics Insights query, as each alarm on a metric with dimensions is."""

METRIC_DELAY: Final = 300
"""How late Step Functions' own metrics may be. Its guide guarantees no time; they usually take a minute."""

MAX_WARM_UP: Final = 48 * HOUR
"""The longest time that a new alarm can wait (CloudWatch API reference, WarmUpConfiguration)."""


WALL_CLOCK_PERIODS: Final = (60, 300, HOUR, DAY, 7 * DAY)
"""The periods that a wall clock window may have."""

WITHOUT_WALL_CLOCK: Final = ("me-central-1", "me-south-1")
"""Regions without wall clock windows (AWS What's New, August 2026)."""

_SAMPLED_RUNS: Final = 100
"""Enough for the times of day of a schedule with pauses of several days."""


@dataclass(frozen=True, slots=True)
class Window:
    """The most recent periods, which an alarm evaluates.

    Attributes:
        period: in seconds.
        periods: their number.
        timezone: the time zone of a wall clock window; None for a sliding one.
    """

    period: int
    periods: int
    timezone: str | None = None

    @property
    def seconds(self) -> int:
        """All periods together."""
        return self.period * self.periods

    def limit(self, *, dimensions: bool) -> int:
        """Return the longest window that CloudWatch allows with this period."""
        limit = MAX_WINDOW_OF_SHORT_PERIODS if self.period < HOUR else MAX_WINDOW
        return min(limit, MAX_WINDOW_OF_INSIGHTS) if dimensions else limit


def window_for_runs(timing: Timing, runs: int) -> Window:
    """Return the window with the values of a number of runs: all values of a run have its scheduled time."""
    return Window(timing.interval, runs)


def window_for_alarm(timing: Timing, runs: int, kind: WindowKind) -> Window | None:
    """Return the window of an alarm on a number of runs; None if the schedule does not fit a wall clock window.

    It fits if each period of the clock has exactly one run. The time of day at which a rate fires is unknown, but it
    is always the same in UTC.
    """
    if kind == "sliding":
        return window_for_runs(timing, runs)
    interval = timing.schedule.regular_interval
    seconds = int(interval.total_seconds()) if interval else None
    if seconds not in WALL_CLOCK_PERIODS:
        return None
    return Window(seconds, runs, timing.schedule.timezone if timing.schedule.cron else "UTC")


def window_for_missing_runs(timings: Collection[Timing]) -> Window | None:
    """Return the window in which at least one run must succeed; None if it is longer than CloudWatch allows.

    Runs of all schedules count, so the schedule with the shortest longest interval decides. Within that interval a
    run was due. It may have started late and used all of its time, and its metric may have been late.

    With a sliding window, this delay is a part of the window, which is then too long for a weekly run. A wall clock
    window of seven days has a run on one of them, and CloudWatch evaluates it after the last day.
    """
    seconds = METRIC_DELAY + min(
        timing.schedule.longest_interval.total_seconds() + timing.delivery_limit + timing.run_limit
        for timing in timings
    )
    for period in (300, HOUR):
        window = Window(period, math.ceil(seconds / period))
        if window.seconds <= window.limit(dimensions=False):
            return window
    return next(
        (
            Window(DAY, MAX_WINDOW // DAY, timing.schedule.timezone)
            for timing in timings
            if _has_a_run_on_one_of_seven_days(timing)
        ),
        None,
    )


def _has_a_run_on_one_of_seven_days(timing: Timing) -> bool:
    """Return whether a run is due on one of any seven days in a row, and ends on the day on which it is due.

    The time of day at which a rate fires is unknown, so its runs may end on either side of midnight.
    """
    schedule = timing.schedule
    if schedule.cron is None or schedule.longest_interval > timedelta(days=7):
        return False
    latest = timedelta(seconds=timing.delivery_limit + timing.run_limit)
    by_the_clock = islice(Schedule(schedule.expression).occurrences(datetime.now(UTC)), _SAMPLED_RUNS)
    return all((due + latest).date() == due.date() for due in by_the_clock)
