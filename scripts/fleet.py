"""A simulation of many databases with one schedule: the requests of each second, and the bill of a month.

It counts what Sidestep requests, and what AWS's quotas delay or throttle. The queries' own time and the distribution
of the starts are assumed, since neither is known; a seed makes each simulation repeatable.
"""

import heapq
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from scripts import quotas
from scripts.quotas import Bucket, Rate
from sidestep import paths
from sidestep.commands.cost.bill import Bill, Way
from sidestep.commands.cost.measured import measurements
from sidestep.commands.cost.usage import series_of, usage_of
from sidestep.commands.cost.ways import PUBLISHING, bill_of
from sidestep.config.limits import pages
from sidestep.config.loader import load_settings
from sidestep.infrastructure.workflow import DELIVERY_RETRIES

MINUTE: Final = 60
"""Seconds. Without a flexible time window, a schedule fires within a minute (EventBridge Scheduler guide, types)."""

QUERY_SECONDS: Final = (0.01, 0.1)
"""The shortest and the longest time of a query in the database; assumed, evenly distributed."""

DELIVERY_PAUSE: Final = 1.0
"""Seconds before EventBridge Scheduler's first retry, doubled for each further one; assumed."""

CONCURRENT: Final = "Concurrent functions"

SEED: Final = 1

MONTH: Final = datetime(2026, 6, 1, tzinfo=UTC)

_HEAD: Final = """
namespace = "Fleet"
schedule = "rate(5 minutes)"

[database.one]
sample = true
"""

_QUERY: Final = """
[[query]]
name = "q{number}"
sql = "SELECT d AS D, x AS M{number} FROM t"
dimensions = ["D"]
max_series = {series}
metrics = {{ M{number} = {{}} }}
"""


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Databases with the same queries and schedule, each with its stack.

    Attributes:
        databases: their number.
        queries: of each database.
        series: of each query.
        window: the seconds after the scheduled time over which the starts are evenly distributed.
        large: whether the quotas are those of the largest Regions.
    """

    databases: int = 500
    queries: int = 20
    series: int = 1
    window: int = 1
    large: bool = True

    def bucket(self, rate: Rate) -> Bucket:
        """Return a quota in the Region."""
        return rate.large if self.large else rate.small


@dataclass(kw_only=True)
class Load:
    """The requests of one schedule time.

    Attributes:
        starts, transitions, invocations, puts: the number in each second, by the second after the scheduled time.
        running: the highest number of functions at once in each second.
        waited: how often a quota delayed or throttled a request, by the name of the quota.
        lost: runs that did not start or failed.
        longest: the seconds of the longest run.
    """

    starts: Counter[int] = field(default_factory=Counter)
    transitions: Counter[int] = field(default_factory=Counter)
    invocations: Counter[int] = field(default_factory=Counter)
    puts: Counter[int] = field(default_factory=Counter)
    running: Counter[int] = field(default_factory=Counter)
    waited: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    longest: float = 0.0

    @property
    def seconds(self) -> range:
        """The seconds from the scheduled time to the last request."""
        return range(max(self.transitions, default=0) + 1)


def simulate(fleet: Fleet) -> Load:
    """Return the load of all runs of one scheduled time."""
    return _Simulation(fleet).load()


def bill(fleet: Fleet, way: Way) -> Bill:
    """Return the bill of a month with a run every five minutes, an alarm on missing metrics, and no other alarm."""
    queries = "".join(_QUERY.format(number=number, series=fleet.series) for number in range(fleet.queries))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / paths.METRICS_FILE
        file.write_text(_HEAD + queries, encoding="utf-8")
        settings = load_settings(file)
    (one,) = usage_of(settings, series_of(settings), MONTH)
    databases = [replace(one, name=f"{one.name}-{number}") for number in range(fleet.databases)]
    return bill_of(way, databases, measurements())


def retry_pauses(state: str, error: str) -> list[float]:
    """Return the seconds before each retry of a state of the workflow after an error."""
    workflow = json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))
    retrier = next(one for one in workflow["States"][state]["Retry"] if error in one["ErrorEquals"])
    return [retrier["IntervalSeconds"] * retrier["BackoffRate"] ** number for number in range(retrier["MaxAttempts"])]


class _Tokens:
    """A token bucket, asked in the order of time."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._tokens = float(bucket.size)
        self._asked = 0.0

    def take(self, now: float) -> bool:
        """Take a token if there is one."""
        self._refill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def reserve(self, now: float) -> float:
        """Take a token, possibly a future one; return when it is there."""
        self._refill(now)
        self._tokens -= 1
        return now + max(0.0, -self._tokens / self._bucket.refill)

    def _refill(self, now: float) -> None:
        self._tokens = min(self._bucket.size, self._tokens + (now - self._asked) * self._bucket.refill)
        self._asked = now


