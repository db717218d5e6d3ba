"""The usage of the databases of a metrics.toml in a month: runs, series, pages, alarms."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import takewhile
from typing import Final

from sidestep.config import receivers
from sidestep.config.alarm_windows import window_for_missing_runs
from sidestep.config.databases import Cluster, Database, EndpointDatabase, Existing, Proxy, Sample
from sidestep.config.engines import EngineName
from sidestep.config.errors import ConfigError, printable, suggestion
from sidestep.config.limits import pages
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query, ScheduledRun, Settings
from sidestep.prices import ANOMALY_ALARM_METRICS, HOURS_PER_MONTH

MONTH: Final = timedelta(days=30)

MAILS_PER_ADDRESS: Final = 10
"""A month; assumed."""

VALUE_CHARACTERS: Final = 16
"""The length of a dimension value that comes from a column; assumed."""

SeriesOf = Mapping[str, int]
"""The number of series that each query publishes in a run of a database, by the query's name."""

_SERIES: Final = re.compile(r"(?:(?P<query>[^=]*)=)?(?P<series>[0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class RunCount:
    """How often a schedule starts a run in a month.

    Attributes:
        runs: the number of runs.
        hours: the number of clock hours with a run; CloudWatch charges for metrics by the hour.
    """

    runs: int
    hours: int


@dataclass(frozen=True, kw_only=True)
class QueryUsage:
    """The usage of one query in a run.

    Attributes:
        series: the series that it publishes.
        request_bytes: their size in PutMetricData requests, uncompressed.
        embedded_bytes: their size in a log in the embedded metric format.
    """

    series: int
    request_bytes: int
    embedded_bytes: int


@dataclass(frozen=True, kw_only=True)
class ScheduleUsage:
    """The usage of one schedule in a month.

    Attributes:
        expression: the schedule.
        engine: of the database.
        runs, hours: as in RunCount.
        queries: the queries of a run.
    """

    expression: str
    engine: EngineName
    runs: int
    hours: int
    queries: tuple[QueryUsage, ...]

    @property
    def series(self) -> int:
        """The series of a run."""
        return sum(query.series for query in self.queries)

    @property
    def pages(self) -> int:
        """The pages of a run."""
        return pages(self.series)

    @property
    def request_bytes(self) -> int:
        """The size of a run's PutMetricData requests, uncompressed."""
        return sum(query.request_bytes for query in self.queries)

    @property
    def embedded_bytes(self) -> int:
        """The size of a run's log in the embedded metric format."""
        return sum(query.embedded_bytes for query in self.queries)


@dataclass(frozen=True, kw_only=True)
class DatabaseUsage:
    """The usage of the stack of one database in a month.

    Attributes:
        name: of the database.
        schedules: the usage of each of its schedules.
        alarms: the metrics of alarms on metrics without dimensions: one each, or three with a band.
        analysed: the metrics that the other alarms analyse, counted once per alarm.
        dashboards: 0 or 1.
        shares_dashboard: whether it is on the dashboard of several databases.
        addresses: the number of mail addresses to notify, each once.
        network: identifies the VPC, which needs one NAT gateway or endpoint for all of its databases.
        aurora: whether it is, or may be, an Aurora cluster; an instance and the sample are none.
        sample: the instance class of the sample database; None if the stack has none.
    """

    name: str
    schedules: tuple[ScheduleUsage, ...]
    alarms: int
    analysed: int
    dashboards: int
    shares_dashboard: bool
    addresses: int
    network: str
    aurora: bool
    sample: str | None

    @property
    def runs(self) -> int:
        """Executions of all schedules."""
        return sum(schedule.runs for schedule in self.schedules)

    @property
    def pages(self) -> int:
        """Pages of all runs."""
        return sum(schedule.runs * schedule.pages for schedule in self.schedules)

    @property
    def series(self) -> int:
        """Series of all queries."""
        return sum(schedule.series for schedule in self.schedules)

    @cached_property
    def metric_months(self) -> float:
        """The series, each weighted by the part of the month's hours in which it gets values."""
        return sum(schedule.series * schedule.hours for schedule in self.schedules) / HOURS_PER_MONTH


def series_of(settings: Settings, values: Iterable[str] = ()) -> SeriesOf:
    """Return the number of series of each query: what --series says, else what the file admits.

    Args:
        settings: the file.
        values: of --series, such as "12" for each query with dimensions, or "orders=12" for one query, besides the
            metrics of the query itself. A number for all queries is limited to what each query admits.

    Raises:
        ConfigError: a value has another form, or does not fit the file.
    """
    admitted = {query.name: query.result_series for query in settings.queries}
    of_all: dict[str, int] = {}
    of_one: dict[str, int] = {}
    for value in values:
        match = _SERIES.fullmatch(value)
        if match is None:
            raise _error(value, "must be a number, or a query, = and a number, such as --series orders=12")
        query, series = match["query"], int(match["series"])
        if query is None:
            of_all = {one.name: min(series, one.result_series) for one in settings.queries if one.dimensions}
        elif query not in admitted:
            raise _error(value, f"the file has no such query{suggestion(query, admitted)}")
        elif series > admitted[query]:
            raise _error(value, f"max_series of the query is {admitted[query]:,}")
        else:
            of_one[query] = series
    own = {query.name: query.own_series for query in settings.queries}
    return {name: series + own[name] for name, series in (admitted | of_all | of_one).items()}


def run_count(schedule: Schedule, month: datetime) -> RunCount:
    """Count the runs of the 30 days that begin with `month`."""
    end = month + MONTH
    moments = list(takewhile(end.__gt__, schedule.occurrences(month - timedelta(seconds=1))))
    return RunCount(len(moments), len({moment.replace(minute=0, second=0) for moment in moments}))


def usage_of(settings: Settings, series: SeriesOf, month: datetime) -> tuple[DatabaseUsage, ...]:
    """Return the usage of each database in the 30 days that begin with `month`."""
    sharing = {query.database for copies in settings.shared_queries() for query in copies}
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
            shares_dashboard=settings.has_overview and name in sharing,
            addresses=len(receivers.addresses(settings.all_receivers_of(name))),
            network=_network(name, database),
            aurora=_may_be_aurora(database),
            sample=database.instance_class if isinstance(database, Sample) else None,
        )
        for name, database in settings.databases.items()
    )


