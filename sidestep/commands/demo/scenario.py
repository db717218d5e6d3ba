"""What happens in the demonstration: runs on a schedule, one of them with a broken query, each checked at its end."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sidestep.aws.executions import FAILED, RUNNING, SUCCEEDED, Execution, follow
from sidestep.aws.metrics import Series, Values, read_series
from sidestep.config.settings import Query, Settings
from sidestep.lambdas.query_database.metric_data import FAILED_QUERIES
from sidestep.local import scheduler
from sidestep.local.cloud import LocalCloud
from sidestep.local.sample_sessions import SampleSessions
from sidestep.local.sqlite_schema import AnsweredQuery

RUNS: Final = 12
BROKEN_RUN: Final = 8
"""Counted from 1. Before it somebody renames a column, and takes that back after it."""

BROKEN_QUERY: Final = "sessions_by_plan"

DEADLINE: Final = timedelta(seconds=30)
"""For one run, which takes well under a second."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the workflow, as far as it has come.

    Attributes:
        number: counted from 1.
        moment: when the schedule fired, in simulated time.
        execution: what Step Functions tells of it.
        answered: what the database said, by series.
    """

    number: int
    moment: datetime
    execution: Execution
    answered: dict[Series, float] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether the execution has ended."""
        return self.execution.status != RUNNING

    @property
    def as_expected(self) -> bool:
        """Whether it ended the way that the scenario wants."""
        if self.number != BROKEN_RUN:
            return self.execution.status == SUCCEEDED
        failed = self.execution.status == FAILED and self.execution.error == "QueriesFailed"
        return failed and BROKEN_QUERY in (self.execution.cause or "")


class Clock:
    """The demonstration's time, which the database takes part in."""

    def __init__(self, start: datetime) -> None:
        """Begin at `start`."""
        self._now = start

    def now(self) -> datetime:
        """Return the simulated time."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Set the simulated time."""
        self._now = moment


class Scenario:
    """The runs of the demonstration on a cloud to which its stack has been deployed.

    Attributes:
        runs: the finished ones.
    """

    def __init__(self, cloud: LocalCloud, settings: Settings, clock: Clock) -> None:
        """Open the shop; `clock` is the one that the cloud's database reads."""
        self.runs: Final[list[Run]] = []
        self._cloud = cloud
        self._settings = settings
        self._clock = clock
        self._start = clock.now()
        self._sessions = SampleSessions(cloud.database, seed=1)
        self._stepfunctions = cloud.client("stepfunctions")

    def play(self) -> Iterator[Run]:
        """Yield each run again and again while it proceeds, at last finished."""
        for number, occurrence in enumerate(islice(scheduler.occurrences(self._cloud, self._start), RUNS), start=1):
            self._clock.move_to(occurrence.moment)
            self._sessions.advance(occurrence.moment)
            with self._sessions.broken_by_a_migration() if number == BROKEN_RUN else nullcontext():
                yield from self._run(number, occurrence)

    def published(self) -> dict[Series, Values]:
        """Read back from CloudWatch what all runs so far have published."""
        interval = self._settings.shortest_interval
        return read_series(
            self._cloud.client("cloudwatch"),
            self._settings.namespace,
            start=self._start,
            end=self._clock.now() + interval,
            period=interval,
        )

    def expected(self) -> dict[Series, Values]:
        """Return what must have been published: what the database said, and the failure of the broken query."""
        values: dict[Series, Values] = {}
        for run in self.runs:
            for series, value in run.answered.items():
                values.setdefault(series, {})[run.moment] = value
            if run.number == BROKEN_RUN:
                values[Series(FAILED_QUERIES, (("Query", BROKEN_QUERY),))] = {run.moment: 1}
        return values

    def _run(self, number: int, occurrence: scheduler.Occurrence) -> Iterator[Run]:
        answers_before = len(self._cloud.database.answers)
        arn = scheduler.fire(self._cloud, occurrence)
        for execution in follow(self._stepfunctions, arn, interval=0.02, deadline=DEADLINE):
            run = Run(number, occurrence.moment, execution)
            if run.finished:
                answers = self._cloud.database.answers[answers_before:]
                run = Run(number, occurrence.moment, execution, self._answered(answers))
                self.runs.append(run)
            yield run

    def _answered(self, answers: list[AnsweredQuery]) -> dict[Series, float]:
        queries = {query.sql: query for query in self._settings.queries}
        return {series: value for answer in answers for series, value in _series_of(answer, queries[answer.sql])}


def _series_of(answer: AnsweredQuery, query: Query) -> Iterator[tuple[Series, float]]:
    """Read a result by its columns' names: not with the code that is being shown."""
    for row in answer.rows:
        cells = dict(zip(answer.columns, row, strict=True))
        dimensions = tuple(sorted((name, str(cells[name])) for name in query.dimensions))
        for metric in query.metrics:
            yield Series(metric, dimensions), float(str(cells[metric]))