Steps = Generator[float, None, None]
"""A run. It yields when it goes on."""


class _Simulation:
    """Runs of one scheduled time, each of which goes through the states of the workflow."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._random = random.Random(SEED)  # noqa: S311 - no secret
        self._load = Load()
        self._now = 0.0
        self._running = 0
        self._invocations, self._starts, self._transitions, self._puts = (
            _Tokens(fleet.bucket(rate))
            for rate in (quotas.INVOCATIONS, quotas.STARTS, quotas.TRANSITIONS, quotas.PUTS)
        )
        self._function_pauses = retry_pauses("QueryDatabase", "Lambda.TooManyRequestsException")
        self._put_pauses = retry_pauses("PublishMetrics", "CloudWatch.CloudWatchException")

    def load(self) -> Load:
        moments = [self._random.uniform(0, self._fleet.window) for _ in range(self._fleet.databases)]
        events: list[tuple[float, int, Steps]] = [
            (moment, number, self._run()) for number, moment in enumerate(moments)
        ]
        heapq.heapify(events)
        while events:
            moment, number, run = heapq.heappop(events)
            for second in range(self._second + 1, int(moment) + 1):
                self._load.running[second] = self._running
            self._now = moment
            following = next(run, None)
            if following is not None:
                heapq.heappush(events, (following, number, run))
        return self._load

    def _run(self) -> Steps:
        begin = self._now
        yield self._delayed(self._invocations, quotas.INVOCATIONS.name)
        pauses = [DELIVERY_PAUSE * 2**number for number in range(DELIVERY_RETRIES)]
        if not (yield from self._tried(self._starts.take, quotas.STARTS.name, pauses)):
            return
        self._load.starts[self._second] += 1
        series = self._fleet.queries * self._fleet.series
        for page in range(pages(series)):
            yield self._transition()
            if not (yield from self._tried(self._has_concurrency, CONCURRENT, self._function_pauses)):
                return
            yield from self._function(series, page)
            yield self._transition()
            if not (yield from self._tried(self._puts.take, quotas.PUTS.name, self._put_pauses)):
                return
            self._load.puts[self._second] += 1
            yield self._now + PUBLISHING
            yield self._transition()
        yield self._transition()
        self._load.longest = max(self._load.longest, self._now - begin)

    def _function(self, series: int, page: int) -> Steps:
        self._running += 1
        self._load.invocations[self._second] += 1
        self._load.running[self._second] = max(self._load.running[self._second], self._running)
        yield self._now + self._seconds(series, page)
        self._running -= 1

    def _seconds(self, series: int, page: int) -> float:
        """Return the time of an invocation: all queries run in the first one of a run."""
        if page:
            return measurements().seconds(series, "mysql") - measurements().seconds(series - 1000, "mysql")
        queries = sum(self._random.uniform(*QUERY_SECONDS) for _ in range(self._fleet.queries))
        return measurements().seconds(min(series, 1000), "mysql") + queries

    def _transition(self) -> float:
        moment = self._delayed(self._transitions, quotas.TRANSITIONS.name)
        self._load.transitions[int(moment)] += 1
        return moment

    def _delayed(self, tokens: _Tokens, name: str) -> float:
        """Return when a token is there; requests beyond the quota wait."""
        moment = tokens.reserve(self._now)
        self._load.waited[name] += moment > self._now
        return moment

    def _tried(
        self, take: Callable[[float], bool], name: str, pauses: Sequence[float]
    ) -> Generator[float, None, bool]:
        """Try until a request is not throttled; return whether one of the retries succeeds."""
        for pause in (*pauses, None):
            if take(self._now):
                return True
            self._load.waited[name] += 1
            if pause is not None:
                yield self._now + pause
        self._load.lost += 1
        return False

    def _has_concurrency(self, _now: float) -> bool:
        return self._running < quotas.CONCURRENCY

    @property
    def _second(self) -> int:
        return int(self._now)
