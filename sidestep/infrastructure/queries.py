"""Queries, checks, metrics and alarms as objects of a CDK app, instead of tables in a file.

Their fields are the keys of metrics.toml, and have the defaults of the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from sidestep.config.alarm_windows import WindowKind
from sidestep.config.checks import Severity
from sidestep.config.cloudwatch import Unit
from sidestep.config.settings import InvalidPolicy, Missing, Policy, Statistic


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """The thresholds of a metric; at least one of `above`, `below` and `anomaly` is set.

    Attributes:
        above: a value greater than this breaches.
        below: a value less than this breaches.
        anomaly: a value outside CloudWatch's band of expected values breaches; the band is this many standard
            deviations wide. Only for queries without dimensions.
        for_: the number of runs in a row that breach before the alarm fires; `for` in a file.
        missing: the state after a run without a value: "ignore" keeps the state, "ok", "alarm" or "unknown".
        notify: e-mail addresses and ARNs of SNS topics that receive this alarm, instead of those of the construct;
            an empty list for none.
        window: "sliding" evaluates the latest values; "wall-clock" evaluates complete hours, days or weeks.
    """

    above: float | None = None
    below: float | None = None
    anomaly: float | None = None
    for_: int = 1
    missing: Missing = "ignore"
    notify: Sequence[str] | None = None
    window: WindowKind = "sliding"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric, which comes from the result column of its name.

    Attributes:
        unit: a unit of CloudWatch.
        resolution: seconds per stored point: 60, or 1 for a high-resolution metric.
        statistic: "value" for one number per series, "distribution" for many rows per series, or "set" for the
            columns of a statistic set.
        rollup: whether the total of all series is published too, without the dimensions from columns.
        alarm: its thresholds.
    """

    unit: Unit = "None"
    resolution: int = 60
    statistic: Statistic = "value"
    rollup: bool = False
    alarm: Alarm | None = None


@dataclass(frozen=True, kw_only=True)
class Query:
    """One SELECT, and the metrics and dimensions that its result columns become.

    Attributes:
        name: letters, digits, "-" and "_"; unique in a construct.
        sql: one SELECT or WITH statement.
        metrics: the metrics, by the names of result columns.
        dimensions: the result columns that are dimensions.
        fixed_dimensions: dimensions with the same value in every series.
        schedule: a rate or cron expression; by default that of the construct.
        timezone: the time zone of `schedule`.
        timeout: seconds after which the database stops the query.
        max_series: more series, totals included, fail the query. CloudWatch bills each series.
        on_null: what a NULL metric becomes: "skip" leaves it out, "zero" publishes 0, "fail" fails the query.
        on_empty: the same for a result without rows.
        on_invalid: what happens to a row whose dimension value CloudWatch rejects: "fail", "skip" or "escape".
        alarm_on_empty: whether an alarm fires when the query returns nothing.
        query_metrics: whether it also publishes QueryDuration and RowsReturned; by default that of the construct.
    """

    name: str
    sql: str
    metrics: Mapping[str, Metric]
    dimensions: Sequence[str] = ()
    fixed_dimensions: Mapping[str, str] | None = None
    schedule: str | None = None
    timezone: str | None = None
    timeout: int = 10
    max_series: int = 100
    on_null: Policy = "skip"
    on_empty: Policy = "skip"
    on_invalid: InvalidPolicy = "fail"
    alarm_on_empty: bool = False
    query_metrics: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Check:
    """One SELECT that returns the rows that should not exist, or with `max_age` one time.

    It publishes the metric Violations, the number of rows, or Age, in seconds, with the dimension Check, and has an
    alarm on it.

    Attributes:
        name: letters, digits, "-" and "_"; unique among the queries and checks of a construct.
        sql: one SELECT or WITH statement.
        fixed_dimensions: dimensions with the same value in every run.
        schedule: a rate or cron expression; by default that of the construct.
        timezone: the time zone of `schedule`.
        timeout: seconds after which the database stops the query.
        rows: the maximum number of rows that a run logs; needs `show`.
        show: the result columns of these rows that are logged. Leave out columns with personal data.
        max_age: the age beyond which the alarm fires, such as "2 hours"; the query then returns one time.
        on_null: what a NULL time becomes: "skip" publishes nothing, "zero" publishes 0, "fail" fails the check.
        on_empty: the same for a result without rows, with `max_age`.
        for_: the number of runs in a row that breach before the alarm fires; `for` in a file.
        missing: the alarm's state after a run without a value: "ignore" keeps it, "ok", "alarm" or "unknown".
        notify: e-mail addresses and ARNs of SNS topics that receive its alarm, instead of those of the construct.
        window: "sliding" evaluates the latest values; "wall-clock" evaluates complete hours, days or weeks.
        severity: "critical", "error", "warning" or "info"; it begins the alarm's description.
        query_metrics: whether it also publishes QueryDuration and RowsReturned; by default that of the construct.
    """

    name: str
    sql: str
    fixed_dimensions: Mapping[str, str] | None = None
    schedule: str | None = None
    timezone: str | None = None
    timeout: int = 10
    rows: int = 0
    show: Sequence[str] = ()
    max_age: str | None = None
    on_null: Policy = "fail"
    on_empty: Policy = "fail"
    for_: int = 1
    missing: Missing = "ignore"
    notify: Sequence[str] | None = None
    window: WindowKind = "sliding"
    severity: Severity | None = None
    query_metrics: bool | None = None


def as_table(value: object) -> object:
    """Return an object as TOML would have it: keys with their default values are left out."""
    if is_dataclass(value):
        own = {one.name: getattr(value, one.name) for one in fields(value) if getattr(value, one.name) != one.default}
        return {name.rstrip("_"): as_table(one) for name, one in own.items()}
    if isinstance(value, Mapping):
        return {name: as_table(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_table(one) for one in value]
    return value
