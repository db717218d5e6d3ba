"""How far back alarms look: CloudWatch's limits, and what schedules need. All in seconds.

Source: CloudWatch API reference, PutMetricAlarm (Period), and user guide, "Limits that apply to alarms".
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sidestep.config.limits import Timing

HOUR: Final = 3600

FURTHEST_UNDER_AN_HOUR: Final = 24 * HOUR
"""How far alarms with periods of less than an hour may look back."""

FURTHEST: Final = 7 * 24 * HOUR
"""How far alarms with longer periods may look back."""

FURTHEST_OF_A_QUERY: Final = 3 * HOUR
"""How far alarms on a Metrics Insights query may look back, the only ones on a metric with dimensions."""

METRIC_DELAY: Final = 300
"""How late Step Functions' own metrics may be; "not guaranteed", says its guide, and usually about one minute."""

LONGEST_WARM_UP: Final = 48 * HOUR
"""For how long a new alarm can be told to wait (CloudWatch API reference, WarmUpConfiguration)."""


@dataclass(frozen=True, slots=True)
class Window:
    """The most recent periods of an alarm."""

    period: int
    periods: int

    @property
    def seconds(self) -> int:
        """All periods together."""
        return self.period * self.periods

    def furthest(self, *, dimensions: bool) -> int:
        """Return how far back CloudWatch lets an alarm with this period look."""
        limit = FURTHEST_UNDER_AN_HOUR if self.period < HOUR else FURTHEST
        return min(limit, FURTHEST_OF_A_QUERY) if dimensions else limit


def window_of_runs(timing: Timing, runs: int) -> Window:
    """Return the window that holds the values of so many runs: all values of a run carry its scheduled time."""
    return Window(timing.interval, runs)


def window_of_silence(timings: Collection[Timing]) -> Window | None:
    """Return after how much time without a run that succeeded something is wrong; None if alarms see less.

    Runs of all schedules count, so the schedule with the shortest longest pause decides. Within that pause a run was
    due; it may have been delivered late, may have used all of its time, and its success may be told late.
    """
    patience = METRIC_DELAY + min(
        timing.schedule.longest_interval.total_seconds() + timing.delivery_limit + timing.run_limit
        for timing in timings
    )
    for period in (300, HOUR):
        window = Window(period, math.ceil(patience / period))
        if window.seconds <= window.furthest(dimensions=False):
            return window
    return None
