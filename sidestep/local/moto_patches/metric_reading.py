"""Metric data that is read: series by series, with all of CloudWatch's plain statistics and with percentiles.

moto reads a metric without dimensions from all series of its name, has no percentiles, and looks through all data for
each series. Expressions, of which it knows the simplest and answers others with nothing, are refused here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from sidestep.local.metric_statistics import Contribution, UnknownStatistic, statistic
from sidestep.local.moto_patches.metric_data import metric_of, series_of

MAX_QUERIES: Final = 500
"""Of one GetMetricData request (CloudWatch API reference)."""

MINUTE: Final = timedelta(minutes=1)


def get_metric_data(
    backend: CloudWatchBackend,
    queries: Sequence[Mapping[str, Any]],
    start_time: datetime,
    end_time: datetime,
    scan_by: str = "TimestampDescending",
) -> list[dict[str, Any]]:
    """Read series, each named with all of its dimensions.

    Raises:
        ValidationError: the times are in the wrong order, there are too many queries, or one is an expression or
            asks for an unknown statistic.
    """
    if start_time >= end_time:
        raise ValidationError("The parameter EndTime must be greater than StartTime.")
    if len(queries) > MAX_QUERIES:
        raise ValidationError(f"The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.")
    results = []
    for query in queries:
        if "MetricStat" not in query:
            raise ValidationError(f"{query['Id']}: the local cloud evaluates no expressions")
        points = list(_points(backend, query["MetricStat"], start_time, end_time))
        if scan_by == "TimestampDescending":
            points.reverse()
        if query.get("ReturnData", True):
            results.append(_result(query, points))
    return results


def get_metric_statistics_request(response: CloudWatchResponse) -> ActionResult:
    """Answer GetMetricStatistics; upstream has no percentiles, and begins its periods with the first datum.

    Raises:
        InvalidParameterCombination: no statistic is asked for.
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
        raise InvalidParameterValue(f"The local cloud knows no statistic {unknown}") from None
    return ActionResult({"Label": metric.name, "Datapoints": datapoints})


def _statistics(plain: Sequence[str], extended: Sequence[str], within: Sequence[Contribution]) -> dict[str, Any]:
    values = {name: statistic(name, within) for name in (*plain, *extended)}
    known = {name: values[name] for name in extended if values[name] is not None}
    return {name: values[name] for name in plain} | ({"ExtendedStatistics": known} if known else {})


def _points(
    backend: CloudWatchBackend, query: Mapping[str, Any], start: datetime, end: datetime
) -> Iterator[tuple[datetime, float]]:
    asked = query["Metric"]
    metric = metric_of(asked["MetricName"], asked.get("Dimensions") or ())
    published = series_of(backend, asked["Namespace"]).get(metric, [])
    try:
        for moment, within in _periods(published, query.get("Unit"), start, end, int(query["Period"])):
            value = statistic(query["Stat"], within)
            if value is not None:
                yield moment, value
    except UnknownStatistic as unknown:
        raise ValidationError(f"The local cloud knows no statistic {unknown}") from None


def _result(query: Mapping[str, Any], points: Sequence[tuple[datetime, float]]) -> dict[str, Any]:
    asked = query["MetricStat"]
    return {
        "id": query["Id"],
        "label": query.get("Label") or f"{asked['Metric']['MetricName']} {asked['Stat']}",
        "timestamps": [moment for moment, _ in points],
        "values": [value for _, value in points],
        "status_code": "Complete",
    }


def _periods(
    published: Sequence[Contribution], unit: str | None, start: datetime, end: datetime, seconds: int
) -> Iterator[tuple[datetime, list[Contribution]]]:
    """Yield the periods that have data, oldest first; the first one begins with a whole minute, as on AWS."""
    period = timedelta(seconds=seconds)
    begin = start - (start - datetime.min) % min(period, MINUTE)
    within: dict[int, list[Contribution]] = {}
    for one in list(published):
        if begin <= one.moment < end and unit in (None, one.unit):
            within.setdefault((one.moment - begin) // period, []).append(one)
    for number in sorted(within):
        yield begin + number * period, within[number]


CloudWatchResponse.get_metric_statistics = get_metric_statistics_request  # type: ignore[method-assign, assignment]
CloudWatchBackend.get_metric_data = get_metric_data  # type: ignore[method-assign, assignment]
