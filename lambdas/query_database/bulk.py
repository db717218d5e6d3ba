"""Many rows at once, for nearly all rows need no second look: a few calls for a thousand of them, not some for each.

It says nothing that `metrics` does not say row by row, which decides whenever this is not sure.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import chain
from typing import Final, NamedTuple, TypeVar, cast

from ..engines.interface import Row, Single
from . import datum
from .batch import Batch, mark
from .datum import Datum, Dimension, json_bytes
from .queries import Query
from .values import MAX_DIMENSION_VALUE, MAX_EXACT_INTEGER, is_publishable

Cell = TypeVar("Cell")
Column = Sequence[Cell]

_ESCAPED: Final = ('"', "\\")
"""What JSON writes as two characters, of those that a dimension may have."""


class _Series(NamedTuple):
    """What some rows say of their series.

    Attributes:
        keys: of each, the values of its dimensions.
        dimensions: these as PutMetricData takes them, fixed ones included.
        lengths: of each, the characters of these values, without the fixed ones.
    """

    keys: list[tuple[str, ...]]
    dimensions: list[list[Dimension]]
    lengths: list[int]


class Bulk:
    """Makes batches of a query's rows.

    It takes queries of single values with dimensions and without totals. Others have short results, or results of
    which a row is not a datum.
    """

    def __init__(self, query: Query, columns: Sequence[str], timestamp: str) -> None:
        """Prepare for a result with these columns, which are the declared ones."""
        self._query = query
        self._timestamp = timestamp
        self._fixed = datum.dimensions(query.fixed_dimensions)
        self._is_able = bool(query.dimensions) and all(
            metric.statistic == "value" and not metric.rollup for metric in query.metrics.values()
        )
        self._dimensions = [columns.index(name) for name in query.dimensions]
        self._metrics = [columns.index(name) for name in query.metrics if self._is_able]

    def batch(self, rows: Sequence[Row]) -> tuple[Batch, list[tuple[str, ...]]] | None:
        """Return the datums of some rows, and the series of each row; None if a row needs a second look."""
        if not self._is_able:
            return None
        cells = list(zip(*rows, strict=True))
        texts = _each(_texts, (cells[index] for index in self._dimensions))
        numbers = _each(_numbers, (cells[index] for index in self._metrics))
        if texts is None or numbers is None:
            return None
        series = _Series(
            keys=list(zip(*texts, strict=True)),
            dimensions=self._as_dimensions(texts),
            lengths=[sum(column) for column in zip(*(map(len, column) for column in texts), strict=True)],
        )
        metrics = [self._of(name, values, series) for name, values in zip(self._query.metrics, numbers, strict=True)]
        return (metrics[0] if len(metrics) == 1 else _interleaved(metrics)), series.keys

    def _as_dimensions(self, texts: Sequence[Column[str]]) -> list[list[Dimension]]:
        columns: list[list[Dimension]] = [
            [{"Name": name, "Value": text} for text in column]
            for name, column in zip(self._query.dimensions, texts, strict=True)
        ]
        return [[*row, *self._fixed] for row in zip(*columns, strict=True)]

    def _of(self, name: str, values: Column[float], series: _Series) -> Batch:
        metric = self._query.metrics[name]
        common: Datum = {"MetricName": name, "Timestamp": self._timestamp, "Unit": metric.unit}
        if metric.resolution == 1:
            common["StorageResolution"] = 1
        nothing = self._as_dimensions([("",)] * len(self._dimensions))[0]
        around = json_bytes({**common, "Value": 0, "Dimensions": nothing}) - len("0")
        before, after = mark(name, ["\0", *self._query.fixed_dimensions.values()]).split("\0")
        digits = map(len, map(repr, values))
        pairs = zip(values, series.dimensions, strict=True)
        return Batch(
            [{**common, "Value": value, "Dimensions": row} for value, row in pairs],
            [around + number + text for number, text in zip(digits, series.lengths, strict=True)],
            [f"{before}{key}{after}" for key in map("\n".join, series.keys)],
        )


def _each(
    check: Callable[[Column[object]], Column[Cell] | None], columns: Iterable[Column[object]]
) -> list[Column[Cell]] | None:
    """Return what a check makes of each column; None if there is one that it does not let pass."""
    checked: list[Column[Cell]] = []
    for column in columns:
        passed = check(column)
        if passed is None:
            return None
        checked.append(passed)
    return checked


def _texts(column: Column[object]) -> Column[str] | None:
    """Return a column of what may be a dimension's value, and what JSON writes as it is."""
    if set(map(type, column)) != {str}:
        return None
    texts = cast("Column[str]", column)
    whole = "".join(texts)
    if not (whole.isascii() and whole.isprintable()) or any(escaped in whole for escaped in _ESCAPED):
        return None
    return texts if max(map(len, texts)) <= MAX_DIMENSION_VALUE and all(map(str.strip, texts)) else None


def _numbers(column: Column[object]) -> Column[float] | None:
    """Return a column of numbers as CloudWatch takes them."""
    kinds = set(map(type, column))
    if kinds == {int}:
        whole = cast("Column[int]", column)
        return whole if min(whole) >= -MAX_EXACT_INTEGER and max(whole) <= MAX_EXACT_INTEGER else None
    if kinds <= {float, Single, Decimal}:
        numbers = list(map(float, cast("Column[float]", column)))
        is_zero_only_where_it_was = list(map(bool, numbers)) == list(map(bool, column))
        return numbers if is_zero_only_where_it_was and all(map(is_publishable, numbers)) else None
    return None


def _interleaved(metrics: Sequence[Batch]) -> Batch:
    """Return the datums of several metrics in the order of the rows."""
    return Batch(
        list(chain.from_iterable(zip(*(metric.datums for metric in metrics), strict=True))),
        list(chain.from_iterable(zip(*(metric.sizes for metric in metrics), strict=True))),
        list(chain.from_iterable(zip(*(metric.marks for metric in metrics), strict=True))),
    )
