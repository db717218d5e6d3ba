"""Polls databases until the process is interrupted, and waits longer while AWS does not answer."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import Console

from sidestep.aws.errors import TransientError
from sidestep.aws.stacks import Deployed
from sidestep.aws.state_machine import find_workflow
from sidestep.commands.watch.screen import WatchScreen, picture_of_all
from sidestep.commands.watch.watched_database import MetricsSource, WatchedDatabase
from sidestep.terminal.console import working
from sidestep.terminal.executions import time_text

READ_TIMEOUT: Final = 20
"""Seconds to wait for a response; all of these requests take a fraction of a second."""

ATTEMPTS: Final = 4
"""Of a request that AWS throttles, with increasing pauses, before the poll fails."""

LONGEST_WAIT: Final = 60.0
"""The maximum of seconds between two polls, unless the interval is longer."""

SILENCE: Final = timedelta(seconds=30)
"""How long failures are not shown."""


class Backoff:
    """The time to the next poll: it doubles with each failure.

    Attributes:
        seconds: to wait now.
        problem: the message to show; None if there is none.
    """

    def __init__(self, interval: float) -> None:
        """Start with the interval, in seconds."""
        self._interval = interval
        self._since: datetime | None = None
        self.seconds = interval
        self.problem: str | None = None

    def reset(self) -> None:
        """Return to the interval, after a success."""
        self._since = self.problem = None
        self.seconds = self._interval

    def record_failure(self, error: Exception, now: datetime) -> None:
        """Wait longer, and show the error if failures last."""
        self._since = self._since or now
        self.seconds = max(self._interval, min(2 * self.seconds, LONGEST_WAIT))
        if now - self._since >= SILENCE:
            self.problem = f"no answer since {time_text(self._since)}: {error}"


def watch_databases(
    console: Console,
    stacks: Sequence[tuple[Deployed, MetricsSource | None]],
    *,
    interval: float,
    most_series: int,
    once: bool,
) -> None:
    """Show the executions, alarms and metrics of stacks.

    Args:
        console: for the output.
        stacks: the stacks to watch, each with the source of its metrics if that is known.
        interval: seconds between two polls.
        most_series: the maximum number of series to show, of all databases together; 0 for none.
        once: whether to print one picture and return.

    Raises:
        AwsError: the executions cannot be read; if AWS does not answer, only at the first poll.
        KeyboardInterrupt: the process is interrupted.
    """
    with working("looking for the stacks"):
        share = max(1, most_series // len(stacks)) if most_series else 0
        watched = [_watched(deployed, source, share) for deployed, source in stacks]
    with working("reading the executions"):
        _poll(watched)
    if once:
        console.print(picture_of_all(watched, width=console.width))
        return
    backoff = Backoff(interval)
    with WatchScreen(console, watched) as screen:
        while True:
            screen.show(backoff.problem)
            time.sleep(backoff.seconds)
            try:
                _poll(watched)
                backoff.reset()
            except TransientError as error:
                backoff.record_failure(error, _now())


def _watched(deployed: Deployed, source: MetricsSource | None, most_series: int) -> WatchedDatabase:
    clients = deployed.clients(read_timeout=READ_TIMEOUT, attempts=ATTEMPTS)
    workflow = find_workflow(deployed.stack, deployed.title, clients)
    return WatchedDatabase(workflow, source, clients, most_series=most_series)


def _poll(watched: Sequence[WatchedDatabase]) -> None:
    for one in watched:
        one.poll(_now())


def _now() -> datetime:
    return datetime.now(UTC)
