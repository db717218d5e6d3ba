"""PutMetricData and ListMetrics: rejects requests that CloudWatch rejects, and stores data by series.

moto accepts nearly all data, lists a series with two dimensions once for each datum, and compares each datum with all
series before it. moto has no plug-in form, so methods are replaced. The metrics of moto's own services are not
checked: they are in AWS's namespaces.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from moto.cloudwatch.exceptions import CloudWatchException
from moto.cloudwatch.models import CloudWatchBackend, MetricDatumBase
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from sidestep.local import metric_data_limits


class Metric(NamedTuple):
    """The identity of a series in a namespace: its name and all of its dimensions, in order of their names."""

    name: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Contribution:
    """The values of one datum.

    Attributes:
        moment: its timestamp.
        unit: the unit of the values.
        count: the number of values.
        total: the sum of the values.
        minimum: the lowest value.
        maximum: the highest value.
        values: each value with its count; None for a statistic set that hides its values.
    """

    moment: datetime
    unit: str
    count: float
    total: float
    minimum: float
    maximum: float
    values: tuple[tuple[float, float], ...] | None


Dimensions = Sequence[Mapping[str, str]]
SeriesOfNamespace = dict[Metric, list[Contribution]]


class TooLargeError(JsonRESTError):
    """The request is larger than CloudWatch allows."""

    code = 413


def put_metric_data_request(response: CloudWatchResponse) -> ActionResult:
    """Respond to PutMetricData: store all of the data, or none.

    Raises:
        CloudWatchException: CloudWatch would refuse it; the code is that of the first problem.
        TooLargeError: it is too large.
    """
    namespace = response._get_param("Namespace") or ""  # noqa: SLF001 - as in all of moto's responses
    metric_data = response._get_param("MetricData", [])  # noqa: SLF001
    found = metric_data_limits.problems(namespace, metric_data, now=datetime.now(UTC))
    if found:
        code = found[0].code
        message = "\n".join(problem.message for problem in found if problem.code == code)
        if code == metric_data_limits.TOO_LARGE:
            raise TooLargeError(code, message)
        raise CloudWatchException(code, message)
    response.cloudwatch_backend.put_metric_data(namespace, metric_data)
    return EmptyResult()


def put_metric_data(backend: CloudWatchBackend, namespace: str, metric_data: Sequence[Mapping[str, Any]]) -> None:
    """Store data by series. moto has one list of all data, with a copy of a value for each time that it occurred."""
    series = _published(backend).setdefault(namespace, {})
    for datum in metric_data:
        metric = metric_of(datum["MetricName"], datum.get("Dimensions") or ())
        series.setdefault(metric, []).append(_contribution(datum, datum.get("Timestamp") or utcnow()))


def get_filtered_metrics(
    backend: CloudWatchBackend, metric_name: str | None, namespace: str | None, dimensions: Dimensions
) -> list[MetricDatumBase]:
    """Return one datum for each series that ListMetrics finds. moto compares each series with all series before it.

    Args:
        backend: CloudWatch's backend.
        metric_name: the name of the metric; None for all.
        namespace: the namespace; None for all.
        dimensions: dimensions that a series must have; one without a value matches any value.
    """
    own = [datum.namespace for datum in backend.aws_metric_data]
    return [
        MetricDatumBase(one, metric.name, [{"Name": name, "Value": value} for name, value in metric.dimensions], None)
        for one in ([namespace] if namespace else dict.fromkeys([*_published(backend), *own]))
        for metric in list(series_of(backend, one))
        if metric_name in (None, metric.name) and _has_dimensions(metric, dimensions)
    ]


def metric_of(name: str, dimensions: Dimensions) -> Metric:
    """Return the identity of a series; the dimensions can have any order."""
    return Metric(name, tuple(sorted((dimension["Name"], dimension["Value"]) for dimension in dimensions)))


def series_of(backend: CloudWatchBackend, namespace: str) -> SeriesOfNamespace:
    """Return the series of a namespace, or the metrics of one of moto's own services."""
    series = _published(backend).get(namespace, {})
    if not namespace.startswith("AWS/"):
        return series
    series = dict(series)
    for datum in backend.aws_metric_data:
        if datum.namespace == namespace:
            dimensions = [{"Name": one.name or "", "Value": one.value or ""} for one in datum.dimensions]
            raw = {"Value": datum.value, "Unit": datum.unit}  # type: ignore[attr-defined]  # all of them have one
            series[metric_of(datum.name, dimensions)] = [_contribution(raw, datum.timestamp)]
    return series


def _contribution(datum: Mapping[str, Any], moment: datetime) -> Contribution:
    unit = datum.get("Unit") or "None"
    if statistics := datum.get("StatisticValues"):
        count, total = float(statistics["SampleCount"]), float(statistics["Sum"])
        minimum, maximum = float(statistics["Minimum"]), float(statistics["Maximum"])
        values = ((minimum, count),) if count == 1 or minimum == maximum else None
        return Contribution(moment, unit, count, total, minimum, maximum, values)
    raw = datum.get("Values") or [datum["Value"]]
    counts = datum.get("Counts") or [1] * len(raw)
    pairs = tuple((float(value), float(count)) for value, count in zip(raw, counts, strict=True))
    return Contribution(
        moment,
        unit,
        count=math.fsum(count for _, count in pairs),
        total=math.fsum(value * count for value, count in pairs),
        minimum=min(value for value, _ in pairs),
        maximum=max(value for value, _ in pairs),
        values=pairs,
    )


def _has_dimensions(metric: Metric, wanted: Dimensions) -> bool:
    return all(
        any(name == one["Name"] and one.get("Value") in (None, value) for name, value in metric.dimensions)
        for one in wanted
    )


def _published(backend: CloudWatchBackend) -> dict[str, SeriesOfNamespace]:
    """Return all stored data by namespace. It is an attribute of the backend, so that a reset discards it."""
    published: dict[str, SeriesOfNamespace] = vars(backend).setdefault("published_series", {})
    return published


CloudWatchResponse.put_metric_data = put_metric_data_request  # type: ignore[method-assign, assignment]
CloudWatchBackend.put_metric_data = put_metric_data  # type: ignore[method-assign, assignment]
CloudWatchBackend.get_filtered_metrics = get_filtered_metrics  # type: ignore[method-assign, assignment]
