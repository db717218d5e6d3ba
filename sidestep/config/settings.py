"""The keys of metrics.toml below [database], and the whole file as typed, frozen settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from sidestep.config import cloudwatch
from sidestep.config.alarm_windows import WindowKind
from sidestep.config.certificates import Certificates
from sidestep.config.cloudwatch import Unit
from sidestep.config.databases import BaseDatabase, Database
from sidestep.config.duration import duration
from sidestep.config.engines import MYSQL
from sidestep.config.fields import (
    DimensionName,
    FixedDimensions,
    MetricName,
    Namespace,
    Table,
    matching,
    one_of,
)
from sidestep.config.limits import Timing, WorkflowType, pages
from sidestep.config.receivers import Receivers
from sidestep.config.schedule import Schedule
from sidestep.config.sql import checked_sql
from sidestep.lambdas.query_database.queries import own_dimensions
from sidestep.resource_names import OVERVIEW, PREFIX, stack_name

Policy = Literal["skip", "zero", "fail"]
"""A NULL or an empty result is skipped, becomes the value 0, or fails the query."""

InvalidPolicy = Literal["fail", "skip", "escape"]
"""A row with an invalid dimension value fails the query or is skipped, or the value is escaped."""

Missing = Literal["ignore", "ok", "alarm", "unknown"]
"""After a run without a value, an alarm keeps its state, is OK, is in ALARM, or has INSUFFICIENT_DATA."""

Statistic = Literal["value", "distribution", "set"]
"""A metric has one number per series, many rows per series, or the columns of a statistic set."""

STATISTICS: Final[tuple[Statistic, ...]] = get_args(Statistic)

MAX_QUERY_TIMEOUT: Final = 600
"""Seconds. A Lambda function runs for at most 900 (Lambda quotas), and needs time to connect."""

Threshold = Annotated[float, Field(allow_inf_nan=False)]

Deviations = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""The width of a band of expected values, in standard deviations."""


ENGINE: Final = "engine"
"""The key of the query's engine in the validation context; MySQL by default."""

MAX_JITTER_MINUTES: Final = 1440
"""The longest flexible time window of a schedule (EventBridge Scheduler API reference, FlexibleTimeWindow)."""


def _checked_jitter(text: str) -> str:
    minutes, seconds = divmod(duration(text), 60)
    if seconds or minutes > MAX_JITTER_MINUTES:
        raise ValueError(f"is {text!r}; EventBridge Scheduler allows whole minutes, 1 to {MAX_JITTER_MINUTES:,}")
    return text


MAX_SERIES: Final = 100_000
"""Of one query; CloudWatch bills each series."""


class Alarm(Table):
    """The thresholds of a metric; at least one is set.

    Attributes:
        above, below: values beyond these breach.
        anomaly: values outside a band breach, which is this many standard deviations wide.
        runs: the number of runs in a row that breach before the alarm fires; `for` in the file.
        notify: who is notified of it, instead of the receivers of its database; an empty list sends nothing.
        window: how CloudWatch selects the periods that it evaluates.
    """

    above: Threshold | None = None
    below: Threshold | None = None
    anomaly: Deviations | None = None
    runs: Annotated[int, Field(alias="for", ge=1)] = 1
    missing: Missing = "ignore"
    notify: Receivers | None = None
    window: WindowKind = "sliding"

    @model_validator(mode="after")
    def _check_thresholds(self) -> Self:
        if self.above is None and self.below is None and self.anomaly is None:
            raise ValueError("has no threshold; add above, below or both, or anomaly")
        if self.above is not None and self.below is not None and self.above <= self.below:
            raise ValueError(
                f"always fires: above is {self.above:g} and below is {self.below:g}; above must be the larger value"
            )
        return self


class Metric(Table):
    """A metric, which comes from the result column of its name or from SET_COLUMNS.

    Attributes:
        resolution: seconds per stored point.
        rollup: whether the total of all series is published too, without the dimensions from columns.
    """

    unit: Unit = "None"
    resolution: Annotated[int, one_of(*cloudwatch.RESOLUTIONS)] = 60
    statistic: Statistic = "value"
    rollup: bool = False
    alarm: Alarm | None = None


QueryName = Annotated[str, matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "a name has 1 to 64 letters, digits, - and _")]

QueryTimeout = Annotated[int, Field(ge=1, le=MAX_QUERY_TIMEOUT)]


def sql_for_the_engine(sql: str, info: ValidationInfo) -> str:
    """Check SQL in the dialect of its database, which is in the context."""
    return checked_sql(sql, (info.context or {}).get(ENGINE, MYSQL))


