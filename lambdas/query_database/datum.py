"""Datums as PutMetricData takes them.

Source: CloudWatch API reference, MetricDatum.
"""

import json
from collections.abc import Mapping
from typing import Final, NotRequired, TypedDict


class Dimension(TypedDict):
    """One dimension of a datum."""

    Name: str
    Value: str


class StatisticSet(TypedDict):
    """What is left of many values once they are summed up."""

    SampleCount: float
    Sum: float
    Minimum: float
    Maximum: float


class Measurement(TypedDict):
    """What was measured: exactly one of `Value`, `StatisticValues`, and `Values` with as many `Counts`."""

    Value: NotRequired[float]
    StatisticValues: NotRequired[StatisticSet]
    Values: NotRequired[list[float]]
    Counts: NotRequired[list[int]]


class Datum(Measurement):
    """What one series has at one time; `Timestamp` is ISO 8601."""

    MetricName: str
    Timestamp: str
    Unit: str
    Dimensions: NotRequired[list[Dimension]]
    StorageResolution: NotRequired[int]


# A datum holds itself nowhere, so the encoder need not look for circles.
_encode: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def dimensions(pairs: Mapping[str, str]) -> list[Dimension]:
    """Return dimensions, given as values by names."""
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


INVALID_ROWS: Final = "InvalidRows"
"""Sidestep's own metric that counts the rows of a query that on_invalid has skipped or escaped."""


def own_datum(name: str, query: str, timestamp: str, value: int = 1) -> Datum:
    """Return Sidestep's own metric `name` (EmptyResults, FailedQueries or InvalidRows) for one query."""
    return {
        "MetricName": name,
        "Timestamp": timestamp,
        "Value": value,
        "Unit": "Count",
        "Dimensions": dimensions({"Query": query}),
    }


def json_bytes(value: object) -> int:
    """Return what a datum, or any part of a page, takes in a list: bytes of UTF-8 JSON with the comma behind it."""
    return len(_encode(value).encode()) + len(", ")
