"""A thousand rows at once say what they say one by one."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from query_database.batch import Batch
from query_database.bulk import Bulk
from query_database.errors import QueryFailed
from query_database.metrics import batches
from query_database.queries import Metric, Query
from tests.unit.results import EDGES, Table, tables
from tests.unit.series import NOW


def read(table: Table, size: int) -> Batch | str:
    """Return all that a result gives, so many rows at a time; or why its query fails."""
    rows = (table.rows[first : first + size] for first in range(0, len(table.rows), size))
    try:
        made = list(batches(table.query, table.columns, rows, NOW))
    except QueryFailed as error:
        return str(error)
    return Batch(
        [datum for batch in made for datum in batch.datums],
        [number for batch in made for number in batch.sizes],
        [mark for batch in made for mark in batch.marks],
    )


def one_by_one(table: Table) -> Batch | str:
    with patch.object(Bulk, "batch", lambda *_: None):
        return read(table, 1)


@pytest.mark.slow
@given(tables("q"), st.integers(1, 10))
@settings(deadline=None, max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_result_is_the_same(table: Table, size: int) -> None:
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
def test_every_edge_is_the_same(cell: object, column: int) -> None:
    table = plain(cell, column)
    assert read(table, 5) == one_by_one(table)


def test_plain_rows_need_no_second_look() -> None:
    # Given
    def looks(*_: object) -> Iterator[object]:
        raise AssertionError("looked at a row by itself")

    # When / Then
    with patch("query_database.metrics._Singles._one_by_one", looks):
        made = read(plain("plan 2", 0), 5)
    assert isinstance(made, Batch)
    assert len(made.datums) == 10
