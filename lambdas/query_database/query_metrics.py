"""The metrics of a query itself: its duration, and the number of rows that it returned."""

import time
from collections.abc import Iterable, Iterator, Sequence

from ..engines.interface import Row
from .metric_data import EMPTY_RESULTS, QUERY_DURATION, ROWS_RETURNED, Layout, MetricData, Point


class TimedRows:
    """The rows of one query, and how long the database took for them.

    The time is that of the calls to the driver: from sending the statement to the last row, less the time in which
    the rows are converted and written to the disk.
    """

    def __init__(self, rows: Iterable[Sequence[Row]], seconds: float) -> None:
        """Begin with the seconds that the statement took until its first rows could be read."""
        self._rows = rows
        self._seconds = seconds
        self._count = 0

    def __iter__(self) -> Iterator[Sequence[Row]]:
        """Yield the rows as they come."""
        rows = iter(self._rows)
        while True:
            started = time.monotonic()
            some = next(rows, None)
            self._seconds += time.monotonic() - started
            if some is None:
                return
            self._count += len(some)
            yield some

    def metric_data(self, converted: Iterable[MetricData], layout: Layout) -> Iterator[MetricData]:
        """Yield what the rows become, then their duration and number: on the last page of the result.

        A query that fails publishes neither. EmptyResults is among the points, so that a page has space for all of
        them; it comes last, because it must not be published before an error.
        """
        is_empty = True
        for some in converted:
            is_empty = is_empty and not some.points
            yield some
        points: list[Point] = [
            (QUERY_DURATION, (), round(self._seconds * 1000, 3)),
            (ROWS_RETURNED, (), self._count),
        ]
        if is_empty:
            points.append((EMPTY_RESULTS, (), 1))
        yield layout.metric_data(points)
