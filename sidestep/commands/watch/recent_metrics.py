"""The recent values of a database's metrics, for a limited number of series, because AWS charges for each.

GetMetricData costs USD 0.01 for 1,000 requested metrics with any number of points, without a free tier. ListMetrics
costs as much for 1,000 requests after the first million (Amazon CloudWatch pricing).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Final, Literal

from sidestep.aws.clients import Clients, explained
from sidestep.aws.metrics import Series, Values, read_values, series_of
from sidestep.config.cloudwatch import OWN_METRICS, QUERY_METRICS
from sidestep.config.settings import Query, Settings

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import ListMetricsInputTypeDef

POINTS: Final = 36
"""The number of points of a plot: three hours at five minutes."""

LONGEST_PERIOD: Final = timedelta(days=1)
"""The maximum period of one point."""

ACTIVE: Final[Literal["PT3H"]] = "PT3H"
"""The only value of RecentlyActive in ListMetrics (CloudWatch API reference)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RecentMetrics:
    """The latest values of some series.

    Attributes:
        moments: the points in time, oldest first.
        left_out: the number of further series.
        is_counted: whether left_out is exact; else there are more.
    """

    values: Mapping[Series, Values]
    moments: Sequence[datetime]
    left_out: int
    is_counted: bool


def read_recent(settings: Settings, database: str, clients: Clients, *, most: int, now: datetime) -> RecentMetrics:
    """Read the values of a database's queries, of `most` series at most.

    Raises:
        AwsError: CloudWatch refuses or does not answer.
    """
    period = _period(settings, database)
    end = now - (now - _EPOCH) % period + period
    start = end - POINTS * period
    client: CloudWatchClient = clients("cloudwatch")
    listed = [_listed(client, settings.namespace, name, period) for name in _names(settings, database, most)]
    queries = settings.queries_of(database)
    by_metric = [sorted({one for one in series if _is_of(settings, queries, one)}) for series, _ in listed]
    known = [
        one for one in chain.from_iterable(zip_longest(*by_metric)) if one
    ]  # of each metric one series, then the next
    shown = sorted(islice(known, most))
    with explained("cloudwatch:GetMetricData"):
        values = read_values(client, settings.namespace, shown, start=start, end=end, period=period)
    moments = [start + number * period for number in range(POINTS)]
    if values and not any(moments[-1] in points for points in values.values()):
        moments.pop()  # the period has begun, and its run has not
    return RecentMetrics(values, moments, len(known) - len(shown), all(whole for _, whole in listed))


def _period(settings: Settings, database: str) -> timedelta:
    shortest = min(run.timing.schedule.shortest_interval for run in settings.runs_of(database))
    return min(shortest, LONGEST_PERIOD)


def _names(settings: Settings, database: str, most: int) -> list[str]:
    """Return the names of the metrics to look for, first Sidestep's own, which show failures."""
    queries = settings.queries_of(database)
    names = dict.fromkeys(name for query in queries for name in query.metrics)
    own = QUERY_METRICS if any(query.query_metrics for query in queries) else ()
    return [*OWN_METRICS, *islice((*names, *own), most)]


def _listed(client: "CloudWatchClient", namespace: str, metric: str, period: timedelta) -> tuple[list[Series], bool]:
    """Return the first page of a metric's series, up to 500, and whether there are no more."""
    request: ListMetricsInputTypeDef = {"Namespace": namespace, "MetricName": metric}
    if POINTS * period <= timedelta(hours=3):
        request["RecentlyActive"] = ACTIVE
    with explained("cloudwatch:ListMetrics"):
        answer = client.list_metrics(**request)
    return [series_of(one) for one in answer["Metrics"]], not answer.get("NextToken")


def _is_of(settings: Settings, queries: Sequence[Query], series: Series) -> bool:
    """Return whether a series can be of these queries; other programs may publish metrics of the same name."""
    given = dict(series.dimensions)
    measured = [query for query in queries if series.metric in OWN_METRICS or query.query_metrics]
    if series.metric in (*OWN_METRICS, *QUERY_METRICS) and given in map(settings.own_dimensions, measured):
        return True
    return any(
        series.metric in query.metrics
        and query.fixed_dimensions.items() <= given.items()
        and given.keys() in _keys(query)
        for query in queries
    )


def _keys(query: Query) -> tuple[set[str], set[str]]:
    """Return the names of the dimensions of a query's series, and of their rollup."""
    return {*query.dimensions, *query.fixed_dimensions}, {*query.fixed_dimensions}
