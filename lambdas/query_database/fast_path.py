"""The fast path for plain rows: column by column, a few calls for a thousand rows.

It returns what `conversion` returns row by row. Rows with anything unusual are left to the row-by-row conversion.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from typing import Final, cast

from ..engines.interface import Row, Single
from .columns import MAX_DIMENSION_VALUE, MAX_EXACT_INTEGER, is_publishable
from .metric_data import Layout, MetricData
from .queries import Query

_ESCAPED: Final = ('"', "\\")
"""The characters of a dimension value that JSON writes as two characters."""


class FastPath:
    """Converts the rows of queries that have dimensions and single values without totals."""

    def __init__(self, query: Query, columns: Sequence[str], layout: Layout) -> None:
        """Prepare for a result with these columns, which are the declared ones."""
        self._layout = layout
        self._is_able = bool(query.dimensions) and all(
            metric.statistic == "value" and not metric.rollup for metric in query.metrics.values()
        )
        self._dimensions = [columns.index(name) for name in query.dimensions]
        self._metrics = {name: columns.index(name) for name in query.metrics if self._is_able}

    def convert(self, rows: Sequence[Row]) -> MetricData | None:
        """Return the metric data of some rows; None if any of them needs the row-by-row conversion."""
        if not self._is_able or not rows:
            return None
        cells = list(zip(*rows, strict=True))
        texts = [_texts(cells[index]) for index in self._dimensions]
        numbers = [_numbers(cells[index]) for index in self._metrics.values()]
        if not all(texts) or not all(numbers):
            return None
        converted = [
            self._layout.plain_metric_data(name, texts, column)
            for name, column in zip(self._metrics, numbers, strict=True)
        ]
        return converted[0] if len(converted) == 1 else _interleaved(converted)


def _texts(column: Sequence[object]) -> Sequence[str]:
    """Return a column of valid dimension values that JSON writes unchanged; empty if a cell is anything else."""
    if set(map(type, column)) != {str}:
        return ()
    texts = cast("Sequence[str]", column)
    whole = "".join(texts)
    if not (whole.isascii() and whole.isprintable()) or any(escaped in whole for escaped in _ESCAPED):
        return ()
    return texts if max(map(len, texts)) <= MAX_DIMENSION_VALUE and all(map(str.strip, texts)) else ()


def _numbers(column: Sequence[object]) -> Sequence[float]:
    """Return a column of numbers in the form that CloudWatch accepts; empty if a cell is anything else."""
    kinds = set(map(type, column))
    if kinds == {int}:
        whole = cast("Sequence[int]", column)
        return whole if min(whole) >= -MAX_EXACT_INTEGER and max(whole) <= MAX_EXACT_INTEGER else ()
    if kinds <= {float, Single, Decimal}:
        numbers = list(map(float, cast("Sequence[float]", column)))
        is_zero_only_where_it_was = list(map(bool, numbers)) == list(map(bool, column))
        return numbers if is_zero_only_where_it_was and all(map(is_publishable, numbers)) else ()
    return ()


def _interleaved(metrics: Sequence[MetricData]) -> MetricData:
    """Return the points of several metrics in the order of the rows."""
    parts = zip(*metrics, strict=True)
    return MetricData(*(list(chain.from_iterable(zip(*part, strict=True))) for part in parts))
