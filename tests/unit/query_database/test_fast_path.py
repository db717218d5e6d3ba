"""The fast path converts rows to the same metric data as the row-by-row conversion."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidestep.lambdas.query_database.errors import QueryFailed
from sidestep.lambdas.query_database.fast_path import FastPath
from sidestep.lambdas.query_database.metric_data import Datum, Layout, MetricData
from sidestep.lambdas.query_database.queries import Metric, Query
from tests.unit.query_database.results import EDGES, Table, tables
from tests.unit.query_database.series import NOW, converted

Read = tuple[MetricData, list[Datum]]


def read(table: Table, size: int) -> Read | str:
    """Return the metric data of a result, `size` rows at a time, and its datums; or the error of its query."""
    rows = (table.rows[first : first + size] for first in range(0, len(table.rows), size))
    try:
        made = converted(table.query, table.columns, rows)
    except QueryFailed as error:
        return str(error)
    joined = MetricData(
        [point for some in made for point in some.points],
        [size for some in made for size in some.sizes],
        [fingerprint for some in made for fingerprint in some.fingerprints],
    )
    return joined, Layout(table.query, NOW).datums(joined.points)


def one_by_one(table: Table) -> Read | str:
    """Return the same, without the fast path."""
    layout = Layout(table.query, NOW)
    with patch.object(FastPath, "convert", lambda *_: None):
        made = read(table, 1)
    return made if isinstance(made, str) else (made[0], [layout.datum(point) for point in made[0].points])


@pytest.mark.slow
@given(tables("q"), st.integers(1, 10))
@settings(deadline=None, max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_result_is_the_same_on_the_fast_path(table: Table, size: int) -> None:
    assert read(table, size) == one_by_one(table)


PLAIN = Query(
    "q",
    "SELECT ...",
    ("Plan", "Region"),
    10,
    100,
    "skip",
    "skip",
    {"A": Metric("Count", 60), "B": Metric("Seconds", 1)},
    fixed_dimensions={"Environment": 'pr"od'},
)


def plain(cell: object, column: int) -> Table:
    """Return a result in which one cell is not plain."""
    rows: list[tuple[object, ...]] = [(f"plan {number}", "north", number, number / 7) for number in range(5)]
    rows[2] = (*rows[2][:column], cell, *rows[2][column + 1 :])
    return Table(PLAIN, ("Plan", "Region", "A", "B"), rows)


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("cell", [*EDGES, 'quo"te', "back\\slash", "plan 0"], ids=ascii)
def test_every_edge_case_is_the_same_on_the_fast_path(cell: object, column: int) -> None:
    table = plain(cell, column)
    assert read(table, 5) == one_by_one(table)


def test_plain_rows_take_the_fast_path() -> None:
    # Given
    def looks(*_: object) -> Iterator[object]:
        raise AssertionError("looked at a row by itself")

    # When / Then
    with patch("sidestep.lambdas.query_database.conversion._SingleValues._points", looks):
        made = read(plain("plan 2", 0), 5)
    assert len(made[1]) == 10
