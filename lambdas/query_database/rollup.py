"""Totals: what all series of a metric are together, since CloudWatch does not add up a metric with dimensions."""

from collections.abc import Iterator, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Final, cast

from ..engines.interface import MAX_CELL
from .datum import Measurement
from .errors import QueryFailed
from .queries import Query
from .values import MAX_EXACT_INTEGER, is_publishable

_EXACT: Final = Context(prec=3 * MAX_CELL, Emin=MIN_EMIN, Emax=MAX_EMAX)
"""Enough digits for an exact sum: each summand has at most MAX_CELL digits before the point and as many after it."""


class Totals:
    """The totals of the metrics with `rollup`, for a result in which each row is one series.

    Sums are exact until they are published: each float is added as the decimal number that it equals.
    """

    def __init__(self, query: Query) -> None:
        """Begin with nothing."""
        self._totals: dict[str, tuple[Decimal, ...] | None] = {
            name: None for name, metric in query.metrics.items() if metric.rollup
        }

    def __len__(self) -> int:
        """Return how many metrics want a total."""
        return len(self._totals)

    def __iter__(self) -> Iterator[tuple[str, Measurement]]:
        """Yield the metrics of which at least one series has come, with their totals.

        Raises:
            QueryFailed: a total is beyond what CloudWatch takes.
        """
        for name, total in self._totals.items():
            if total is not None:
                yield name, _measurement([_published(name, number) for number in total])

    def add(self, name: str, cells: Sequence[object]) -> None:
        """Add one series of the metric `name`, if it has a total; `cells` are those of MetricColumns.exact."""
        if name in self._totals:
            total, numbers = self._totals[name], tuple(Decimal(cast("float", cell)) for cell in cells)
            self._totals[name] = numbers if total is None else _sum(total, numbers)


def _sum(one: tuple[Decimal, ...], other: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    if len(one) == 1:
        return (_EXACT.add(one[0], other[0]),)
    minimum, maximum, *sums = zip(one, other, strict=True)
    return min(minimum), max(maximum), *(_EXACT.add(left, right) for left, right in sums)


def _published(name: str, number: Decimal) -> float:
    rounded = float(number)
    if not is_publishable(rounded) or bool(rounded) != bool(number):
        raise QueryFailed(f'the total of "{name}" is not a number that CloudWatch takes; leave its rollup out')
    is_whole = rounded.is_integer() and abs(rounded) <= MAX_EXACT_INTEGER
    return int(rounded) if is_whole else rounded


def _measurement(numbers: Sequence[float]) -> Measurement:
    if len(numbers) == 1:
        return {"Value": numbers[0]}
    minimum, maximum, total, count = numbers
    return {"StatisticValues": {"SampleCount": count, "Sum": total, "Minimum": minimum, "Maximum": maximum}}
