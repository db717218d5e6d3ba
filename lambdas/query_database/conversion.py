"""Converts the rows of a query into metric data. It uses no clock, no network and no environment."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from ..engines.interface import Row
from .aggregates import Distributions, DuplicateCheck, Totals
from .columns import as_declared, dimension_value, escaped, metric_columns, quoted
from .errors import QueryFailed
from .fast_path import FastPath
from .metric_data import INVALID_ROWS, DimensionValues, Layout, MetricData, Point
from .queries import Query


def metric_data(
    query: Query, columns: Sequence[str], rows: Iterable[Sequence[Row]], layout: Layout
) -> Iterator[MetricData]:
    """Yield the metric data of a result, in the order of its rows; totals come last.

    The same rows give the same metric data in the same order.

    Args:
        query: what the columns become.
        columns: the names of the result's columns.
        rows: the rows, some at a time, each as long as `columns`.
        layout: of the query.

    Raises:
        QueryFailed: a column is missing or undeclared, or a row holds something that CloudWatch would refuse.
    """
    is_distribution = any(metric.statistic == "distribution" for metric in query.metrics.values())
    conversion = _Distributions if is_distribution else _SingleValues
    return conversion(query, as_declared(query, columns), layout).metric_data(rows)


class _Conversion(ABC):
    """The common part of all results: dimensions, limit of series, and policies for invalid rows and no rows."""

    def __init__(self, query: Query, columns: Sequence[str], layout: Layout) -> None:
        self._query = query
        self._layout = layout
        self._columns = metric_columns(query, columns)
        self._dimensions = [(name, columns.index(name)) for name in query.dimensions]
        self._invalid = 0

    def metric_data(self, rows: Iterable[Sequence[Row]]) -> Iterator[MetricData]:
        first = 1
        for some in rows:
            yield self._convert(some, first)
            first += len(some)
        points = [*self._rest()]
        if self._invalid:
            points.append((INVALID_ROWS, (), self._invalid))
        if first == 1:
            points += self._of_no_rows()
        yield self._layout.metric_data(points)

    def _convert(self, rows: Sequence[Row], first: int) -> MetricData:
        """Return the metric data of some rows; the first of them has the number `first`."""
        return self._layout.metric_data([*self._points(rows, first)])

    @abstractmethod
    def _points(self, rows: Sequence[Row], first: int) -> Iterator[Point]:
        """Yield the points of some rows, one row after the other."""

    @abstractmethod
    def _rest(self) -> Iterable[Point]:
        """Return the points that need all rows."""

    def _dimension_values(self, row: Row, number: int) -> DimensionValues | None:
        """Return the values of a row's dimensions; None to skip the row."""
        try:
            return tuple(dimension_value(row[index], name, number) for name, index in self._dimensions)
        except QueryFailed:
            if self._query.on_invalid == "fail":
                raise
        if self._query.on_invalid == "skip":
            self._invalid += 1
            return None
        cells = [(name, row[index]) for name, index in self._dimensions]
        values = tuple(
            dimension_value(escaped(cell) if isinstance(cell, str) else cell, name, number) for name, cell in cells
        )
        self._invalid += 1
        return values

    def _too_many(self, row: int) -> QueryFailed:
        return QueryFailed(
            f"row {row}: these are more than {self._query.max_series} series, each of them a billed metric; "
            "return fewer rows or raise max_series"
        )

    def _of_no_rows(self) -> Iterator[Point]:
        """Yield the points of an empty result: zeros, but only if its series are known without a row."""
        if self._query.on_empty == "fail":
            raise QueryFailed('the result has no rows, and on_empty is "fail"')
        if self._query.on_empty == "zero":
            for column in self._columns:
                yield column.name, (), column.zero


class _SingleValues(_Conversion):
    """A result in which each row is a series of its own."""

    def __init__(self, query: Query, columns: Sequence[str], layout: Layout) -> None:
        super().__init__(query, columns, layout)
        self._fast_path = FastPath(query, columns, layout)
        self._duplicates = DuplicateCheck()
        self._totals = Totals(query)
        self._published = len(self._totals)

    def _convert(self, rows: Sequence[Row], first: int) -> MetricData:
        converted = self._fast_path.convert(rows)
        if converted is None or self._published + len(converted.points) > self._query.max_series:
            return super()._convert(rows, first)
        self._published += len(converted.points)
        self._duplicates.add([values for _, values, _ in converted.points[:: len(self._columns)]], first)
        return converted

    def _points(self, rows: Sequence[Row], first: int) -> Iterator[Point]:
        for number, row in enumerate(rows, start=first):
            values = self._dimension_values(row, number)
            if values is None:
                continue
            before = self._published
            for column in self._columns:
                measured = column.read(row, number)
                if measured is None:
                    continue
                self._published += 1
                self._totals.add(column.name, column.exact(row))
                yield column.name, values, measured
            if self._published > before:
                # Only then: a result may have any number of rows that publish nothing.
                self._duplicates.add([values], number)
                if self._published > self._query.max_series:
                    self._check_duplicates()  # they may be the reason
                    raise self._too_many(number)

    def _rest(self) -> Iterable[Point]:
        self._check_duplicates()
        return self._totals

    def _check_duplicates(self) -> None:
        rows = self._duplicates.repeated()
        if rows is None:
            return
        if not self._query.dimensions:
            raise QueryFailed(
                f"row {rows[1]}: without dimensions there can be one row only; add dimensions or aggregate"
            )
        raise QueryFailed(
            f"row {rows[1]}: the same series as row {rows[0]}, with equal values of "
            f"{quoted(self._query.dimensions)}; GROUP BY the dimensions"
        )


class _Distributions(_Conversion):
    """A result in which a series has any number of rows, each with one of its values."""

    def __init__(self, query: Query, columns: Sequence[str], layout: Layout) -> None:
        super().__init__(query, columns, layout)
        self._distributions = Distributions()
        self._series: set[int] = set()  # hashes: the names of many series may be long

    def _points(self, rows: Sequence[Row], first: int) -> Iterator[Point]:
        for number, row in enumerate(rows, start=first):
            values = self._dimension_values(row, number)
            if values is None:
                continue
            for column in self._columns:
                measured = column.read(row, number)
                if isinstance(measured, int | float):
                    for series in self._series_of(column.name, values, number):
                        yield from self._distributions.add(column.name, series, measured)

    def _rest(self) -> Iterable[Point]:
        return self._distributions.rest()

    def _series_of(self, metric: str, values: DimensionValues, row: int) -> list[DimensionValues]:
        """Return the series that a value belongs to: that of its row, and the total if the metric has one."""
        series = [values, ()] if self._query.metrics[metric].rollup else [values]
        self._series.update(hash((metric, one)) for one in series)
        if len(self._series) > self._query.max_series:
            raise self._too_many(row)
        return series
