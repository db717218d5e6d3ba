"""Metric data that is put: what CloudWatch refuses, and which series it belongs to.

moto takes nearly all data, lists a series with two dimensions once for each datum, and compares each datum with all
series before it to do so. There is no plug-in form: methods are replaced. What moto's own services publish about
themselves is not checked, for that is in AWS's namespaces.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from moto.cloudwatch.exceptions import CloudWatchException
from moto.cloudwatch.models import CloudWatchBackend, MetricDatumBase
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from sidestep.local import metric_data_limits
from sidestep.local.metric_statistics import Contribution, contribution


class Metric(NamedTuple):
    """What identifies a series within a namespace: its name and all of its dimensions, in order of their names."""

    name: str
    dimensions: tuple[tuple[str, str], ...]


Dimensions = Sequence[Mapping[str, str]]
SeriesOfNamespace = dict[Metric, list[Contribution]]


class TooLargeError(JsonRESTError):
    """A request above CloudWatch's size."""

    code = 413


def put_metric_data_request(response: CloudWatchResponse) -> ActionResult:
    """Answer PutMetricData: all of it is taken, or nothing.

    Raises:
        CloudWatchException: CloudWatch would refuse it; the first problem decides on the code.
        TooLargeError: it is too large.
    """
    namespace = response._get_param("Namespace") or ""  # noqa: SLF001 - as all of moto's responses do
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
    """Add data to their series; upstream keeps all in one list, each value as often as it occurred."""
    series = _published(backend).setdefault(namespace, {})
    for datum in metric_data:
        metric = metric_of(datum["MetricName"], datum.get("Dimensions") or ())
        moment = datum.get("Timestamp") or utcnow()
        series.setdefault(metric, []).append(contribution(datum, moment))


def get_filtered_metrics(
    backend: CloudWatchBackend, metric_name: str | None, namespace: str | None, dimensions: Dimensions
) -> list[MetricDatumBase]:
    """Return one datum for each series that ListMetrics finds; upstream compares each one with all before it.

    Args:
        backend: of CloudWatch.
        metric_name: of the series; None for all.
        namespace: the same.
        dimensions: what a series must have among its own; a dimension without a value may have any.
    """
    names = [namespace] if namespace else [*_published(backend), *_own_namespaces(backend)]
    return [
        MetricDatumBase(one, metric.name, [{"Name": name, "Value": value} for name, value in metric.dimensions], None)
        for one in dict.fromkeys(names)
        for metric in list(series_of(backend, one))
        if metric_name in (None, metric.name) and _has_dimensions(metric, dimensions)
    ]


def metric_of(name: str, dimensions: Dimensions) -> Metric:
    """Return what a name and dimensions, in any order, identify."""
    return Metric(name, tuple(sorted((dimension["Name"], dimension["Value"]) for dimension in dimensions)))


def series_of(backend: CloudWatchBackend, namespace: str) -> SeriesOfNamespace:
    """Return the series of a namespace: what was put, and what moto's own services have to say about themselves."""
    series = _published(backend).get(namespace, {})
    if not namespace.startswith("AWS/"):
        return series
    series = dict(series)
    for datum in backend.aws_metric_data:
        if datum.namespace == namespace:
            dimensions = [{"Name": one.name or "", "Value": one.value or ""} for one in datum.dimensions]
            raw = {"Value": datum.value, "Unit": datum.unit}  # type: ignore[attr-defined]  # all of them have one
            series[metric_of(datum.name, dimensions)] = [contribution(raw, datum.timestamp)]
    return series


def _has_dimensions(metric: Metric, wanted: Dimensions) -> bool:
    return all(
        any(name == one["Name"] and one.get("Value") in (None, value) for name, value in metric.dimensions)
        for one in wanted
    )


def _published(backend: CloudWatchBackend) -> dict[str, SeriesOfNamespace]:
    """Return all that was put, by namespace: an attribute of the backend, so that its reset forgets it as well."""
    published: dict[str, SeriesOfNamespace] = vars(backend).setdefault("published_series", {})
    return published


def _own_namespaces(backend: CloudWatchBackend) -> list[str]:
    return [datum.namespace for datum in backend.aws_metric_data]


CloudWatchResponse.put_metric_data = put_metric_data_request  # type: ignore[method-assign, assignment]
CloudWatchBackend.put_metric_data = put_metric_data  # type: ignore[method-assign, assignment]
CloudWatchBackend.get_filtered_metrics = get_filtered_metrics  # type: ignore[method-assign, assignment]
