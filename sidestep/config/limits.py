"""How long one run may take, so that it and its retries end before the next one starts. All in seconds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sidestep.config.schedule import Schedule

Workflow = Literal["standard", "express"]
"""The types of state machine that Step Functions knows."""

CONNECT: Final = 10
"""For the function's start, its TLS handshake and its log-in; a healthy one takes well under one second."""

PUBLISH: Final = 15
"""For one PutMetricData request, which answers in a fraction of a second."""

PAGE: Final = 2
"""For each further page, a call of the function and a PutMetricData; a healthy one takes well under one second."""

MARGIN: Final = 5
"""Between the end of a run and the start of the next one; also what a state is given beyond its function."""

RESTORE: Final = 600
"""How long a run waits for Lambda to restore the function's network interface, if its schedule leaves the time.

Lambda removes the interface after weeks without a run. The next invocation fails and makes Lambda restore it,
which takes minutes (Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC").
"""

RESTORE_PAUSE: Final = 20
"""Seconds between two invocations while Lambda restores the interface."""

PREPARATION: Final = 60
"""For preparing a database. The few statements take well under one second, but each may have to wait for others."""

MAX_FUNCTION: Final = 900
"""A Lambda function's longest timeout (Lambda quotas)."""

MAX_RUN: Final[dict[Workflow, int]] = {"express": 300, "standard": 3600}
"""Express: Step Functions quotas. Standard: our own bound, since a later metric helps nobody."""


A_RUN: Final[dict[Workflow, str]] = {"express": "an Express workflow", "standard": "a run"}
"""What MAX_RUN bounds, in words."""

MOST_QUERY_SECONDS: Final = MAX_FUNCTION - CONNECT
"""What the timeouts of a run's queries may add up to, for one call of the function asks them all."""


def function_timeout(query_timeouts: Iterable[int]) -> int:
    """Return what the query function gets: each of its queries may use up its own timeout."""
    return CONNECT + sum(query_timeouts)


def run_time(function_timeout: int, further_pages: int) -> int:
    """Return how long a run may take that nobody has to retry."""
    return function_timeout + PUBLISH + further_pages * PAGE


@dataclass(frozen=True)
class Timing:
    """The limits that a schedule and a type of workflow set."""

    schedule: Schedule
    workflow: Workflow

    @property
    def interval(self) -> int:
        """The least time between two runs."""
        return int(self.schedule.shortest_interval.total_seconds())

    @property
    def run_limit(self) -> int:
        """After this a whole run, retries included, is cut off."""
        return min(MAX_RUN[self.workflow], self.interval) - MARGIN

    @property
    def delivery_limit(self) -> int:
        """In this time EventBridge Scheduler may retry to start a run.

        It accepts no less than 60 (API reference, RetryPolicy), which is also its shortest interval.
        """
        return max(60, min(240, self.interval))

    @property
    def most_seconds(self) -> int:
        """What the timeouts of a run's queries and its further pages may take together, if nothing is retried."""
        return max(0, self.run_limit - PUBLISH - CONNECT)

    @property
    def limit(self) -> str:
        """The limit behind `most_seconds`, in words."""
        if self.interval <= MAX_RUN[self.workflow]:
            return f"the schedule {self.schedule.expression} ({self.interval} s from run to run)"
        return f"{A_RUN[self.workflow]} ({MAX_RUN[self.workflow]} s at most)"


def machine_limit(timings: Collection[Timing], function_timeout: int, further_pages: int) -> int:
    """Return after how many seconds the state machine of several schedules cuts a run off, retries included.

    It is the limit of the schedule that fires most often, unless a run of all queries, with so many further pages,
    needs more to end at all.
    """
    shortest = min(timing.run_limit for timing in timings)
    longest = min(MAX_RUN[timing.workflow] - MARGIN for timing in timings)
    return min(max(shortest, run_time(function_timeout, further_pages)), longest)


def restore_attempts(machine_limit: int, function_timeout: int, further_pages: int) -> int:
    """Return how many times the function is retried while Lambda restores its network interface.

    The number leaves enough time for the run itself; it is at least one.
    """
    room = min(RESTORE, machine_limit - run_time(function_timeout, further_pages))
    return max(1, room // (RESTORE_PAUSE + MARGIN))
