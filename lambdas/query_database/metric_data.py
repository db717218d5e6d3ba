"""Metric data: what the rows of one query become, in the form that PutMetricData takes.

Source: CloudWatch API reference, MetricDatum.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Final, NamedTuple, NotRequired, TypedDict, cast

from .queries import Query

EMPTY_RESULTS: Final = "EmptyResults"
FAILED_QUERIES: Final = "FailedQueries"
INVALID_ROWS: Final = "InvalidRows"
"""Sidestep's own metrics. InvalidRows is the number of a query's rows that on_invalid has skipped or escaped."""

QUERY_DURATION: Final = "QueryDuration"
ROWS_RETURNED: Final = "RowsReturned"
"""Sidestep's own metrics of queries with query_metrics."""

_QUERY_NAME: Final = "&MetricData.member.1000.Values.member.150="

_REQUEST_TO_PAGE: Final = 4
"""A request may have 1 MB (PutMetricData), and a page less than a quarter of that (query_database.page)."""


class Dimension(TypedDict):
    """One dimension of a datum."""

    Name: str
    Value: str


class StatisticSet(TypedDict):
    """A summary of many values."""

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
    """The data of one series at one time; `Timestamp` is ISO 8601."""

    MetricName: str
    Timestamp: str
    Unit: str
    Dimensions: NotRequired[list[Dimension]]
    StorageResolution: NotRequired[int]


DimensionValues = tuple[str, ...]
"""The values of the columns that are dimensions; none for a total, and for Sidestep's own metrics."""

Point = tuple[str, DimensionValues, "float | Measurement"]
"""What differs from one datum of a query to the next: the metric's name, the dimensions, and what was measured.

A single value is a number. Points take a fraction of the time and memory of datums, and become datums on their page.
"""


class MetricData(NamedTuple):
    """Some points of one query, in their order.

    Attributes:
        points: the points.
        sizes: the size of each on a page: at least the bytes of its datum as UTF-8 JSON in a list.
        fingerprints: of each, what must be the same when the result is read again: its series, and for a
            distribution the values.
    """

    points: list[Point]
    sizes: list[int]
    fingerprints: list[str]


class Layout:
    """Lays out the points of a query as datums."""

    def __init__(self, query: Query, timestamp: str) -> None:
        """Prepare for a query; `timestamp` is ISO 8601."""
        self._timestamp = timestamp
        self._own_dimensions = query.own_dimensions
        self._names = query.dimensions
        self._fixed = _dimensions(query.fixed_dimensions)
        self._common: dict[str, Datum] = {}
        for name, metric in query.metrics.items():
            common: Datum = {"MetricName": name, "Timestamp": timestamp, "Unit": metric.unit}
            if metric.resolution == 1:
                common["StorageResolution"] = 1
            self._common[name] = common

    def datums(self, points: Sequence[Point]) -> list[Datum]:
        """Return the datums of some points."""
        end = len(points)
        while end and points[end - 1][0] not in self._common:  # Sidestep's own metrics come last
            end -= 1
        if end < len(points):
            return self.datums(points[:end]) + [self.datum(point) for point in points[end:]]
        names, values, measured = zip(*points, strict=True) if points else ((), (), ())
        if self._names and {*map(len, values)} == {len(self._names)} and {*map(type, measured)} <= {int, float}:
            return self._plain_datums(names, values, measured)
        return [self.datum(point) for point in points]

    def datum(self, point: Point) -> Datum:
        """Return the datum of a point."""
        name, values, measured = point
        if name not in self._common:
            return own_datum(name, self._own_dimensions, self._timestamp, cast("float", measured))
        measurement: Measurement = measured if isinstance(measured, dict) else {"Value": measured}
        datum = cast("Datum", {**self._common[name], **measurement})
        # A total has no values.
        dimensions = _dimensions(dict(zip(self._names, values, strict=False))) + self._fixed
        if dimensions:
            datum["Dimensions"] = dimensions
        return datum

    def metric_data(self, points: list[Point]) -> MetricData:
        """Return points with their sizes and fingerprints."""
        sizes = [_size(self.datum(point)) for point in points]
        return MetricData(points, sizes, [_fingerprint(point) for point in points])

    def plain_metric_data(self, name: str, columns: Sequence[Sequence[str]], numbers: Sequence[float]) -> MetricData:
        """Return the points of one metric, with single values, and dimensions that JSON writes as they are.

        Args:
            name: the metric's name.
            columns: the column of each dimension.
            numbers: the column of the metric.
        """
        same = _size(self.datum((name, ("",) * len(columns), 0))) - len("0")
        lengths = zip(map(len, map(repr, numbers)), *(map(len, column) for column in columns), strict=True)
        return MetricData(
            points=list(zip(repeat(name), zip(*columns, strict=True), numbers, strict=False)),
            sizes=[same + length for length in map(sum, lengths)],
            fingerprints=list(map("\n".join, zip(repeat(name), *columns, repeat("\n"), strict=False))),
        )

    def _plain_datums(
        self, names: Sequence[str], values: Sequence[DimensionValues], numbers: Sequence[float]
    ) -> list[Datum]:
        """Return the datums of single values with dimensions: column by column, in half the time."""
        columns = zip(self._names, zip(*values, strict=True), strict=True)
        cells: list[list[Dimension]] = [
            [{"Name": name, "Value": value} for value in column] for name, column in columns
        ]
        return [
            {**self._common[name], "Value": number, "Dimensions": [*dimensions, *self._fixed]}
            for name, number, dimensions in zip(names, numbers, zip(*cells, strict=True), strict=True)
        ]


def own_datum(name: str, dimensions: Mapping[str, str], timestamp: str, value: float = 1) -> Datum:
    """Return Sidestep's own metric `name` with the dimensions of one query."""
    return {
        "MetricName": name,
        "Timestamp": timestamp,
        "Value": value,
        "Unit": "Milliseconds" if name == QUERY_DURATION else "Count",
        "Dimensions": _dimensions(dimensions),
    }


# A datum does not contain itself, so the encoder need not look for circles.
_encode: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def json_bytes(value: object) -> int:
    """Return the size of any part of a page in a list: its bytes as UTF-8 JSON, and the comma behind it."""
    return len(_encode(value).encode()) + len(", ")


def _dimensions(pairs: Mapping[str, str]) -> list[Dimension]:
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def _size(datum: Datum) -> int:
    """Return a datum's size, so that a page is within the request's limit as well, in whatever form it is sent."""
    size = json_bytes(datum)
    if "Values" not in datum:
        return size
    # In the longest form that AWS's clients know, the Query protocol, each value and each count has a long name.
    numbers = (*datum["Values"], *datum["Counts"])
    as_query = size + sum(len(_QUERY_NAME) + len(repr(number)) for number in numbers)
    return max(size, as_query // _REQUEST_TO_PAGE)


def _fingerprint(point: Point) -> str:
    """Return what identifies a point in its query.

    A single value may change between two readings. The rows of a distribution are identified by their values.
    """
    name, values, measured = point
    packed = ""
    if isinstance(measured, dict) and "Values" in measured:
        packed = f"{measured['Values']} {measured['Counts']}"
    return "\n".join((name, *values, f"{packed}\n"))
