"""What CloudWatch refuses of a PutMetricData request."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest

from sidestep.local.metric_data_limits import (
    COMBINATION,
    INVALID,
    MALFORMED,
    MAX_DATUMS,
    MAX_MAGNITUDE,
    MAX_REQUEST,
    MISSING,
    TOO_LARGE,
    UNITS,
    Datum,
    problems,
)

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
FIRST = "MetricData.member.1"
SET = {"SampleCount": 2, "Sum": 3.0, "Minimum": 1.0, "Maximum": 2.0}


def datum(**changes: object) -> Datum:
    """Return a good datum with changes; None takes a key away."""
    changed = {"MetricName": "Orders", "Value": 1.0, **changes}
    return {name: value for name, value in changed.items() if value is not None}


def dimensions(**values: object) -> list[dict[str, object]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def found(*metric_data: Datum, namespace: str = "Shop") -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in problems(namespace, metric_data, now=NOW)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"MetricName": "x" * 255},
        {"Value": 0},
        {"Value": MAX_MAGNITUDE},
        {"Value": -float(MAX_MAGNITUDE)},
        {"Value": None, "Values": [float(number) for number in range(150)]},
        {"Value": None, "Values": [1, 2], "Counts": [3, 0.5]},
        {"Value": None, "StatisticValues": SET},
        {"Unit": "Kilobytes/Second", "StorageResolution": 1},
        {"StorageResolution": 60},
        {"Dimensions": []},
        {"Dimensions": dimensions(**{f"d{number}": "x" for number in range(30)})},
        {"Dimensions": [{"Name": "x" * 255, "Value": "~" * 1024}]},
        {"Dimensions": [{"Name": "in two words", "Value": ": may begin so"}]},
        {"Timestamp": NOW - timedelta(weeks=2)},
        {"Timestamp": NOW + timedelta(hours=2)},
        {"Timestamp": "2026-01-31T12:00:00Z"},
        {"Timestamp": "2026-01-31T13:00:00+01:00"},
        {"Timestamp": NOW.replace(tzinfo=None)},
        {"Timestamp": NOW.timestamp()},
    ],
    ids=repr,
)
def test_what_is_within_the_limits_is_taken(changes: dict[str, object]) -> None:
    assert found(datum(**changes)) == []


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"MetricName": None}, MISSING, f"{FIRST}.MetricName is required"),
        ({"MetricName": ""}, MISSING, f"{FIRST}.MetricName is required"),
        ({"MetricName": "  "}, INVALID, "only whitespace"),
        ({"MetricName": "x" * 256}, INVALID, "must be shorter than 256 characters"),
        ({"MetricName": "Größe"}, INVALID, "non-ASCII"),
        ({"Value": math.nan}, INVALID, f"The value nan for parameter {FIRST}.Value is invalid"),
        ({"Value": math.inf}, INVALID, "The value inf"),
        ({"Value": -math.inf}, INVALID, "The value -inf"),
        ({"Value": MAX_MAGNITUDE + 1}, INVALID, f"{FIRST}.Value is invalid"),
        ({"Value": -2.0 * MAX_MAGNITUDE}, INVALID, f"{FIRST}.Value is invalid"),
        ({"Value": "1"}, INVALID, f"{FIRST}.Value is invalid"),
        ({"Value": True}, INVALID, f"{FIRST}.Value is invalid"),
        ({"Value": None}, COMBINATION, f"{FIRST}.Value and {FIRST}.Values and {FIRST}.StatisticValues must be"),
        ({"Value": None, "Values": []}, COMBINATION, "must be specified"),
        ({"Values": [1]}, COMBINATION, f"{FIRST}.Value and {FIRST}.Values are mutually exclusive"),
        ({"StatisticValues": SET}, COMBINATION, f"{FIRST}.Value and {FIRST}.StatisticValues are mutually"),
        ({"Counts": [1]}, INVALID, "must be of the same size"),
        ({"Value": None, "Values": [1, 2], "Counts": [1]}, INVALID, "must be of the same size"),
        ({"Value": None, "Values": [1, math.nan]}, INVALID, f"{FIRST}.Values is invalid"),
        ({"Value": None, "Values": [1] * 151}, INVALID, f"{FIRST}.Values must not have a size greater than 150"),
        ({"Value": None, "Values": [1], "Counts": [0]}, INVALID, f"{FIRST}.Counts is invalid"),
        ({"Value": None, "Values": [1], "Counts": [math.nan]}, INVALID, f"{FIRST}.Counts is invalid"),
        ({"Value": None, "StatisticValues": {**SET, "Sum": None}}, MISSING, "StatisticValues.Sum is required"),
        ({"Value": None, "StatisticValues": {**SET, "Sum": math.inf}}, INVALID, "StatisticValues.Sum is invalid"),
        ({"Value": None, "StatisticValues": {**SET, "SampleCount": 0}}, INVALID, "SampleCount is invalid"),
        ({"Value": None, "StatisticValues": {**SET, "Minimum": 3}}, INVALID, "Minimum is invalid"),
        ({"Unit": "Sessions"}, INVALID, f"{FIRST}.Unit must be a value in the set [ Seconds, "),
        ({"StorageResolution": 30}, INVALID, f"{FIRST}.StorageResolution must be a value in the set [ 1, 60 ]"),
        ({"Timestamp": NOW - timedelta(weeks=2, seconds=1)}, INVALID, "within the past two weeks"),
        ({"Timestamp": "2026-01-31T14:00:01Z"}, INVALID, "no more than two hours in the future"),
        ({"Timestamp": "yesterday"}, MALFORMED, "must follow ISO8601"),
        ({"Timestamp": 1e300}, MALFORMED, "must follow ISO8601"),
        ({"Dimensions": dimensions(Plan=None)}, MISSING, f"{FIRST}.Dimensions.member.1.Value is required"),
        ({"Dimensions": dimensions(Plan="")}, MISSING, f"{FIRST}.Dimensions.member.1.Value is required"),
        ({"Dimensions": dimensions(Plan=" ")}, INVALID, "only whitespace"),
        ({"Dimensions": dimensions(Plan=7)}, INVALID, f"{FIRST}.Dimensions.member.1.Value is invalid"),
        ({"Dimensions": dimensions(Plan="x" * 1025)}, INVALID, "must be shorter than 1025 characters"),
        ({"Dimensions": dimensions(Plan="Größe")}, INVALID, "non-ASCII"),
        ({"Dimensions": dimensions(Plan="a\tb")}, INVALID, "control characters"),
        ({"Dimensions": dimensions(Plan="a\x7f")}, INVALID, "control characters"),
        ({"Dimensions": dimensions(**{":Plan": "x"})}, INVALID, f"{FIRST}.Dimensions.member.1.Name is invalid"),
        ({"Dimensions": dimensions(**{"x" * 256: "x"})}, INVALID, "must be shorter than 256 characters"),
        ({"Dimensions": dimensions(**{f"d{n}": "x" for n in range(31)})}, INVALID, "size greater than 30"),
        ({"Dimensions": dimensions(Plan="a") + dimensions(Plan="b")}, INVALID, "the same dimension name twice"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_beyond_is_refused(changes: dict[str, object], code: str, message: str) -> None:
    # When
    (problem,) = found(datum(**changes))

    # Then
    assert problem[0] == code
    assert message in problem[1]


@pytest.mark.parametrize("namespace", ["", " ", "AWS/Lambda", ":Shop", "Größe", "Shop\n", "Shop;", "x" * 256])
def test_a_bad_namespace_is_refused(namespace: str) -> None:
    assert found(datum(), namespace=namespace) != []


@pytest.mark.parametrize("namespace", ["Shop", "My shop/web_1.0#a:b-c", "AWSome", "x" * 255])
def test_a_good_namespace_is_taken(namespace: str) -> None:
    assert found(datum(), namespace=namespace) == []


def test_a_request_has_between_one_and_a_thousand_datums() -> None:
    assert found() == [(MISSING, "The parameter MetricData is required.")]
    assert found(*[datum()] * MAX_DATUMS) == []
    assert found(*[datum()] * (MAX_DATUMS + 1)) == [
        (INVALID, "The collection MetricData must not have a size greater than 1000.")
    ]


def test_a_request_above_a_megabyte_is_refused() -> None:
    # Given
    large: Any = datum(Dimensions=dimensions(**{f"d{number:02}": "x" * 1024 for number in range(30)}))

    # When
    fits = found(*[large] * 33)
    (problem,) = found(*[large] * 34)

    # Then
    assert fits == []
    assert problem[0] == TOO_LARGE
    assert problem[1].endswith(f"exceeded {MAX_REQUEST} bytes")


def test_each_datum_is_judged() -> None:
    # When
    unit, value = found(datum(), datum(Unit="Orders"), datum(Value=math.nan))

    # Then
    assert "MetricData.member.2.Unit" in unit[1]
    assert "MetricData.member.3.Value" in value[1]


def test_the_units_are_those_of_the_service_model() -> None:
    # Given
    model = botocore.session.get_session().get_service_model("cloudwatch")

    # Then
    assert list(UNITS) == model.shape_for("StandardUnit").enum  # type: ignore[attr-defined]
