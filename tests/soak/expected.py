"""The expected contents of CloudWatch after a query: computed from the rows with exact numbers, by separate code."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sidestep.lambdas.query_database.queries import Query
from tests.soak.cells import INFINITY, MAX_MAGNITUDE, MINUS_INFINITY, NAN, NULL, ZERO, Cell, Span, total

SET_COLUMNS: Final = ("count", "sum", "minimum", "maximum")
"""The columns of a statistic set, in the order of its measurement."""

SINGLE_PRECISION: Final = 23
"""Bits of a 32-bit float."""

SINGLE_MAXIMUM: Final = 2**127
"""Larger sums of PostgreSQL's real may fail on the server."""

Series = tuple[str, tuple[tuple[str, str], ...]]
"""A metric's name, and its dimensions, sorted."""

Measured = tuple[Span, ...]
"""One value; or of a set, its four."""

Row = Mapping[str, Cell]


@dataclass
class Expectation:
    """The expected result of one query.

    Attributes:
        series: what is published if the query does not fail.
        rows: the number of rows that the server returns; None if it is not known.
        must_fail: whether the query has to fail.
        may_fail: whether it may fail as well as succeed.
        is_free: whether only the form of what it publishes is known, because the server decides it.
    """

    series: dict[Series, list[Measured]] = field(default_factory=lambda: defaultdict(list))
    rows: int | None = None
    must_fail: bool = False
    may_fail: bool = False
    is_free: bool = False


def expectation(query: Query, rows: Sequence[Row]) -> Expectation:
    """Return what a query with these rows should publish, as docs/configuration.md defines it."""
    expected = Expectation(rows=len(rows))
    seen: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        dimensions = [row[name].text for name in query.dimensions]
        if None in dimensions:
            expected.must_fail = True
            continue
        texts = [text for text in dimensions if text is not None]
        measured = [(name, _measured(query, name, row, expected)) for name in query.metrics]
        for name, spans in measured:
            if spans is not None:
                expected.series[_series(query, name, texts)].append(spans)
        if any(spans is not None for _, spans in measured):
            seen[tuple(texts)] += 1
    if not _is_distribution(query):
        expected.must_fail |= any(len(values) > 1 for values in expected.series.values())
        expected.may_fail |= any(count > 1 for count in seen.values())
    if not rows:
        _add_empty(query, expected)
    else:
        _add_totals(query, expected)
    _check_count(query, expected)
    for span in (span for values in expected.series.values() for measured in values for span in measured):
        expected.must_fail |= span.is_refused
        expected.may_fail |= span.is_doubtful
    return expected


def _measured(query: Query, name: str, row: Row, expected: Expectation) -> Measured | None:
    is_set = query.metrics[name].statistic == "set"
    cells = [row[column] for column in (SET_COLUMNS if is_set else (name,))]
    if cells[0].is_null or (is_set and cells[0].span == ZERO):
        expected.must_fail |= query.on_null == "fail"
        return _zero(query, name) if query.on_null == "zero" else None
    spans = [cell.span for cell in cells]
    if None in spans:
        expected.must_fail = True
        return None
    return tuple(span for span in spans if span is not None)


def _zero(query: Query, name: str) -> Measured:
    return (Span.exactly(1), ZERO, ZERO, ZERO) if query.metrics[name].statistic == "set" else (ZERO,)


def _series(query: Query, name: str, texts: Sequence[str] | None) -> Series:
    columns = dict(zip(query.dimensions, texts, strict=True)) if texts is not None else {}
    return name, tuple(sorted({**columns, **query.fixed_dimensions}.items()))


def _is_distribution(query: Query) -> bool:
    return any(metric.statistic == "distribution" for metric in query.metrics.values())


def _add_empty(query: Query, expected: Expectation) -> None:
    expected.must_fail |= query.on_empty == "fail"
    if query.on_empty == "zero":
        for name in query.metrics:
            expected.series[_series(query, name, None)].append(_zero(query, name))


def _add_totals(query: Query, expected: Expectation) -> None:
    for name, metric in query.metrics.items():
        values = [
            measured for series in list(expected.series) if series[0] == name for measured in expected.series[series]
        ]
        if metric.rollup and values:
            merged = values if metric.statistic == "distribution" else [_merged(values)]
            expected.series[_series(query, name, None)] += merged


def _merged(values: Sequence[Measured]) -> Measured:
    columns = list(zip(*values, strict=True))
    if len(columns) == 1:
        return (total(columns[0]),)
    counts, sums, minima, maxima = columns
    low = Span(min(span.low for span in minima), min(span.high for span in minima))
    high = Span(max(span.low for span in maxima), max(span.high for span in maxima))
    return total(counts), total(sums), low, high


def _check_count(query: Query, expected: Expectation) -> None:
    """Compare the number of series with `max_series`; unpublished totals may or may not count."""
    count = len(expected.series)
    expected.must_fail |= count > query.max_series
    expected.may_fail |= count + sum(metric.rollup for metric in query.metrics.values()) > query.max_series


def summed(cells: Sequence[Cell], precision: int) -> Cell:
    """Return the SUM of cells; `precision` is the server's precision in bits, 0 for exact."""
    spans = [cell.span for cell in cells if not cell.is_null]
    numbers = [span for span in spans if span is not None]
    if not spans:
        return NULL
    if len(numbers) < len(spans):
        return NAN
    found = total(numbers)
    if precision and len(numbers) > 1:
        size = sum((max(abs(span.low), abs(span.high)) for span in numbers), start=ZERO.low)
        may_overflow = precision == SINGLE_PRECISION and size > SINGLE_MAXIMUM
        found = found.around(2 * MAX_MAGNITUDE if may_overflow else 2 * len(numbers) * size / 2**precision)
    return Cell("", found)


def extreme(cells: Sequence[Cell], *, is_highest: bool) -> Cell:
    """Return the MIN or MAX of cells that are numbers or NULL."""
    present = sorted((cell for cell in cells if not cell.is_null), key=_order)
    if not present:
        return NULL
    return present[-1 if is_highest else 0]


def _order(cell: Cell) -> tuple[int, Span]:
    """Sort like PostgreSQL, where NaN is greater than infinity."""
    return {MINUS_INFINITY: -1, INFINITY: 1, NAN: 2}.get(cell, 0), cell.span or ZERO


def groups(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[tuple[Row, list[Row]]]:
    """Yield the groups that GROUP BY makes, each with one of its rows; without columns all rows are one."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[column].literal for column in columns), []).append(row)
    if not columns and not found:
        yield {}, []
    for members in found.values():
        yield members[0], members
