"""Rows become CloudWatch datums. Pure: no clock, no network, no environment."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ..engines.interface import Row
from . import datum
from .batch import Batch
from .bulk import Bulk
from .columns import as_declared, metric_columns, quoted
from .datum import Datum, Dimension, Measurement
from .distribution import Packing, SeriesKey
from .errors import QueryFailed
from .queries import Query
from .repetition import SeenSeries
from .rollup import Totals
from .values import dimension_value, escaped

_TOTAL: Final[tuple[str, ...]] = ()
"""Where the values of the dimensions would be, the total of all series has none."""


def batches(query: Query, columns: Sequence[str], rows: Iterable[Sequence[Row]], timestamp: str) -> Iterator[Batch]:
    """Yield the datums of a result, in the order of its rows; those of totals come last.

    The same rows give the same datums in the same order.

    Args:
        query: what the columns are to become.
        columns: the names of the result's columns.
        rows: the rows, some at a time, each as long as `columns`.
        timestamp: of every datum, ISO 8601.

    Raises:
        QueryFailed: a column is missing or undeclared, or a row holds something that CloudWatch would refuse.
    """
    is_distribution = any(metric.statistic == "distribution" for metric in query.metrics.values())
    result = _Distributions if is_distribution else _Singles
    return result(query, as_declared(query, columns), timestamp).batches(rows)


class _Result:
    """What all results have in common: dimensions, the limit of series, and what an empty one becomes."""

    def __init__(self, query: Query, columns: Sequence[str], timestamp: str) -> None:
        self._query = query
        self._timestamp = timestamp
        self._columns = metric_columns(query, columns)
        self._dimensions = [(name, columns.index(name)) for name in query.dimensions]
        self._fixed = datum.dimensions(query.fixed_dimensions)
        self._invalid = 0

    def _dimension_values(self, row: Row, number: int) -> tuple[str, ...] | None:
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

    def _of_invalid_rows(self) -> Iterator[Datum]:
        """Yield InvalidRows: the number of rows that were skipped or escaped."""
        if self._invalid:
            yield datum.own_datum(datum.INVALID_ROWS, self._query.name, self._timestamp, self._invalid)

    def _as_dimensions(self, values: tuple[str, ...]) -> list[Dimension]:
        pairs = zip(self._query.dimensions, values, strict=True)
        made: list[Dimension] = [{"Name": name, "Value": value} for name, value in pairs]
        return made + self._fixed

    def _datum(self, name: str, measurement: Measurement, dimensions: list[Dimension]) -> Datum:
        metric = self._query.metrics[name]
        made: Datum = {
            "MetricName": name,
            "Timestamp": self._timestamp,
            "Unit": metric.unit,
            **measurement,  # type: ignore[typeddict-item] # mypy misses the keys that a datum need not have
        }
        if dimensions:
            made["Dimensions"] = dimensions
        if metric.resolution == 1:
            made["StorageResolution"] = 1
        return made

    def _too_many(self, row: int) -> QueryFailed:
        return QueryFailed(
            f"row {row}: these are more than {self._query.max_series} series, each of them a billed metric; "
            "return fewer rows or raise max_series"
        )

    def _of_nothing(self) -> Iterator[Datum]:
        """Yield what an empty result is to be: zeros only where it is known which series would have had them."""
        if self._query.on_empty == "fail":
            raise QueryFailed('the result has no rows, and on_empty is "fail"')
        if self._query.on_empty == "zero":
            for column in self._columns:
                yield self._datum(column.name, column.zero, self._fixed)


class _Singles(_Result):
    """A result in which each row is a series of its own."""

    def __init__(self, query: Query, columns: Sequence[str], timestamp: str) -> None:
        super().__init__(query, columns, timestamp)
        self._bulk = Bulk(query, columns, timestamp)
        self._seen = SeenSeries()
        self._totals = Totals(query)
        self._published = len(self._totals)

    def batches(self, rows: Iterable[Sequence[Row]]) -> Iterator[Batch]:
        first = 1
        for some in rows:
            yield self._in_bulk(some, first) or Batch.of(list(self._one_by_one(some, first)))
            first += len(some)
        self._check_repetition()
        yield Batch.of([self._datum(name, total, self._fixed) for name, total in self._totals])
        yield Batch.of(list(self._of_invalid_rows()))
        if first == 1:
            yield Batch.of(list(self._of_nothing()))

    def _in_bulk(self, rows: Sequence[Row], first: int) -> Batch | None:
        """Return the datums of some rows, unless one of them may be what fails the query."""
        made = self._bulk.batch(rows)
        if made is None or self._published + len(made[0].datums) > self._query.max_series:
            return None
        batch, series = made
        self._published += len(batch.datums)
        self._seen.add_all(series, first)
        return batch

    def _one_by_one(self, rows: Sequence[Row], first: int) -> Iterator[Datum]:
        for number, row in enumerate(rows, start=first):
            values = self._dimension_values(row, number)
            if values is None:
                continue
            dimensions = self._as_dimensions(values)
            before = self._published
            for column in self._columns:
                measurement = column.read(row, number)
                if measurement is None:
                    continue
                self._published += 1
                self._totals.add(column.name, column.exact(row))
                yield self._datum(column.name, measurement, dimensions)
            if self._published > before:
                # Only then: a row that publishes nothing is not remembered, for there may be any number of them.
                self._seen.add_all([values], number)
                if self._published > self._query.max_series:
                    self._check_repetition()  # which may be why there are so many
                    raise self._too_many(number)

    def _check_repetition(self) -> None:
        rows = self._seen.repeated()
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


class _Distributions(_Result):
    """A result in which a series has any number of rows, each with one of its values."""

    def __init__(self, query: Query, columns: Sequence[str], timestamp: str) -> None:
        super().__init__(query, columns, timestamp)
        self._packing = Packing()
        self._series: set[int] = set()  # hashes: the names of many series may be long

    def batches(self, rows: Iterable[Sequence[Row]]) -> Iterator[Batch]:
        first = 1
        for some in rows:
            yield Batch.of(list(self._one_by_one(some, first)))
            first += len(some)
        yield Batch.of([self._packed(*packed) for packed in self._packing.rest()])
        yield Batch.of(list(self._of_invalid_rows()))
        if first == 1:
            yield Batch.of(list(self._of_nothing()))

    def _one_by_one(self, rows: Sequence[Row], first: int) -> Iterator[Datum]:
        for number, row in enumerate(rows, start=first):
            values = self._dimension_values(row, number)
            if values is None:
                continue
            for column in self._columns:
                measurement = column.read(row, number)
                if measurement is None:
                    continue
                for series in self._series_of(column.name, values, number):
                    for packed in self._packing.add(series, measurement["Value"]):
                        yield self._packed(*packed)

    def _series_of(self, metric: str, values: tuple[str, ...], row: int) -> list[SeriesKey]:
        """Return the series that a value belongs to: that of its row, and the total if there is one."""
        series = [(metric, values)]
        if self._query.metrics[metric].rollup:
            series.append((metric, _TOTAL))
        self._series.update(map(hash, series))
        if len(self._series) > self._query.max_series:
            raise self._too_many(row)
        return series

    def _packed(self, series: SeriesKey, measurement: Measurement) -> Datum:
        metric, values = series
        return self._datum(metric, measurement, self._fixed if values == _TOTAL else self._as_dimensions(values))
