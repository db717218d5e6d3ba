"""How long to wait for AWS: longer each time it does not answer, and without a word unless that lasts."""

from datetime import datetime, timedelta
from typing import Final

from sidestep.terminal.executions import time_text

LONGEST_WAIT: Final = 60.0
"""Seconds from one look to the next, at the most, unless the interval is longer anyway."""

LASTS: Final = timedelta(seconds=30)
"""From here on somebody should be told."""


class Patience:
    """Waits between looks.

    Attributes:
        seconds: to wait now.
        problem: what to tell; None if there is nothing.
    """

    def __init__(self, interval: float) -> None:
        """Begin with the interval, in seconds."""
        self._interval = interval
        self._since: datetime | None = None
        self.seconds = interval
        self.problem: str | None = None

    def reward(self) -> None:
        """AWS has answered."""
        self._since = self.problem = None
        self.seconds = self._interval

    def try_on(self, error: Exception, now: datetime) -> None:
        """AWS has not answered."""
        self._since = self._since or now
        self.seconds = max(self._interval, min(2 * self.seconds, LONGEST_WAIT))
        if now - self._since >= LASTS:
            self.problem = f"no answer since {time_text(self._since)}: {error}"
