"""GetMetricData and GetMetricStatistics: reads one series at a time, with plain statistics and percentiles.

moto reads a metric without dimensions from all series of its name, has no percentiles, and searches all data for each
series. Expressions are refused; moto evaluates the simplest, and returns nothing for all others.

Source: CloudWatch user guide, "CloudWatch statistics definitions", and API reference, GetMetricStatistics, on data
without percentiles. AWS does not document how CloudWatch interpolates. Here, a percentile is the lowest value with
that percentage of all values at or below it.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from sidestep.local.moto_patches.metric_data import Contribution, metric_of, series_of

MAX_QUERIES: Final = 500
"""Queries of one GetMetricData request (CloudWatch API reference)."""

MINUTE: Final = timedelta(minutes=1)

_PERCENTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


class UnknownStatistic(Exception):  # noqa: N818 - the name says what happened
    """The local cloud does not support a statistic; the exception's text is its name."""


def get_metric_data(
    backend: CloudWatchBackend,
    queries: Sequence[Mapping[str, Any]],
    start_time: datetime,
    end_time: datetime,
    scan_by: str = "TimestampDescending",
) -> list[dict[str, Any]]:
    """Read series, each identified by all of its dimensions.

    Raises:
        ValidationError: the times are in the wrong order, there are too many queries, or one has an expression or an
            unknown statistic.
    """
    if start_time >= end_time:
        raise ValidationError("The parameter EndTime must be greater than StartTime.")
    if len(queries) > MAX_QUERIES:
        raise ValidationError(f"The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.")
    results = []
    for query in queries:
        if "MetricStat" not in query:
            raise ValidationError(f"{query['Id']}: the local cloud does not evaluate expressions")
        points = list(_points(backend, query["MetricStat"], start_time, end_time))
        if scan_by == "TimestampDescending":
            points.reverse()
        if query.get("ReturnData", True):
            results.append(_result(query, points))
    return results


def get_metric_statistics_request(response: CloudWatchResponse) -> ActionResult:
    """Respond to GetMetricStatistics. moto has no percentiles, and starts its periods with the first datum.

    Raises:
        InvalidParameterCombination: the request has no statistic.
        InvalidParameterValue: the times are in the wrong order, or a statistic is unknown.
    """
    parameters = response._get_params()  # noqa: SLF001
    plain, extended = parameters.get("Statistics") or [], parameters.get("ExtendedStatistics") or []
    start, end = parameters["StartTime"], parameters["EndTime"]
    if not plain and not extended:
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    if start >= end:
        raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
    metric = metric_of(parameters["MetricName"], parameters.get("Dimensions") or ())
    published = series_of(response.cloudwatch_backend, parameters["Namespace"]).get(metric, [])
    try:
        datapoints = [
            {"Timestamp": moment, "Unit": within[0].unit, **_statistics(plain, extended, within)}
            for moment, within in _periods(published, parameters.get("Unit"), start, end, int(parameters["Period"]))
        ]
    except UnknownStatistic as unknown:
        raise InvalidParameterValue(f"The local cloud does not support the statistic {unknown}") from None
    return ActionResult({"Label": metric.name, "Datapoints": datapoints})


def _statistics(plain: Sequence[str], extended: Sequence[str], within: Sequence[Contribution]) -> dict[str, Any]:
    values = {name: _statistic(name, within) for name in (*plain, *extended)}
    known = {name: values[name] for name in extended if values[name] is not None}
    return {name: values[name] for name in plain} | ({"ExtendedStatistics": known} if known else {})


def _points(
    backend: CloudWatchBackend, query: Mapping[str, Any], start: datetime, end: datetime
) -> Iterator[tuple[datetime, float]]:
    wanted = query["Metric"]
    metric = metric_of(wanted["MetricName"], wanted.get("Dimensions") or ())
    published = series_of(backend, wanted["Namespace"]).get(metric, [])
    try:
        for moment, within in _periods(published, query.get("Unit"), start, end, int(query["Period"])):
            value = _statistic(query["Stat"], within)
            if value is not None:
                yield moment, value
    except UnknownStatistic as unknown:
        raise ValidationError(f"The local cloud does not support the statistic {unknown}") from None


def _result(query: Mapping[str, Any], points: Sequence[tuple[datetime, float]]) -> dict[str, Any]:
    wanted = query["MetricStat"]
    return {
        "id": query["Id"],
        "label": query.get("Label") or f"{wanted['Metric']['MetricName']} {wanted['Stat']}",
        "timestamps": [moment for moment, _ in points],
        "values": [value for _, value in points],
        "status_code": "Complete",
    }


def _periods(
    published: Sequence[Contribution], unit: str | None, start: datetime, end: datetime, seconds: int
) -> Iterator[tuple[datetime, list[Contribution]]]:
    """Yield the periods with data, oldest first. The first period starts at a whole minute, as on AWS."""
    period = timedelta(seconds=seconds)
    begin = start - (start - datetime.min) % min(period, MINUTE)
    within: dict[int, list[Contribution]] = {}
    for one in list(published):
        if begin <= one.moment < end and unit in (None, one.unit):
            within.setdefault((one.moment - begin) // period, []).append(one)
    for number in sorted(within):
        yield begin + number * period, within[number]


def _statistic(name: str, published: Sequence[Contribution]) -> float | None:
    """Return a statistic of a period with data; None if CloudWatch has none, which is possible for percentiles.

    Raises:
        UnknownStatistic: it is neither a plain statistic nor a percentile such as p99 or p99.9.
    """
    count = math.fsum(one.count for one in published)
    total = math.fsum(one.total for one in published)
    plain = {
        "SampleCount": count,
        "Sum": total,
        "Average": total / count,
        "Minimum": min(one.minimum for one in published),
        "Maximum": max(one.maximum for one in published),
    }
    if name in plain:
        return plain[name]
    if percentile := _PERCENTILE.fullmatch(name):
        return _percentile(float(percentile[1]), published)
    raise UnknownStatistic(name)


def _percentile(percent: float, published: Sequence[Contribution]) -> float | None:
    values: list[tuple[float, float]] = []
    for one in published:
        if one.values is None or one.minimum < 0:
            return None
        values.extend(one.values)
    values.sort()
    needed = percent * math.fsum(count for _, count in values) / 100
    below = 0.0
    for value, count in values:
        below += count
        if below >= needed:
            return value
    return values[-1][0]


CloudWatchResponse.get_metric_statistics = get_metric_statistics_request  # type: ignore[method-assign, assignment]
CloudWatchBackend.get_metric_data = get_metric_data  # type: ignore[method-assign, assignment]
