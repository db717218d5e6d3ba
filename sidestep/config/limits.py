"""How long one run may take, so that it and its retries end before the next one starts. All times are in seconds."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sidestep.config.schedule import Schedule
from sidestep.lambdas.query_database.page import MAX_DATUMS

WorkflowType = Literal["standard", "express"]
"""The types of state machines in Step Functions."""

CONNECT_SECONDS: Final = 10
"""For the function's start, its TLS handshake and its log-in, which usually take well under one second."""

PUBLISH_SECONDS: Final = 15
"""For one PutMetricData request, which usually takes a fraction of a second."""

PAGE_SECONDS: Final = 2
"""For each further page: an invocation and a PutMetricData request, which usually take well under one second."""

MARGIN_SECONDS: Final = 5
"""Between the end of a run and the start of the next one; also between the timeouts of a state and its function."""

RESTORE_SECONDS: Final = 600
"""How long a run waits for Lambda to restore the function's network interface, if its schedule leaves the time.

Lambda removes the interface after weeks without a run. The next invocation fails and makes Lambda restore it,
which takes minutes (Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC").
"""

RESTORE_PAUSE_SECONDS: Final = 20
"""Between two invocations while Lambda restores the interface."""

PREPARE_SECONDS: Final = 60
"""For preparing a database. The statements usually take well under one second, but each may wait for a lock."""

MAX_FUNCTION_SECONDS: Final = 900
"""A Lambda function's longest timeout (Lambda quotas)."""

MAX_RUN_SECONDS: Final[dict[WorkflowType, int]] = {"express": 300, "standard": 3600}
"""Express: Step Functions quotas. Standard: Sidestep's own limit, since a later metric is of no use."""

RUN_LABELS: Final[dict[WorkflowType, str]] = {"express": "an Express workflow", "standard": "a run"}
"""What MAX_RUN_SECONDS limits, for messages."""

MAX_QUERY_SECONDS: Final = MAX_FUNCTION_SECONDS - CONNECT_SECONDS
"""The maximum sum of the timeouts of a run's queries, which one invocation of the function runs."""


def pages(series: int) -> int:
    """Return the number of pages of a run that publishes `series` series; at least one."""
    return max(1, math.ceil(series / MAX_DATUMS))


def function_timeout(query_timeouts: Iterable[int]) -> int:
    """Return the timeout of a function whose queries may each use up their own timeout."""
    return CONNECT_SECONDS + sum(query_timeouts)


def run_time(function_timeout: int, further_pages: int) -> int:
    """Return how long a run without retries may take."""
    return function_timeout + PUBLISH_SECONDS + further_pages * PAGE_SECONDS


@dataclass(frozen=True)
class Timing:
    """The time limits that follow from a schedule and a type of workflow.

    Attributes:
        jitter: how long after the scheduled time EventBridge Scheduler may start a run, at most.
    """

    schedule: Schedule
    workflow: WorkflowType
    jitter: int = 0

    @property
    def interval(self) -> int:
        """The shortest time between two runs."""
        return int(self.schedule.shortest_interval.total_seconds())

    @property
    def run_limit(self) -> int:
        """The maximum duration of a run, retries included: the next one may start at its scheduled time."""
        return min(MAX_RUN_SECONDS[self.workflow], self.interval - self.jitter) - MARGIN_SECONDS

    @property
    def delivery_limit(self) -> int:
        """How long EventBridge Scheduler may retry to start a run.

        The minimum is 60, which is also the shortest interval, and the maximum 86,400 (API reference, RetryPolicy).
        It includes the jitter, because the reference does not say whether it counts from the scheduled time.
        """
        return min(86_400, max(60, min(240, self.interval)) + self.jitter)

    @property
    def available_seconds(self) -> int:
        """The time for the timeouts of a run's queries and for its further pages, without retries."""
        return max(0, self.run_limit - PUBLISH_SECONDS - CONNECT_SECONDS)

    @property
    def limit_label(self) -> str:
        """What limits `available_seconds`, for messages."""
        between = self.interval - self.jitter
        if between <= MAX_RUN_SECONDS[self.workflow]:
            less = f", less {self.jitter} s of jitter" if self.jitter else ""
            return f"the schedule {self.schedule.expression} ({self.interval} s from run to run{less})"
        return f"{RUN_LABELS[self.workflow]} ({MAX_RUN_SECONDS[self.workflow]} s at most)"


def machine_limit(timings: Collection[Timing], function_timeout: int, further_pages: int) -> int:
    """Return the timeout of a state machine with several schedules, retries included.

    It is the limit of the most frequent schedule, or more if a manual run of all queries needs more.
    """
    shortest = min(timing.run_limit for timing in timings)
    longest = min(MAX_RUN_SECONDS[timing.workflow] - MARGIN_SECONDS for timing in timings)
    return min(max(shortest, run_time(function_timeout, further_pages)), longest)


def restore_attempts(machine_limit: int, function_timeout: int, further_pages: int) -> int:
    """Return how often the function is retried while Lambda restores its network interface; at least once.

    After the retries, the run itself still has enough time.
    """
    spare = min(RESTORE_SECONDS, machine_limit - run_time(function_timeout, further_pages))
    return max(1, spare // (RESTORE_PAUSE_SECONDS + MARGIN_SECONDS))