class Query(Table):
    """One SELECT, and the metrics and dimensions that its result columns become.

    Attributes:
        database: the database that it queries; not None once the whole file is read. The file may have several: then
            the settings have a query for each, with the fixed dimension DATABASE.
        schedule, timezone: when it runs; those of the file if None.
        dimensions: the columns that are dimensions.
        fixed_dimensions: dimensions of each series; includes those of its database once the whole file is read.
        timeout: in seconds.
        alarm_on_empty: whether an alarm fires when the query returns nothing.
        query_metrics: whether to publish QUERY_METRICS; not None once the whole file is read.
    """

    name: QueryName
    sql: str
    database: str | None = None
    schedule: str | None = None
    timezone: str | None = None
    dimensions: Annotated[tuple[DimensionName, ...], Field(strict=False, max_length=cloudwatch.MAX_DIMENSIONS)] = ()
    fixed_dimensions: FixedDimensions = Field(default_factory=dict)
    timeout: QueryTimeout = 10
    max_series: Annotated[int, Field(ge=1, le=MAX_SERIES)] = 100
    on_null: Policy = "skip"
    on_empty: Policy = "skip"
    on_invalid: InvalidPolicy = "fail"
    alarm_on_empty: bool = False
    query_metrics: bool | None = None
    metrics: Annotated[dict[MetricName, Metric], Field(min_length=1)]

    _check_sql = field_validator("sql")(sql_for_the_engine)

    @property
    def thresholds(self) -> int:
        """The number of alarms on thresholds of its metrics: one for each `above` and each `below`."""
        alarms = [metric.alarm for metric in self.metrics.values() if metric.alarm]
        return sum((alarm.above is not None) + (alarm.below is not None) for alarm in alarms)

    @property
    def anomalies(self) -> int:
        """The number of alarms on bands of expected values."""
        return sum(metric.alarm is not None and metric.alarm.anomaly is not None for metric in self.metrics.values())

    @property
    def result_series(self) -> int:
        """The maximum number of series of a result, totals included."""
        return self.max_series if self.dimensions else len(self.metrics)

    @property
    def own_series(self) -> int:
        """The number of series that each run publishes about the query itself."""
        return len(cloudwatch.QUERY_METRICS) if self.query_metrics else 0

    @property
    def series(self) -> int:
        """The maximum number of series that a run publishes."""
        return self.result_series + self.own_series


def further_pages(queries: Iterable[Query]) -> int:
    """Return the number of pages of a run after the first one, if each query publishes its maximum of series."""
    return pages(sum(query.series for query in queries)) - 1


class General(Table):
    """The keys above the tables, for all databases and queries.

    Attributes:
        name: the prefix of the names of stacks, dashboards, alarms and log groups.
        jitter: how long after its scheduled time a run may start; at that time if None.
        notify: who is notified of the alarms of databases without receivers of their own.
        alarm_on_missing: whether an alarm fires when no run succeeds.
        dashboard: whether each database has a dashboard.
        query_metrics: whether queries publish QUERY_METRICS.
        budget: the maximum price of the series, in US dollars a month; unlimited if None.
        certificates: a file from AWS with RDS's authorities, for regions whose roots are not shipped.
        certificates_sha256: its hash; by default one of the hashes that Sidestep knows.
    """

    name: Annotated[
        str,
        matching(
            "[a-z]([a-z0-9-]{0,38}[a-z0-9])?", "a name has 1 to 40 lower-case letters, digits and -, a letter first"
        ),
    ] = PREFIX
    namespace: Namespace
    schedule: str
    timezone: str = "UTC"
    jitter: Annotated[str, AfterValidator(_checked_jitter)] | None = None
    workflow: WorkflowType = "standard"
    notify: Receivers = ()
    alarm_on_missing: bool = True
    dashboard: bool = True
    query_metrics: bool = False
    budget: Annotated[float | None, Field(ge=0, allow_inf_nan=False)] = None
    certificates: Annotated[str | None, Field(min_length=1)] = None
    certificates_sha256: (
        Annotated[str, matching("[0-9a-f]{64}", "a SHA-256 has 64 digits, 0 to 9 and a to f")] | None
    ) = None

    @property
    def jitter_seconds(self) -> int:
        """The jitter in seconds; 0 without the key."""
        return duration(self.jitter) if self.jitter else 0


@dataclass(frozen=True)
class ScheduledRun:
    """The queries of a database that one schedule starts."""

    timing: Timing
    queries: tuple[Query, ...]


