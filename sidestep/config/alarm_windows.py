"""How far back alarms look: what schedules need, and CloudWatch's limits. All times are in seconds.

Source: CloudWatch API reference, PutMetricAlarm (Period), and user guide, "Limits that apply to alarms".
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sidestep.config.limits import Timing

HOUR: Final = 3600

MAX_WINDOW_OF_SHORT_PERIODS: Final = 24 * HOUR
"""The longest window of an alarm with a period under an hour."""

MAX_WINDOW: Final = 7 * 24 * HOUR
"""The longest window of other alarms."""

MAX_WINDOW_OF_INSIGHTS: Final = 3 * HOUR
"""The longest window of an alarm on a Metrics Insights query, as each alarm on a metric with dimensions is."""

METRIC_DELAY: Final = 300
"""How late Step Functions' own metrics may be. Its guide guarantees no time; they usually take a minute."""

MAX_WARM_UP: Final = 48 * HOUR
"""The longest time that a new alarm can wait (CloudWatch API reference, WarmUpConfiguration)."""


@dataclass(frozen=True, slots=True)
class Window:
    """The most recent periods, which an alarm evaluates."""

    period: int
    periods: int

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


def window_for_missing_runs(timings: Collection[Timing]) -> Window | None:
    """Return the window in which at least one run must succeed; None if it is longer than CloudWatch allows.

    Runs of all schedules count, so the schedule with the shortest longest interval decides. Within that interval a
    run was due. It may have started late and used all of its time, and its metric may have been late.
    """
    seconds = METRIC_DELAY + min(
        timing.schedule.longest_interval.total_seconds() + timing.jitter + timing.delivery_limit + timing.run_limit
        for timing in timings
    )
    for period in (300, HOUR):
        window = Window(period, math.ceil(seconds / period))
        if window.seconds <= window.limit(dimensions=False):
            return window
    return None