def _schedule(
    namespace: str, engine: EngineName, run: ScheduledRun, series: SeriesOf, month: datetime
) -> ScheduleUsage:
    count = run_count(run.timing.schedule, month)
    return ScheduleUsage(
        expression=run.timing.schedule.expression,
        engine=engine,
        runs=count.runs,
        hours=count.hours,
        queries=tuple(
            QueryUsage(
                series=series[query.name],
                request_bytes=_request_bytes(query, series[query.name]),
                embedded_bytes=_embedded_bytes(namespace, query, series[query.name]),
            )
            for query in run.queries
        ),
    )


def _alarms(settings: Settings, database: str) -> int:
    """Return the metrics of alarms on metrics without dimensions; a test compares them with the template."""
    queries = settings.queries_of(database)
    timings = [run.timing for run in settings.runs_of(database)]
    missing = settings.alarms_on_missing(database) and window_for_missing_runs(timings) is not None
    empty = sum(query.alarm_on_empty for query in queries)
    bands = ANOMALY_ALARM_METRICS * sum(query.anomalies for query in queries)
    return missing + empty + bands + sum(query.thresholds for query in queries if not query.dimensions)


def _analysed(query: Query, series: int) -> int:
    """Return the metrics that a query's alarms analyse, if its series are evenly distributed over its metrics."""
    of_result = series - query.own_series
    return query.thresholds * math.ceil(of_result / len(query.metrics)) if query.dimensions else 0


def _network(name: str, database: Database) -> str:
    return f"{database.account} {database.region} {database.vpc_id}" if isinstance(database, Existing) else name


def _may_be_aurora(database: Database) -> bool:
    if isinstance(database, EndpointDatabase):
        return not database.resource_id.startswith("db-")
    return isinstance(database, Cluster | Proxy)


def _request_bytes(query: Query, series: int) -> int:
    """Return the size of a query's data in a request."""
    dimensions = [{"Name": name, "Value": value} for name, value in _dimensions(query).items()]
    datums = [
        {"MetricName": name, "Timestamp": "2026-01-31T08:05:00Z", "Value": 12345.0, "Unit": metric.unit}
        | ({"Dimensions": dimensions} if dimensions else {})
        for name, metric in query.metrics.items()
    ]
    return math.ceil(_length(datums) * series / len(datums))


def _embedded_bytes(namespace: str, query: Query, series: int) -> int:
    """Return the size of a query's lines in the embedded metric format, one line per row."""
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


def _error(value: str, why: str) -> ConfigError:
    return ConfigError([f"--series {printable(value)}: {why}"])
