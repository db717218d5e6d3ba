"""Metrics as CloudWatch gives them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricOutputTypeDef

MAX_QUERIES: Final = 500
"""Of one GetMetricData request (CloudWatch API reference)."""

Values = dict[datetime, float]
"""The values of a series by the beginning of their period, in UTC."""


@dataclass(frozen=True, order=True, slots=True)
class Series:
    """One metric with one set of dimensions, given as pairs of name and value in order of the names."""

    metric: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """The values of the dimensions; the metric's name if there are none."""
        return ", ".join(value for _, value in self.dimensions) or self.metric


def read_series(
    client: "CloudWatchClient", namespace: str, *, start: datetime, end: datetime, period: timedelta
) -> dict[Series, Values]:
    """Read the averages of all metrics of a namespace, sorted by series.

    Args:
        client: of CloudWatch.
        namespace: the metrics'.
        start: the beginning of the time span.
        end: its end; a period that begins there is left out.
        period: what each value is an average over; whole minutes.
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
    """Read the averages of series of a namespace; the order and the rest as in read_series."""
    values: dict[Series, Values] = {}
    for first in range(0, len(known), MAX_QUERIES):
        batch = known[first : first + MAX_QUERIES]
        queries = [_query(f"m{number}", namespace, series, period) for number, series in enumerate(batch)]
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampAscending"
        )
        for result in pages.search("MetricDataResults[]"):
            moments = (moment.astimezone(UTC) for moment in result["Timestamps"])
            series = batch[int(result["Id"][1:])]
            values.setdefault(series, {}).update(zip(moments, result["Values"], strict=True))
    return values


def series_of(metric: "MetricOutputTypeDef") -> Series:
    """Return the series that ListMetrics names."""
    pairs = ((dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", []))
    return Series(metric["MetricName"], tuple(sorted(pairs)))


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
