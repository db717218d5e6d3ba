"""Metric data on the local cloud: refused requests, the identity of series, and reading."""

import http.client
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.exceptions import ClientError

from sidestep.aws.executions import FAILED, SUCCEEDED
from sidestep.aws.metrics import Series, read_series
from sidestep.local.cloud import LocalCloud
from tests.local.machines import create_machine, run

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

MINUTE = timedelta(minutes=1)
MOMENT = datetime.now(UTC).replace(second=0, microsecond=0) - 10 * MINUTE
NAMESPACE = "Shop"

Of = Mapping[str, str]
"""The dimensions of a series."""

NONE: Of = {}

Reader = Callable[..., dict[str, Any]]


@pytest.fixture
def client(cloud: LocalCloud) -> "CloudWatchClient":
    client: CloudWatchClient = cloud.client("cloudwatch")
    return client


def dimensions(pairs: Of) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def put(client: "CloudWatchClient", moment: datetime = MOMENT, of: Of = NONE, **what: object) -> None:
    """Publish a datum of the metric Orders."""
    datum: Any = {"MetricName": "Orders", "Timestamp": moment, "Dimensions": dimensions(of), **what}
    client.put_metric_data(Namespace=NAMESPACE, MetricData=[datum])


def by_metric_data(client: "CloudWatchClient", *statistics: str, of: Of = NONE) -> dict[str, Any]:
    """Read statistics of the five minutes from MOMENT with GetMetricData; statistics without a value are left out."""
    metric: Any = {"Namespace": NAMESPACE, "MetricName": "Orders", "Dimensions": dimensions(of)}
    answer = client.get_metric_data(
        MetricDataQueries=[
            {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": 300, "Stat": name}}
            for number, name in enumerate(statistics)
        ],
        StartTime=MOMENT,
        EndTime=MOMENT + 5 * MINUTE,
    )
    results = answer["MetricDataResults"]
    return {name: one["Values"][0] for name, one in zip(statistics, results, strict=True) if one["Values"]}


def by_statistics(client: "CloudWatchClient", *statistics: str, of: Of = NONE) -> dict[str, Any]:
    """Read the same with GetMetricStatistics."""
    request: Any = {
        "Namespace": NAMESPACE, "MetricName": "Orders", "Dimensions": dimensions(of), "Period": 300,
        "StartTime": MOMENT, "EndTime": MOMENT + 5 * MINUTE,
        "Statistics": [name for name in statistics if not name.startswith("p")],
        "ExtendedStatistics": [name for name in statistics if name.startswith("p")],
    }  # fmt: skip
    given = {key: value for key, value in request.items() if value != []}
    points: Any = client.get_metric_statistics(**given)["Datapoints"]
    point: dict[str, Any] = points[0] if points else {}
    extended: dict[str, Any] = point.get("ExtendedStatistics", {})
    return {name: point[name] for name in statistics if name in point} | extended


READERS = pytest.mark.parametrize("read", [by_metric_data, by_statistics])


def listed(client: "CloudWatchClient", **wanted: Any) -> set[str]:  # noqa: ANN401
    """Return the series that ListMetrics finds, each as its dimensions in text, without duplicates."""
    found = client.list_metrics(Namespace=NAMESPACE, **wanted)["Metrics"]
    pairs = [sorted(f"{one['Name']}={one['Value']}" for one in metric["Dimensions"]) for metric in found]
    names = [",".join(one) or "none" for one in pairs]
    assert len(names) == len(set(names))
    return set(names)


@READERS
def test_a_series_is_exactly_its_dimensions(client: "CloudWatchClient", read: Reader) -> None:
    # Given
    put(client, Value=1)
    put(client, Value=10, of={"Plan": "free"})
    put(client, Value=100, of={"Plan": "free", "Region": "eu"})
    put(client, Value=1000, of={"Plan": "free", "Region": "us"})
    put(client, Value=1000, of={"Region": "us", "Plan": "free"})

    # When / Then
    assert read(client, "Sum") == {"Sum": 1}
    assert read(client, "Sum", of={"Plan": "free"}) == {"Sum": 10}
    assert read(client, "Sum", of={"Plan": "free", "Region": "eu"}) == {"Sum": 100}
    assert read(client, "Sum", of={"Region": "us", "Plan": "free"}) == {"Sum": 2000}
    assert read(client, "Sum", of={"Region": "us"}) == {}


def test_each_series_is_listed_once(client: "CloudWatchClient") -> None:
    # Given
    for _ in range(2):
        put(client, Value=1)
        put(client, Value=1, of={"Plan": "free"})
        put(client, Value=1, of={"Plan": "free", "Region": "eu"})
        put(client, Value=1, of={"Region": "us", "Plan": "free"})

    # When / Then: a requested dimension can be one of several, with any value
    assert listed(client) == {"none", "Plan=free", "Plan=free,Region=eu", "Plan=free,Region=us"}
    assert listed(client, Dimensions=[{"Name": "Region"}]) == {"Plan=free,Region=eu", "Plan=free,Region=us"}
    assert listed(client, Dimensions=[{"Name": "Region", "Value": "eu"}]) == {"Plan=free,Region=eu"}
    assert listed(client, MetricName="Visits") == set()


@READERS
def test_a_distribution_has_all_of_its_values(client: "CloudWatchClient", read: Reader) -> None:
    # When
    put(client, Values=[1, 2, 5], Counts=[97, 2, 1])

    # Then
    assert read(client, "SampleCount", "Sum", "Average", "Minimum", "Maximum") == {
        "SampleCount": 100, "Sum": 106, "Average": 1.06, "Minimum": 1, "Maximum": 5,
    }  # fmt: skip
    assert read(client, "p0", "p50", "p97", "p98", "p99", "p99.5", "p100") == {
        "p0": 1, "p50": 1, "p97": 1, "p98": 2, "p99": 2, "p99.5": 5, "p100": 5,
    }  # fmt: skip


@READERS
def test_a_count_is_one_if_left_out(client: "CloudWatchClient", read: Reader) -> None:
    # When
    put(client, Values=[3, 1, 2])

    # Then
    assert read(client, "SampleCount", "Sum") == {"SampleCount": 3, "Sum": 6}
    assert read(client, "p50", "p90") == {"p50": 2, "p90": 3}


@READERS
def test_all_forms_of_a_datum_in_a_period_are_aggregated(client: "CloudWatchClient", read: Reader) -> None:
    # When
    put(client, Value=10)
    put(client, MOMENT + MINUTE, Values=[1, 2], Counts=[1, 2])
    put(client, MOMENT + 2 * MINUTE, StatisticValues={"SampleCount": 2, "Sum": 3, "Minimum": 0, "Maximum": 3})
    put(client, MOMENT + 5 * MINUTE, Value=1000)

    # Then the beginning of the next period is not among them
    assert read(client, "SampleCount", "Sum", "Average", "Minimum", "Maximum") == {
        "SampleCount": 6, "Sum": 18, "Average": 3, "Minimum": 0, "Maximum": 10,
    }  # fmt: skip


@READERS
@pytest.mark.parametrize(
    ("statistics", "percentiles"),
    [
        ({"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2}, {}),
        ({"SampleCount": 1, "Sum": 2, "Minimum": 2, "Maximum": 2}, {"p50": 2}),
        ({"SampleCount": 3, "Sum": 6, "Minimum": 2, "Maximum": 2}, {"p50": 2}),
    ],
)
def test_a_set_has_percentiles_only_if_it_hides_no_value(
    client: "CloudWatchClient", read: Reader, statistics: dict[str, float], percentiles: dict[str, float]
) -> None:
    # When
    put(client, StatisticValues=statistics)

    # Then
    assert read(client, "p50") == percentiles


@READERS
def test_negative_values_have_no_percentiles(client: "CloudWatchClient", read: Reader) -> None:
    # When
    put(client, Values=[-1, 1, 2])

    # Then
    assert read(client, "p50") == {}
    assert read(client, "Minimum") == {"Minimum": -1}


def test_periods_begin_with_a_whole_minute(client: "CloudWatchClient") -> None:
    # Given
    put(client, MOMENT, Value=1)
    put(client, MOMENT + MINUTE, Value=2)

    # When
    series = read_series(client, NAMESPACE, start=MOMENT + MINUTE / 2, end=MOMENT + 2 * MINUTE, period=MINUTE)

    # Then
    assert series == {Series("Orders"): {MOMENT: 1, MOMENT + MINUTE: 2}}


def test_the_newest_value_comes_first_by_default(client: "CloudWatchClient") -> None:
    # Given
    put(client, MOMENT, Value=1)
    put(client, MOMENT + MINUTE, Value=2)
    metric: Any = {"Metric": {"Namespace": NAMESPACE, "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}
    request: Any = {
        "MetricDataQueries": [{"Id": "m", "MetricStat": metric}],
        "StartTime": MOMENT,
        "EndTime": MOMENT + 5 * MINUTE,
    }

    # When
    default = client.get_metric_data(**request)["MetricDataResults"][0]
    ascending = client.get_metric_data(**request, ScanBy="TimestampAscending")["MetricDataResults"][0]

    # Then
    assert (default["Values"], ascending["Values"]) == ([2, 1], [1, 2])


def test_a_requested_unit_excludes_others(client: "CloudWatchClient") -> None:
    # Given
    put(client, Value=1)
    put(client, Value=2, Unit="Count")

    # When
    points = [
        client.get_metric_statistics(
            Namespace=NAMESPACE, MetricName="Orders", StartTime=MOMENT, EndTime=MOMENT + MINUTE, Period=60,
            Statistics=["Sum"], Unit=unit,
        )["Datapoints"]
        for unit in ("Count", "None", "Bytes")
    ]  # fmt: skip

    # Then
    assert [[(point["Sum"], point["Unit"]) for point in one] for one in points] == [[(2, "Count")], [(1, "None")], []]


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({"Value": math.nan}, "InvalidParameterValue"),
        ({"Value": 1, "Unit": "Count", "Dimensions": dimensions({"Plan": "Größe"})}, "InvalidParameterValue"),
        ({"Value": 1, "Timestamp": MOMENT - timedelta(days=15)}, "InvalidParameterValue"),
        ({"Value": 1, "Values": [1]}, "InvalidParameterCombination"),
        ({"Value": 1, "Dimensions": [{"Name": "Plan", "Value": "x" * 1000}] * 1100}, "RequestEntityTooLarge"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_with_one_invalid_datum_is_refused_as_a_whole(
    client: "CloudWatchClient", datum: dict[str, Any], code: str
) -> None:
    # When
    with pytest.raises(ClientError) as caught:
        client.put_metric_data(
            Namespace=NAMESPACE,
            MetricData=[{"MetricName": "Visits", "Value": 1}, {"MetricName": "Orders", **datum}],  # type: ignore[typeddict-item]
        )

    # Then
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == (413 if code == "RequestEntityTooLarge" else 400)
    assert client.list_metrics()["Metrics"] == []


def test_an_empty_request_is_refused(client: "CloudWatchClient") -> None:
    # When
    with pytest.raises(client.exceptions.MissingRequiredParameterException, match="MetricData") as caught:
        client.put_metric_data(Namespace=NAMESPACE, MetricData=[])

    # Then
    assert caught.value.response["Error"]["Code"] == "MissingParameter"


def test_the_query_protocol_is_checked_as_well(cloud: LocalCloud) -> None:
    # Given
    connection = http.client.HTTPConnection(urlsplit(cloud.endpoint_url).netloc)
    request = {
        "Action": "PutMetricData",
        "Version": "2010-08-01",
        "Namespace": NAMESPACE,
        "MetricData.member.1.MetricName": "Orders",
        "MetricData.member.1.Value": "1",
        "MetricData.member.1.Unit": "Orders",
    }
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-2/monitoring/aws4_request",
        "Content-Type": "application/x-www-form-urlencoded",
    }

    # When
    connection.request("POST", "/", urlencode(request), headers)
    answer = connection.getresponse()

    # Then
    assert answer.status == 400
    assert b"<Code>InvalidParameterValue</Code>" in answer.read()
    connection.close()


@pytest.mark.parametrize(
    ("unit", "status", "error"),
    [("Count", SUCCEEDED, None), ("Orders", FAILED, "CloudWatch.InvalidParameterValueException")],
)
def test_an_execution_with_wrong_data_fails_as_on_aws(
    cloud: LocalCloud, unit: str, status: str, error: str | None
) -> None:
    # Given a workflow that retries other errors of CloudWatch
    publish = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatch:putMetricData",
        "Parameters": {
            "Namespace": NAMESPACE,
            "MetricData": [{"MetricName": "Orders", "Timestamp": MOMENT.isoformat(), "Value": 1, "Unit": unit}],
        },
        "Retry": [{"ErrorEquals": ["CloudWatch.CloudWatchException"], "MaxAttempts": 3, "IntervalSeconds": 1}],
        "End": True,
    }

    # When
    execution = run(cloud, create_machine(cloud, json.dumps({"StartAt": "Publish", "States": {"Publish": publish}})))

    # Then
    assert (execution.status, execution.error) == (status, error)
    assert execution.steps[0].failed_attempts == (0 if error is None else 1)
    assert len(cloud.client("cloudwatch").list_metrics()["Metrics"]) == (1 if error is None else 0)


@pytest.mark.parametrize(
    ("queries", "reason"),
    [
        ([{"Id": "e", "Expression": "SELECT MAX(Orders) FROM Shop", "Period": 60}], "e: "),
        (
            [{"Id": "m", "MetricStat": {"Metric": {"Namespace": NAMESPACE, "MetricName": "Orders"}, "Period": 60,
                                        "Stat": "IQM"}}],
            "IQM",
        ),
        ([{"Id": "e", "Expression": "m"}] * 501, "MetricDataQueries .* 500"),
    ],
    ids=["expression", "statistic", "many"],
)  # fmt: skip
def test_an_unsupported_query_is_refused(
    client: "CloudWatchClient",
    queries: Any,  # noqa: ANN401
    reason: str,
) -> None:
    # Given
    put(client, Value=1)

    # When / Then
    with pytest.raises(ClientError, match=reason):
        client.get_metric_data(MetricDataQueries=queries, StartTime=MOMENT, EndTime=MOMENT + MINUTE)


def test_metrics_of_other_services_are_kept(cloud: LocalCloud, client: "CloudWatchClient") -> None:
    # When
    where = {"LocationConstraint": "eu-central-2"}
    cloud.client("s3").create_bucket(Bucket="probe", CreateBucketConfiguration=where)

    # Then
    metrics = client.list_metrics(Namespace="AWS/S3")["Metrics"]
    assert {metric["MetricName"] for metric in metrics} == {"BucketSizeBytes", "NumberOfObjects"}
    assert len(client.list_metrics()["Metrics"]) == len(metrics)


def test_a_new_cloud_has_no_metrics() -> None:
    # Given
    with LocalCloud() as before:
        put(before.client("cloudwatch"), Value=1)

    # When / Then
    with LocalCloud() as after:
        assert after.client("cloudwatch").list_metrics()["Metrics"] == []


def test_many_series_are_listed_and_read(client: "CloudWatchClient") -> None:
    # Given
    pages, size = 6, 1000
    for page in range(pages):
        data: Any = [
            {
                "MetricName": "Orders",
                "Timestamp": MOMENT,
                "Value": number,
                "Dimensions": dimensions({"Customer": str(number), "Page": str(page)}),
            }
            for number in range(size)
        ]
        client.put_metric_data(Namespace=NAMESPACE, MetricData=data)

    # When
    series = read_series(client, NAMESPACE, start=MOMENT, end=MOMENT + MINUTE, period=MINUTE)

    # Then
    assert series == {
        Series("Orders", (("Customer", str(number)), ("Page", str(page)))): {MOMENT: number}
        for page in range(pages)
        for number in range(size)
    }
