"""metrics.toml as typed, frozen settings; what the file may say, key by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from sidestep.config import cloudwatch
from sidestep.config.certificates import Certificates
from sidestep.config.cloudwatch import Unit
from sidestep.config.databases import Database
from sidestep.config.engines import MYSQL
from sidestep.config.fields import (
    DimensionName,
    FixedDimensions,
    MetricName,
    Namespace,
    Table,
    distinct,
    matching,
    one_of,
)
from sidestep.config.limits import Timing, Workflow
from sidestep.config.schedule import Schedule
from sidestep.config.sql import checked_sql

Policy = Literal["skip", "zero", "fail"]
InvalidPolicy = Literal["fail", "skip", "escape"]
"""What a NULL or an empty result becomes: nothing, the value 0, or a failure of the query."""

Missing = Literal["ignore", "ok", "alarm", "unknown"]
"""What an alarm makes of a run without a value: it stays as it is, takes it as good or as bad, or has no state."""

Statistic = Literal["value", "distribution", "set"]
"""What a metric is made of: one number per series, many rows per series, or columns that sum the numbers up."""

STATISTICS: Final[tuple[Statistic, ...]] = get_args(Statistic)

MAX_QUERY_TIMEOUT: Final = 600
"""Seconds; a Lambda function lives 900 at most (Lambda quotas), and has to connect as well."""

Address = Annotated[
    str, matching(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", 'an e-mail address is like "ops@example.com"')
]

Threshold = Annotated[float, Field(allow_inf_nan=False)]


ENGINE: Final = "engine"
"""The key in the context of a query's validation: the engine of its database; MySQL if it is left out."""

MAX_SERIES: Final = 100_000
"""Of one query; CloudWatch bills each series."""


class Alarm(Table):
    """When a metric's values are bad.

    Attributes:
        above, below: values beyond these are bad; at least one of them is set.
        runs: so many in a row ring; `for` in the file.
    """

    above: Threshold | None = None
    below: Threshold | None = None
    runs: Annotated[int, Field(alias="for", ge=1)] = 1
    missing: Missing = "ignore"

    @model_validator(mode="after")
    def _check_thresholds(self) -> Self:
        if self.above is None and self.below is None:
            raise ValueError("has no threshold; write above, below or both")
        if self.above is not None and self.below is not None and self.above <= self.below:
            raise ValueError(f"rings always: every value is above {self.above:g} or below {self.below:g}")
        return self


class Metric(Table):
    """What becomes a metric: the result column of its name, or SET_COLUMNS.

    Attributes:
        resolution: seconds per stored point.
        rollup: whether the total of all series is published as well, without the dimensions of the columns.
    """

    unit: Unit = "None"
    resolution: Annotated[int, one_of(*cloudwatch.RESOLUTIONS)] = 60
    statistic: Statistic = "value"
    rollup: bool = False
    alarm: Alarm | None = None


class Query(Table):
    """One SELECT and what its result columns become.

    Attributes:
        database: which one it asks; never None once the whole file is read.
        schedule, timezone: when it runs; those of the file if left out.
        dimensions: the columns that are dimensions.
        fixed_dimensions: those of each of its series; its database's among them once the whole file is read.
        timeout: in seconds.
        alarm_on_empty: whether an alarm rings when the query returns nothing.
    """

    name: Annotated[
        str,
        matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "a query's name has 1 to 64 letters, digits, - and _"),
    ]
    sql: str
    database: str | None = None
    schedule: str | None = None
    timezone: str | None = None
    dimensions: Annotated[tuple[DimensionName, ...], Field(strict=False, max_length=cloudwatch.MAX_DIMENSIONS)] = ()
    fixed_dimensions: FixedDimensions = Field(default_factory=dict)
    timeout: Annotated[int, Field(ge=1, le=MAX_QUERY_TIMEOUT)] = 10
    max_series: Annotated[int, Field(ge=1, le=MAX_SERIES)] = 100
    on_null: Policy = "skip"
    on_empty: Policy = "skip"
    on_invalid: InvalidPolicy = "fail"
    alarm_on_empty: bool = False
    metrics: Annotated[dict[MetricName, Metric], Field(min_length=1)]

    @field_validator("sql")
    @classmethod
    def _check_sql(cls, sql: str, info: ValidationInfo) -> str:
        """Check it in the dialect of the query's database, which the context names."""
        return checked_sql(sql, (info.context or {}).get(ENGINE, MYSQL))

    @property
    def thresholds(self) -> int:
        """The number of alarms on its metrics: one for each `above` and each `below`."""
        alarms = [metric.alarm for metric in self.metrics.values() if metric.alarm]
        return sum((alarm.above is not None) + (alarm.below is not None) for alarm in alarms)

    @property
    def series(self) -> int:
        """How many series, totals included, a run of it may publish."""
        return self.max_series if self.dimensions else len(self.metrics)


