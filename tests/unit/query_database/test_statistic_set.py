"""Four columns become a statistic set, or the query fails and says why."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from sidestep.lambdas.query_database.errors import QueryFailed
from sidestep.lambdas.query_database.metric_data import Datum
from sidestep.lambdas.query_database.queries import Metric, Query
from tests.unit.query_database.series import NOW, datums

AMOUNT = Metric("None", 60, statistic="set")
QUERY = Query("orders", "SELECT ...", ("Region",), 10, 10, "skip", "skip", {"Amount": AMOUNT})
COLUMNS = ("Region", "minimum", "maximum", "sum", "count")


def read(*rows: Sequence[object], query: Query = QUERY) -> list[Datum]:
    return datums(query, COLUMNS, [rows])


def failure(*rows: Sequence[object], query: Query = QUERY) -> str:
    with pytest.raises(QueryFailed) as caught:
        read(*rows, query=query)
    return str(caught.value)


def test_four_columns_are_one_datum() -> None:
    assert read(("north", Decimal("1.50"), 9, Decimal("12.5"), 3)) == [
        {
            "MetricName": "Amount",
            "Timestamp": NOW,
            "Unit": "None",
            "StatisticValues": {"SampleCount": 3, "Sum": 12.5, "Minimum": 1.5, "Maximum": 9},
            "Dimensions": [{"Name": "Region", "Value": "north"}],
        }
    ]


def test_a_statistic_set_can_have_other_metrics_beside_it() -> None:
    # Given
    query = replace(QUERY, metrics={"Amount": AMOUNT, "Late": Metric("Count", 60)})

    # When
    made = datums(query, (*COLUMNS, "Late"), [[("north", 1, 2, 3, 2, 7)]])

    # Then
    assert [datum["MetricName"] for datum in made] == ["Amount", "Late"]
    assert made[1]["Value"] == 7


def test_a_statistic_set_of_no_rows_is_null() -> None:
    # Given the results of MIN, MAX and SUM without rows
    empty = ("north", None, None, None, 0)

    # Then
    assert read(empty) == []
    (zero,) = read(empty, query=replace(QUERY, on_null="zero"))
    assert zero["StatisticValues"] == {"SampleCount": 1, "Sum": 0, "Minimum": 0, "Maximum": 0}
    message = failure(empty, query=replace(QUERY, on_null="fail"))
    assert 'row 1, column "count": ' in message
    assert "on_null" in message


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ((None, 2, 3, 2), 'row 1, column "minimum": .*NULL'),
        ((1, "2", 3, 2), 'row 1, column "maximum": .*text'),
        ((1, 2, float("inf"), 2), 'row 1, column "sum": .*infinity'),
        ((3, 2, 5, 2), 'row 1: column "minimum" .*"maximum"'),
        ((1, 2, 3, -2), 'row 1: column "count" .*0'),
        ((1, 2, 9, 2), 'row 1: column "sum" .*"minimum".*"maximum"'),
        ((1, 2, 1.9, 2), 'row 1: column "sum" '),
    ],
)
def test_inconsistent_statistics_fail(cells: Sequence[object], problem: str) -> None:
    assert re.match(problem, failure(("north", *cells)))


def test_a_sum_may_be_rounded() -> None:
    assert read(("north", 0.1, 0.1, 0.1 * 3, 3))


def test_a_missing_column_is_reported() -> None:
    with pytest.raises(QueryFailed, match='column "sum", "count" '):
        datums(QUERY, COLUMNS[:3], [])


def test_the_name_of_the_metric_is_not_a_column() -> None:
    with pytest.raises(QueryFailed, match='column "Amount" '):
        datums(QUERY, (*COLUMNS, "Amount"), [])


def test_the_total_merges_all_sets() -> None:
    # Given
    query = replace(QUERY, metrics={"Amount": replace(AMOUNT, rollup=True)})

    # When
    *_, total = read(("north", 1, 5, 6, 2), ("south", 3, 9, 15, 3), ("west", -2, 4, 2, 2), query=query)

    # Then
    assert total["StatisticValues"] == {"SampleCount": 7, "Sum": 23, "Minimum": -2, "Maximum": 9}
    assert "Dimensions" not in total
