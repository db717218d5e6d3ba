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
    ("changes", "code", "named"),
    [
        ({"MetricName": None}, MISSING, ["MetricName"]),
        ({"MetricName": ""}, MISSING, ["MetricName"]),
        ({"MetricName": "  "}, INVALID, ["MetricName"]),
        ({"MetricName": "x" * 256}, INVALID, ["MetricName"]),
        ({"MetricName": "Größe"}, INVALID, ["MetricName"]),
        ({"Value": math.nan}, INVALID, ["Value"]),
        ({"Value": math.inf}, INVALID, ["Value"]),
        ({"Value": -math.inf}, INVALID, ["Value"]),
        ({"Value": MAX_MAGNITUDE + 1}, INVALID, ["Value"]),
        ({"Value": -2.0 * MAX_MAGNITUDE}, INVALID, ["Value"]),
        ({"Value": "1"}, INVALID, ["Value"]),
        ({"Value": True}, INVALID, ["Value"]),
        ({"Value": None}, COMBINATION, ["Value", "Values", "StatisticValues"]),
        ({"Value": None, "Values": []}, COMBINATION, ["Value", "Values", "StatisticValues"]),
        ({"Values": [1]}, COMBINATION, ["Value", "Values"]),
        ({"StatisticValues": SET}, COMBINATION, ["Value", "StatisticValues"]),
        ({"Counts": [1]}, INVALID, ["Values", "Counts"]),
        ({"Value": None, "Values": [1, 2], "Counts": [1]}, INVALID, ["Values", "Counts"]),
        ({"Value": None, "Values": [1, math.nan]}, INVALID, ["Values"]),
        ({"Value": None, "Values": [1] * 151}, INVALID, ["Values", "150"]),
        ({"Value": None, "Values": [1], "Counts": [0]}, INVALID, ["Counts"]),
        ({"Value": None, "Values": [1], "Counts": [math.nan]}, INVALID, ["Counts"]),
        ({"Value": None, "StatisticValues": {**SET, "Sum": None}}, MISSING, ["StatisticValues.Sum"]),
        ({"Value": None, "StatisticValues": {**SET, "Sum": math.inf}}, INVALID, ["StatisticValues.Sum"]),
        ({"Value": None, "StatisticValues": {**SET, "SampleCount": 0}}, INVALID, ["StatisticValues.SampleCount"]),
        ({"Value": None, "StatisticValues": {**SET, "Minimum": 3}}, INVALID, ["StatisticValues.Minimum"]),
        ({"Unit": "Sessions"}, INVALID, ["Unit"]),
        ({"StorageResolution": 30}, INVALID, ["StorageResolution"]),
        ({"Timestamp": NOW - timedelta(weeks=2, seconds=1)}, INVALID, ["Timestamp"]),
        ({"Timestamp": "2026-01-31T14:00:01Z"}, INVALID, ["Timestamp"]),
        ({"Timestamp": "yesterday"}, MALFORMED, ["Timestamp"]),
        ({"Timestamp": 1e300}, MALFORMED, ["Timestamp"]),
        ({"Dimensions": dimensions(Plan=None)}, MISSING, ["Dimensions.member.1.Value"]),
        ({"Dimensions": dimensions(Plan="")}, MISSING, ["Dimensions.member.1.Value"]),
        ({"Dimensions": dimensions(Plan=" ")}, INVALID, ["Dimensions.member.1.Value"]),
        ({"Dimensions": dimensions(Plan=7)}, INVALID, ["Dimensions.member.1.Value"]),
        ({"Dimensions": dimensions(Plan="x" * 1025)}, INVALID, ["Dimensions.member.1.Value"]),
        ({"Dimensions": dimensions(Plan="Größe")}, INVALID, ["Dimensions.member.1.Value"]),
        ({"Dimensions": dimensions(Plan="a\tb")}, INVALID, ["Dimensions.member.1.Value"]),
        ({"Dimensions": dimensions(Plan="a\x7f")}, INVALID, ["Dimensions.member.1.Value"]),
        ({"Dimensions": dimensions(**{":Plan": "x"})}, INVALID, ["Dimensions.member.1.Name"]),
        ({"Dimensions": dimensions(**{"x" * 256: "x"})}, INVALID, ["Dimensions.member.1.Name"]),
        ({"Dimensions": dimensions(**{f"d{n}": "x" for n in range(31)})}, INVALID, ["Dimensions", "30"]),
        ({"Dimensions": dimensions(Plan="a") + dimensions(Plan="b")}, INVALID, ["Dimensions"]),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_beyond_is_refused(changes: dict[str, object], code: str, named: list[str]) -> None:
    # When
    (problem,) = found(datum(**changes))

    # Then
    assert problem[0] == code
    first, *others = named
    assert f"{FIRST}.{first}" in problem[1]
    assert [name for name in others if name not in problem[1]] == []


@pytest.mark.parametrize("namespace", ["", " ", "AWS/Lambda", ":Shop", "Größe", "Shop\n", "Shop;", "x" * 256])
def test_a_bad_namespace_is_refused(namespace: str) -> None:
    assert found(datum(), namespace=namespace) != []


@pytest.mark.parametrize("namespace", ["Shop", "My shop/web_1.0#a:b-c", "AWSome", "x" * 255])
def test_a_good_namespace_is_taken(namespace: str) -> None:
    assert found(datum(), namespace=namespace) == []


def test_a_request_has_between_one_and_a_thousand_datums() -> None:
    ((code, message),) = found()
    assert (code, "MetricData" in message) == (MISSING, True)
    assert found(*[datum()] * MAX_DATUMS) == []
    ((code, message),) = found(*[datum()] * (MAX_DATUMS + 1))
    assert (code, "MetricData" in message, "1000" in message) == (INVALID, True, True)


def test_a_request_above_a_megabyte_is_refused() -> None:
    # Given
    large: Any = datum(Dimensions=dimensions(**{f"d{number:02}": "x" * 1024 for number in range(30)}))

    # When
    fits = found(*[large] * 33)
    (problem,) = found(*[large] * 34)

    # Then
    assert fits == []
    assert problem[0] == TOO_LARGE
    assert str(MAX_REQUEST) in problem[1]


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