class General(Table):
    """The keys above the tables: they hold for all databases and queries.

    Attributes:
        notify: e-mail addresses that every alarm tells.
        alarm_on_missing: whether an alarm rings when no run succeeds any more.
        dashboard: whether each database has one.
        budget: US dollars a month that the series may cost; no matter what if left out.
        certificates: an AWS file with RDS's authorities, for regions whose roots are not shipped.
        certificates_sha256: its hash; by default a hash that Sidestep knows.
    """

    namespace: Namespace
    schedule: str
    timezone: str = "UTC"
    workflow: Workflow = "standard"
    notify: Annotated[tuple[Address, ...], Field(strict=False), AfterValidator(distinct)] = ()
    alarm_on_missing: bool = True
    dashboard: bool = True
    budget: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    certificates: Annotated[str | None, Field(min_length=1)] = None
    certificates_sha256: (
        Annotated[str, matching("[0-9a-f]{64}", "a SHA-256 has 64 digits, 0 to 9 and a to f, as sha256sum prints it")]
        | None
    ) = None


@dataclass(frozen=True)
class Run:
    """What one schedule starts: some of a database's queries."""

    timing: Timing
    queries: tuple[Query, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The whole of metrics.toml, checked.

    Attributes:
        namespace: of all metrics.
        workflow: the type of the state machines.
        notify, alarm_on_missing, dashboard, budget: as in General.
        certificates: the roots of RDS to trust; the shipped ones if None.
        databases: by their names; each is a stack.
        queries: all of them, each with its database's name.
        schedules: by the name of the query, when it runs.
        warnings: probable mistakes in the file, one sentence each.
    """

    namespace: str
    workflow: Workflow
    notify: tuple[str, ...] = ()
    alarm_on_missing: bool = True
    dashboard: bool = True
    budget: float | None = None
    certificates: Certificates | None = None
    databases: Mapping[str, Database]
    queries: tuple[Query, ...]
    schedules: Mapping[str, Schedule]
    warnings: tuple[str, ...] = ()

    @property
    def shortest_interval(self) -> timedelta:
        """The least time between two runs of any schedule."""
        return min(schedule.shortest_interval for schedule in self.schedules.values())

    def rings_on_missing(self, database: str) -> bool:
        """Return whether an alarm rings when no run of a database succeeds: as its table says, else as the file."""
        own = self.databases[database].alarm_on_missing
        return self.alarm_on_missing if own is None else own

    def queries_of(self, database: str) -> tuple[Query, ...]:
        """Return the queries that ask `database`, in the order of the file."""
        return tuple(query for query in self.queries if query.database == database)

    def timing_of(self, query: Query) -> Timing:
        """Return when a query runs, and the limits that this sets."""
        return Timing(self.schedules[query.name], self.workflow)

    def runs_of(self, database: str) -> tuple[Run, ...]:
        """Return what the distinct schedules of `database` start, in the order of the file."""
        by_schedule: dict[Schedule, list[Query]] = {}
        for query in self.queries_of(database):
            by_schedule.setdefault(self.schedules[query.name], []).append(query)
        return tuple(
            Run(Timing(schedule, self.workflow), tuple(queries)) for schedule, queries in by_schedule.items()
        )
