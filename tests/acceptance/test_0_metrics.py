"""What CloudWatch makes of metric data in the forms that the query function publishes."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from tests.acceptance.clouds.cloud import Cloud
from tests.acceptance.metrics_files import NAMESPACE
from tests.acceptance.stack import minutes_ago

Claim = Callable[[str, str], None]

MOMENT: Final = minutes_ago(5)


def published(cloud: Cloud, metric: str, *requests: list[dict[str, Any]], count: float) -> dict[str, float]:
    """Publish data of one series, and return its statistics as soon as it has a number of samples."""
    cloudwatch = cloud.client("cloudwatch")
    dimensions = [{"Name": "Run", "Value": cloud.facts.stack_prefix}]
    for request in requests:
        data = [{"MetricName": metric, "Timestamp": MOMENT, "Dimensions": dimensions, **one} for one in request]
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    deadline = time.monotonic() + cloud.facts.patience
    statistics: dict[str, float] = {}
    while statistics.get("SampleCount", 0) < count:
        assert time.monotonic() < deadline, f"{metric} has {statistics}"
        time.sleep(1)
        period = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions, "Period": 60}
        period |= {"StartTime": MOMENT, "EndTime": MOMENT + timedelta(minutes=1)}
        for kind, names in (
            ("Statistics", ["Average", "Minimum", "Maximum", "Sum", "SampleCount"]),
            ("ExtendedStatistics", ["p50", "p90"]),
        ):
            for point in cloudwatch.get_metric_statistics(**period, **{kind: names})["Datapoints"]:
                statistics |= {name: point[name] for name in names if name in point}
                statistics |= point.get("ExtendedStatistics", {})
    return statistics


def test_values_with_counts_have_percentiles(cloud: Cloud, claim: Claim) -> None:
    # Given 100 values from 1 to 100, in two datums as for a series with many values
    first, second = ([float(one) for one in numbers] for numbers in (range(1, 51), range(51, 101)))
    data = [{"Values": values, "Counts": [1.0] * len(values)} for values in (first, second)]

    # When
    found = published(cloud, "Distribution", data, count=100)

    # Then
    claim("percentiles", f"of 1 to 100: p50 {found.get('p50')}, p90 {found.get('p90')}")
    assert (found["Minimum"], found["Maximum"], found["Sum"]) == (1, 100, 5050)
    assert 49 <= found["p50"] <= 52
    assert 88 <= found["p90"] <= 92


def test_a_repeated_request_changes_no_average(cloud: Cloud, claim: Claim) -> None:
    # Given
    request = [{"Value": 12.5}]

    # When
    found = published(cloud, "Repeated", request, request, count=2)

    # Then
    claim("repeated-request", f"Average {found['Average']}, Sum {found['Sum']}, SampleCount {found['SampleCount']}")
    assert (found["Average"], found["Minimum"], found["Maximum"]) == (12.5, 12.5, 12.5)
    assert (found["Sum"], found["SampleCount"]) == (25, 2)


def test_a_statistic_set_has_its_statistics(cloud: Cloud, claim: Claim) -> None:
    # Given
    values = {"SampleCount": 4.0, "Sum": 10.0, "Minimum": 1.0, "Maximum": 4.0}

    # When
    found = published(cloud, "Set", [{"StatisticValues": values}], count=4)

    # Then
    claim("statistic-sets", f"Average {found['Average']}, p50 {found.get('p50', 'none')}")
    assert (found["Average"], found["Minimum"], found["Maximum"]) == (2.5, 1, 4)
    assert "p50" not in found
