"""Computations on several rows: totals, distributions, and the check for series that a result has twice."""

from array import array
from collections.abc import Hashable, Iterator, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Final, cast

from ..engines.interface import MAX_CELL
from .columns import MAX_EXACT_INTEGER, is_publishable
from .errors import QueryFailed
from .metric_data import DimensionValues, Measurement, Point
from .queries import Query

MAX_UNIQUE_VALUES: Final = 150
"""Values of one datum (CloudWatch API reference, MetricDatum)."""

MAX_WAITING: Final = 10_000
"""The maximum unique values of all series that are not packed yet, which limits the memory.

Beyond it, the oldest series are packed as they are, and later rows of them begin another datum.
"""

MAX_WAITING_TEXT: Final = 1_000_000
"""The maximum characters in the dimensions of the series that are not packed yet, for the same reason."""

_EXACT: Final = Context(prec=3 * MAX_CELL, Emin=MIN_EMIN, Emax=MAX_EMAX)
"""Enough digits for an exact sum: each summand has at most MAX_CELL digits before the point and as many after it."""


class DuplicateCheck:
    """Finds series that a result has twice, at 16 bytes for each series while rows arrive."""

    def __init__(self) -> None:
        """Begin with no series."""
        # Hashes of 64 bits with a new seed in each process: two of 100,000 series collide in one of four billion
        # results.
        self._hashes = array("q")
        self._rows = array("Q")

    def add(self, series: Sequence[Hashable], first: int) -> None:
        """Note the series of consecutive rows, the first of which has the number `first`."""
        self._hashes.extend(map(hash, series))
        self._rows.extend(range(first, first + len(series)))

    def repeated(self) -> tuple[int, int] | None:
        """Return the two rows of the first repeated series; None if there is none."""
        if len(set(self._hashes)) == len(self._hashes):
            return None
        seen: dict[int, int] = {}
        rows = zip(self._hashes, self._rows, strict=True)
        return next((seen[series], row) for series, row in rows if seen.setdefault(series, row) != row)


class Totals:
    """The totals of the metrics with `rollup`, for a result in which each row is one series.

    Sums are exact until they are published: each float is added as the decimal number that it equals.
    """

    def __init__(self, query: Query) -> None:
        """Begin with no series."""
        self._totals: dict[str, tuple[Decimal, ...] | None] = {
            name: None for name, metric in query.metrics.items() if metric.rollup
        }

    def __len__(self) -> int:
        """Return the number of metrics that have a total."""
        return len(self._totals)

    def __iter__(self) -> Iterator[Point]:
        """Yield the totals of the metrics that have at least one series.

        Raises:
            QueryFailed: CloudWatch does not accept a total.
        """
        for name, total in self._totals.items():
            if total is not None:
                yield name, (), _measurement([_published(name, number) for number in total])

    def add(self, name: str, cells: Sequence[object]) -> None:
        """Add one series of the metric `name`, if it has a total; `cells` are those of MetricColumns.exact."""
        if name in self._totals:
            total, numbers = self._totals[name], tuple(Decimal(cast("float", cell)) for cell in cells)
            self._totals[name] = numbers if total is None else _sum(total, numbers)


class Distributions:
    """Packs many rows per series as Values and Counts, so that CloudWatch can compute percentiles.

    CloudWatch merges the datums that a series has at one time, so a series may have any number of them.
    """

    def __init__(self) -> None:
        """Begin with no values."""
        self._waiting: dict[tuple[str, DimensionValues], dict[float, int]] = {}
        self._count = 0
        self._text = 0

    def add(self, name: str, values: DimensionValues, number: float) -> Iterator[Point]:
        """Take one number of a series; yield the points that it displaces from memory."""
        series = name, values
        counts = self._waiting.get(series, {})
        if number not in counts:
            if len(counts) == MAX_UNIQUE_VALUES:
                yield self._leave(series)
            while self._waiting and (self._count >= MAX_WAITING or self._text >= MAX_WAITING_TEXT):
                yield self._leave(next(iter(self._waiting)))
            self._count += 1
        if series not in self._waiting:
            self._waiting[series] = {}
            self._text += sum(map(len, values))
        counts = self._waiting[series]
        counts[number] = counts.get(number, 0) + 1

    def rest(self) -> Iterator[Point]:
        """Yield the remaining points, at the end of the result."""
        while self._waiting:
            yield self._leave(next(iter(self._waiting)))

    def _leave(self, series: tuple[str, DimensionValues]) -> Point:
        counts = self._waiting.pop(series)
        self._count -= len(counts)
        self._text -= sum(map(len, series[1]))
        return *series, {"Values": list(counts), "Counts": list(counts.values())}


def _sum(one: tuple[Decimal, ...], other: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    if len(one) == 1:
        return (_EXACT.add(one[0], other[0]),)
    minimum, maximum, *sums = zip(one, other, strict=True)
    return min(minimum), max(maximum), *(_EXACT.add(left, right) for left, right in sums)


def _published(name: str, number: Decimal) -> float:
    rounded = float(number)
    if not is_publishable(rounded) or bool(rounded) != bool(number):
        raise QueryFailed(f'the total of "{name}" is not a number that CloudWatch accepts; remove its rollup')
    is_whole = rounded.is_integer() and abs(rounded) <= MAX_EXACT_INTEGER
    return int(rounded) if is_whole else rounded


def _measurement(numbers: Sequence[float]) -> float | Measurement:
    if len(numbers) == 1:
        return numbers[0]
    minimum, maximum, total, count = numbers
    return {"StatisticValues": {"SampleCount": count, "Sum": total, "Minimum": minimum, "Maximum": maximum}}