@dataclass(frozen=True, kw_only=True)
class QuerySettings:
    """Queries with all that their metrics need, checked.

    Attributes:
        name: as in General.
        namespace: the namespace of all metrics.
        workflow: the type of the state machines.
        jitter: how long after its scheduled time a run may start, in seconds.
        notify, alarm_on_missing, dashboard, budget: as in General.
        certificates: the trusted roots of RDS; the shipped ones if None.
        databases: by name.
        queries: all queries, each with the name of its database.
        schedules: by the name of the query.
        shared: the names of the queries that run on several databases.
        warnings: probable errors in the file, one message each.
    """

    name: str = PREFIX
    namespace: str
    workflow: WorkflowType
    jitter: int = 0
    notify: tuple[str, ...] = ()
    alarm_on_missing: bool = True
    dashboard: bool = True
    budget: float | None = None
    certificates: Certificates | None = None
    databases: Mapping[str, BaseDatabase]
    queries: tuple[Query, ...]
    schedules: Mapping[str, Schedule]
    shared: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()

    @property
    def roots(self) -> bytes | None:
        """The roots of RDS that the bundles have instead of the shipped ones, as a PEM file; None without the key."""
        return self.certificates.pem if self.certificates else None

    @property
    def shortest_interval(self) -> timedelta:
        """The shortest time between two runs of any schedule."""
        return min(schedule.shortest_interval for schedule in self.schedules.values())

    def stack_of(self, database: str) -> str:
        """Return the name of the stack of a database."""
        return stack_name(self.name, database)

    def alarms_on_missing(self, database: str) -> bool:
        """Return whether an alarm fires when no run of a database succeeds: its own key, or else the file's."""
        own = self.databases[database].alarm_on_missing
        return self.alarm_on_missing if own is None else own

    def receivers_of(self, database: str, alarm: Alarm | None = None) -> tuple[str, ...]:
        """Return who is notified of an alarm: its own receivers, or else its database's, or else the file's."""
        own = alarm.notify if alarm else None
        of_database = self.databases[database].notify
        return next((some for some in (own, of_database) if some is not None), self.notify)

    def all_receivers_of(self, database: str) -> tuple[str, ...]:
        """Return who is notified of any alarm of a database, each once."""
        alarms = [metric.alarm for query in self.queries_of(database) for metric in query.metrics.values()]
        lists = [self.receivers_of(database, alarm) for alarm in (None, *alarms)]
        return tuple(dict.fromkeys(receiver for receivers in lists for receiver in receivers))

    def queries_of(self, database: str) -> tuple[Query, ...]:
        """Return the queries of a database, in the order of the file."""
        return tuple(query for query in self.queries if query.database == database)

    def own_dimensions(self, query: Query) -> dict[str, str]:
        """Return the dimensions of Sidestep's own metrics of a query."""
        return own_dimensions(query.name, query.database if query.name in self.shared else None)

    def timing_of(self, query: Query) -> Timing:
        """Return the schedule of a query and the time limits that follow from it."""
        return Timing(self.schedules[query.name], self.workflow, self.jitter)

    def runs_of(self, database: str) -> tuple[ScheduledRun, ...]:
        """Return a run for each distinct schedule of a database, in the order of the file."""
        by_schedule: dict[Schedule, list[Query]] = {}
        for query in self.queries_of(database):
            by_schedule.setdefault(self.schedules[query.name], []).append(query)
        return tuple(
            ScheduledRun(Timing(schedule, self.workflow, self.jitter), tuple(queries))
            for schedule, queries in by_schedule.items()
        )


@dataclass(frozen=True, kw_only=True)
class Settings(QuerySettings):
    """The whole of metrics.toml, checked.

    Attributes:
        databases: by name; each is a stack.
    """

    databases: Mapping[str, Database]

    @property
    def overview_stack(self) -> str:
        """The name of the stack with the dashboard of several databases, and of that dashboard."""
        return self.stack_of(OVERVIEW)

    @property
    def has_overview(self) -> bool:
        """Whether there is such a dashboard."""
        return self.dashboard and any(len(copies) > 1 for copies in self.shared_queries())

    def shared_queries(self) -> tuple[tuple[Query, ...], ...]:
        """Return the queries that may run on several databases, each with one for each of its databases."""
        by_name: dict[str, list[Query]] = {}
        for query in self.queries:
            if query.name in self.shared:
                by_name.setdefault(query.name, []).append(query)
        return tuple(map(tuple, by_name.values()))
