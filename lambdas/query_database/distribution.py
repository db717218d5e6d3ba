"""Many rows per series, packed as Values and Counts, so that CloudWatch knows percentiles."""

from collections.abc import Iterator
from typing import Final

from .datum import Measurement

MAX_UNIQUE_VALUES: Final = 150
"""Of one datum (CloudWatch API reference, MetricDatum)."""

MAX_WAITING: Final = 10_000
"""Unique values that wait for more of their kind, of all series together. It bounds the memory: with more of them the
series that came first are packed as they are, and begin a further datum when they come again."""

MAX_WAITING_TEXT: Final = 1_000_000
"""Characters in the dimensions of the series that wait, for the same reason."""

SeriesKey = tuple[str, tuple[str, ...]]
"""A metric's name, and the values of the columns that are dimensions."""


class Packing:
    """Values on their way into datums.

    CloudWatch merges the datums that a series has at one time, so a series may have any number of them.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: dict[SeriesKey, dict[float, int]] = {}
        self._count = 0
        self._text = 0

    def add(self, series: SeriesKey, value: float) -> Iterator[tuple[SeriesKey, Measurement]]:
        """Take one value; yield what has to leave for it."""
        counts = self._waiting.get(series, {})
        if value not in counts:
            if len(counts) == MAX_UNIQUE_VALUES:
                yield self._leave(series)
            while self._waiting and (self._count >= MAX_WAITING or self._text >= MAX_WAITING_TEXT):
                yield self._leave(next(iter(self._waiting)))
            self._count += 1
        if series not in self._waiting:
            self._waiting[series] = {}
            self._text += _text(series)
        counts = self._waiting[series]
        counts[value] = counts.get(value, 0) + 1

    def rest(self) -> Iterator[tuple[SeriesKey, Measurement]]:
        """Yield what still waits, at the end of the result."""
        while self._waiting:
            yield self._leave(next(iter(self._waiting)))

    def _leave(self, series: SeriesKey) -> tuple[SeriesKey, Measurement]:
        counts = self._waiting.pop(series)
        self._count -= len(counts)
        self._text -= _text(series)
        return series, {"Values": list(counts), "Counts": list(counts.values())}


def _text(series: SeriesKey) -> int:
    return sum(map(len, series[1]))
