"""Metrics: reads series from CloudWatch, and the values of a run from its pages."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricOutputTypeDef

MAX_QUERIES: Final = 500
"""Queries of one GetMetricData request (CloudWatch API reference)."""

PUBLISHES: Final = "PublishMetrics"
"""The state that publishes a page."""

Values = dict[datetime, float]
"""The values of a series by the start of their period, in UTC."""


@dataclass(frozen=True, order=True, slots=True)
class Series:
    """A metric with its dimensions: pairs of name and value, in order of the names."""

    metric: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """The values of the dimensions; the metric's name without dimensions."""
        return ", ".join(value for _, value in self.dimensions) or self.metric


Published: TypeAlias = Mapping[Series, str]
"""The value of each series, or the number of its values in a distribution or statistic set."""


def read_series(
    client: "CloudWatchClient", namespace: str, *, start: datetime, end: datetime, period: timedelta
) -> dict[Series, Values]:
    """Read the averages of all metrics of a namespace, sorted by series.

    Args:
        client: a client of CloudWatch.
        namespace: the namespace of the metrics.
        start: the start of the time span.
        end: its end; a period that starts there is not included.
        period: the length of a period, in whole minutes.
    """
    pages = client.get_paginator("list_metrics").paginate(Namespace=namespace)
    known = sorted({series_of(metric) for page in pages for metric in page["Metrics"]})
    return read_values(client, namespace, known, start=start, end=end, period=period)


def read_values(
    client: "CloudWatchClient",
    namespace: str,
    known: Sequence[Series],
    *,
    start: datetime,
    end: datetime,
    period: timedelta,
) -> dict[Series, Values]:
    """Read the averages of some series of a namespace, in their order; see read_series."""
    values: dict[Series, Values] = {}
    for first in range(0, len(known), MAX_QUERIES):
        chunk = known[first : first + MAX_QUERIES]
        queries = [_query(f"m{number}", namespace, series, period) for number, series in enumerate(chunk)]
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampAscending"
        )
        for result in pages.search("MetricDataResults[]"):
            moments = (moment.astimezone(UTC) for moment in result["Timestamps"])
            series = chunk[int(result["Id"][1:])]
            values.setdefault(series, {}).update(zip(moments, result["Values"], strict=True))
    return values


def series_of(metric: "MetricOutputTypeDef") -> Series:
    """Return the series of an entry of ListMetrics."""
    pairs = ((dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", []))
    return Series(metric["MetricName"], tuple(sorted(pairs)))


def published_by(page: str | None) -> Published | None:
    """Return the values of a page, given the JSON input of PublishMetrics; None if it is not a page."""
    try:
        return dict(sorted(_page_values(json.loads(page or "")["MetricData"])))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _page_values(datums: list[dict[str, Any]]) -> Iterator[tuple[Series, str]]:
    counts: dict[Series, float] = {}
    for datum in datums:
        dimensions = ((one["Name"], one["Value"]) for one in datum.get("Dimensions", []))
        series = Series(datum["MetricName"], tuple(sorted(dimensions)))
        if "Value" in datum:
            yield series, f"{datum['Value']:g}"
        else:  # a series may have several such datums
            sets = datum.get("StatisticValues")
            counts[series] = counts.get(series, 0) + (sets["SampleCount"] if sets else sum(datum["Counts"]))
    for series, count in counts.items():
        yield series, f"{count:g} values"


def _query(identifier: str, namespace: str, series: Series, period: timedelta) -> "MetricDataQueryTypeDef":
    return {
        "Id": identifier,
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": series.metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
            },
            "Period": int(period.total_seconds()),
            "Stat": "Average",
        },
    }
