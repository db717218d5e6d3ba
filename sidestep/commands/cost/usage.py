"""What the databases of a metrics.toml use in a month: runs, series, pages, alarms; prices are elsewhere."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from sidestep.commands.cost.firings import firings
from sidestep.config.alarm_windows import window_for_missing_runs
from sidestep.config.databases import Database, Existing, Sample
from sidestep.config.engines import EngineName
from sidestep.config.pages import pages
from sidestep.config.settings import Query, ScheduledRun, Settings
from sidestep.prices import HOURS_PER_MONTH

MAILS_PER_ADDRESS: Final = 10
"""Assumed, a month."""

VALUE_CHARACTERS: Final = 16
"""Assumed, of the value of a dimension that is a column."""

SeriesOf = Mapping[str, int]
"""How many series a run publishes, by the name of the query."""


@dataclass(frozen=True, kw_only=True)
class ScheduleUsage:
    """What one schedule starts in a month.

    Attributes:
        expression: the schedule.
        engine: of the database.
        runs: executions.
        hours: hours of the clock with one.
        series: what each run publishes.
        request_bytes: what each run sends to PutMetricData, uncompressed.
        embedded_bytes: what each run would print in the embedded metric format.
    """

    expression: str
    engine: EngineName
    runs: int
    hours: int
    series: int
    request_bytes: int
    embedded_bytes: int

    @property
    def pages(self) -> int:
        """Of each run."""
        return pages(self.series)


@dataclass(frozen=True, kw_only=True)
class DatabaseUsage:
    """What the stack of one database uses in a month.

    Attributes:
        name: the database's.
        schedules: what starts its runs.
        alarms: those on metrics without dimensions.
        analysed: metrics that the queries of the other alarms look at, each counted once for each alarm.
        dashboards: one or none.
        addresses: who is told by mail.
        network: what a NAT gateway or an endpoint would serve; databases of one VPC have the same.
        sample: the instance class of the sample, if the stack has one.
    """

    name: str
    schedules: tuple[ScheduleUsage, ...]
    alarms: int
    analysed: int
    dashboards: int
    addresses: int
    network: str
    sample: str | None

    @property
    def runs(self) -> int:
        """Executions."""
        return sum(schedule.runs for schedule in self.schedules)

    @property
    def pages(self) -> int:
        """Of all runs."""
        return sum(schedule.runs * schedule.pages for schedule in self.schedules)

    @property
    def series(self) -> int:
        """Of all queries."""
        return sum(schedule.series for schedule in self.schedules)

    @cached_property
    def metric_months(self) -> float:
        """The series, each for the part of the month's hours in which it gets values."""
        return sum(schedule.series * schedule.hours for schedule in self.schedules) / HOURS_PER_MONTH


def usage_of(settings: Settings, series: SeriesOf, month: datetime) -> tuple[DatabaseUsage, ...]:
    """Count what a month that begins with `month` uses, with so many series of each query."""
    return tuple(
        DatabaseUsage(
            name=name,
            schedules=tuple(
                _schedule(settings.namespace, database.engine.name, run, series, month)
                for run in settings.runs_of(name)
            ),
            alarms=_alarms(settings, name),
            analysed=sum(_analysed(query, series[query.name]) for query in settings.queries_of(name)),
            dashboards=int(settings.dashboard),
            addresses=len(settings.notify),
            network=_network(name, database),
            sample=database.instance_class if isinstance(database, Sample) else None,
        )
        for name, database in settings.databases.items()
    )


def _schedule(
    namespace: str, engine: EngineName, run: ScheduledRun, series: SeriesOf, month: datetime
) -> ScheduleUsage:
    fired = firings(run.timing.schedule, month)
    return ScheduleUsage(
        expression=run.timing.schedule.expression,
        engine=engine,
        runs=fired.runs,
        hours=fired.hours,
        series=sum(series[query.name] for query in run.queries),
        request_bytes=sum(_request_bytes(query, series[query.name]) for query in run.queries),
        embedded_bytes=sum(_embedded_bytes(namespace, query, series[query.name]) for query in run.queries),
    )


def _alarms(settings: Settings, database: str) -> int:
    """Return how many alarms on listed metrics the stack has; tests compare it with the template."""
    queries = settings.queries_of(database)
    timings = [run.timing for run in settings.runs_of(database)]
    missing = settings.alarms_on_missing(database) and window_for_missing_runs(timings) is not None
    empty = sum(query.alarm_on_empty for query in queries)
    return missing + empty + sum(query.thresholds for query in queries if not query.dimensions)


def _analysed(query: Query, series: int) -> int:
    """Return what the alarms of a query with dimensions look at, its series being evenly spread over its metrics."""
    return query.thresholds * math.ceil(series / len(query.metrics)) if query.dimensions else 0


def _network(name: str, database: Database) -> str:
    return f"{database.account} {database.region} {database.vpc_id}" if isinstance(database, Existing) else name


def _request_bytes(query: Query, series: int) -> int:
    """Return how long the data of a query are in a request."""
    dimensions = [{"Name": name, "Value": value} for name, value in _dimensions(query).items()]
    datums = [
        {"MetricName": name, "Timestamp": "2026-01-31T08:05:00Z", "Value": 12345.0, "Unit": metric.unit}
        | ({"Dimensions": dimensions} if dimensions else {})
        for name, metric in query.metrics.items()
    ]
    return math.ceil(_length(datums) * series / len(datums))


def _embedded_bytes(namespace: str, query: Query, series: int) -> int:
    """Return how long the log lines of a query would be: one for each row, with all of its metrics."""
    dimensions = _dimensions(query)
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": metric.unit} for name, metric in query.metrics.items()],
    }
    line = {"_aws": {"Timestamp": 1_769_846_700_000, "CloudWatchMetrics": [directive]}, **dimensions}
    return math.ceil(_length(line | dict.fromkeys(query.metrics, 12345.0)) * series / len(query.metrics))


def _dimensions(query: Query) -> dict[str, str]:
    return {**dict.fromkeys(query.dimensions, "x" * VALUE_CHARACTERS), **query.fixed_dimensions}


def _length(content: object) -> int:
    return len(json.dumps(content, separators=(",", ":")).encode())
