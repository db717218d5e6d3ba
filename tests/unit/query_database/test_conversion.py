"""Rows become datums, or the query fails and says where."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sidestep.lambdas.engines.interface import Unreadable
from sidestep.lambdas.query_database.errors import QueryFailed
from sidestep.lambdas.query_database.metric_data import Datum
from sidestep.lambdas.query_database.queries import Metric, Query
from tests.unit.query_database.series import NOW, datums


def query(
    *, dimensions: tuple[str, ...] = ("Plan",), max_series: int = 10, on_null: str = "skip", on_empty: str = "skip"
) -> Query:
    return Query(
        name="sessions",
        sql="SELECT ...",
        dimensions=dimensions,
        timeout=10,
        max_series=max_series,
        on_null=on_null,
        on_empty=on_empty,
        metrics={"Sessions": Metric(unit="Count", resolution=60)},
    )


def read(
    query: Query, rows: Iterable[Sequence[object]], columns: Sequence[str] = ("Plan", "Sessions")
) -> list[Datum]:
    """Return the datums of rows that come one at a time, so that each is looked at when it comes."""
    return datums(query, columns, ([row] for row in rows))


def failure(query: Query, rows: Iterable[Sequence[object]], columns: Sequence[str] = ("Plan", "Sessions")) -> str:
    with pytest.raises(QueryFailed) as caught:
        read(query, rows, columns)
    return str(caught.value)


def test_a_row_becomes_a_datum() -> None:
    assert read(query(), [("free", 7)]) == [
        {
            "MetricName": "Sessions",
            "Timestamp": NOW,
            "Value": 7,
            "Unit": "Count",
            "Dimensions": [{"Name": "Plan", "Value": "free"}],
        }
    ]


def test_columns_are_found_by_name() -> None:
    (datum,) = read(query(), [(7, "free")], columns=("Sessions", "Plan"))
    assert (datum["Value"], datum["Dimensions"]) == (7, [{"Name": "Plan", "Value": "free"}])


def test_a_name_in_lower_case_matches_the_declared_one() -> None:
    (datum,) = read(query(), [("free", 7)], columns=("plan", "sessions"))
    assert (datum["MetricName"], datum["Value"], datum["Dimensions"]) == (
        "Sessions", 7, [{"Name": "Plan", "Value": "free"}],
    )  # fmt: skip


def test_names_that_differ_in_more_than_case_do_not_match() -> None:
    message = failure(query(), [("free", 7)], ("Plan", "SESSIONS"))
    assert '"Sessions"' in message


def test_declared_names_that_differ_in_case_are_two() -> None:
    # Given
    two = replace(query(dimensions=()), metrics={"Size": Metric("Count", 60), "size": Metric("Count", 60)})

    # When
    result = read(two, [(1, 2)], columns=("size", "Size"))

    # Then
    assert {datum["MetricName"]: datum["Value"] for datum in result} == {"size": 1, "Size": 2}


def test_high_resolution_is_requested() -> None:
    # Given
    fast = replace(query(dimensions=()), metrics={"Sessions": Metric("Count", 1)})

    # When
    (datum,) = read(fast, [(7,)], columns=["Sessions"])

    # Then
    assert datum["StorageResolution"] == 1
    assert "Dimensions" not in datum


def test_each_metric_of_a_row_is_a_series() -> None:
    # Given
    two = replace(query(), metrics={"A": Metric("Count", 60), "B": Metric("Seconds", 60)})

    # When
    result = read(two, [("free", 1, 2.5)], columns=("Plan", "A", "B"))

    # Then
    assert [(datum["MetricName"], datum["Value"], datum["Unit"]) for datum in result] == [
        ("A", 1, "Count"),
        ("B", 2.5, "Seconds"),
    ]


@pytest.mark.parametrize(
    ("given", "published"),
    [
        (0, 0),
        (-3, -3),
        (True, 1),
        (2.5, 2.5),
        (Decimal("2.50"), 2.5),
        (Decimal("1E+30"), 1e30),
        (2**53, 2**53),
        (2**53 + 1, float(2**53 + 1)),
        (2**360, 2.0**360),
        (-(2.0**360), -(2.0**360)),
    ],
)
def test_numbers_are_published(given: object, published: float) -> None:
    (datum,) = read(query(), [("free", given)])
    assert datum["Value"] == published
    assert type(datum["Value"]) is type(published)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("7", " text"),
        (b"\x01", " binary"),
        (date(2026, 1, 31), " a date,"),
        (Unreadable("a date and time"), " a date and time,"),
        (Unreadable("a time"), " a time,"),
        (5e-324, "2^-360"),
        (Unreadable("money", remedy="cast it to numeric"), "cast it to numeric"),
        (
            float("nan"),
            "NaN",
        ),
        (float("inf"), " infinity"),
        (Decimal("NaN"), "NaN"),
        (Decimal("-Infinity"), "-infinity"),
        (2**361, "2^360"),
        (Decimal("1E+1000"), "2^-360"),
        (-1e300, "2^-360"),
    ],
)
def test_a_value_that_cloudwatch_rejects_fails_the_query(given: object, problem: str) -> None:
    # When
    message = failure(query(), [("free", 1), ("team", given)])

    # Then it names row and column, and carries no value
    assert message.startswith('row 2, column "Sessions": ')
    assert problem in message


def test_rows_that_publish_nothing_may_be_any_number() -> None:
    # Given more rows than there may be series, two of them alike, with nothing to publish
    rows = [*((f"plan {number}", None) for number in range(1000)), ("plan 1", None), ("team", 1)]

    # When / Then
    assert [datum["Value"] for datum in read(query(max_series=1), rows)] == [1]


def test_null_is_skipped_zero_or_a_failure_by_policy() -> None:
    rows = [("free", 1), ("team", None)]
    assert [datum["Value"] for datum in read(query(on_null="skip"), rows)] == [1]
    assert [datum["Value"] for datum in read(query(on_null="zero"), rows)] == [1, 0]
    message = failure(query(on_null="fail"), rows)
    assert 'row 2, column "Sessions": ' in message
    assert "on_null" in message


def test_an_empty_result_is_skipped_zero_or_a_failure_by_policy() -> None:
    columns = ["Sessions"]
    assert read(query(dimensions=(), on_empty="skip"), [], columns) == []
    assert [datum["Value"] for datum in read(query(dimensions=(), on_empty="zero"), [], columns)] == [0]
    assert "on_empty" in failure(query(on_empty="fail"), [])


@pytest.mark.parametrize("given", ["a", "x" * 1024, "two words", ":colon"])
def test_dimension_values_are_published_as_text(given: str) -> None:
    (datum,) = read(query(), [(given, 1)])
    assert datum["Dimensions"][0]["Value"] == given


def test_a_whole_number_may_be_a_dimension() -> None:
    (datum,) = read(query(), [(42, 1)])
    assert datum["Dimensions"][0]["Value"] == "42"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("", "blank"),
        ("  ", "blank"),
        ("café", "ASCII"),
        ("a\nb", "ASCII"),
        ("x" * 1025, "1025 characters"),
        (None, "NULL"),
        (2.5, "floating-point"),
        (b"x", "binary"),
    ],
)
def test_dimension_values_that_cloudwatch_refuses(given: object, problem: str) -> None:
    message = failure(query(), [("free", 1), (given, 2)])
    assert message.startswith('row 2, column "Plan": ')
    assert problem in message


def test_a_series_can_be_in_a_result_once() -> None:
    message = failure(query(), [("free", 1), ("team", 2), ("free", 3)])
    for fact in ("row 3", "row 1,", '"Plan"', "GROUP BY"):
        assert fact in message


def test_a_number_and_the_same_text_are_one_series() -> None:
    assert re.match("row 2: .* row 1,", failure(query(), [("42", 1), (42, 2)]))


def test_without_dimensions_there_is_one_row() -> None:
    message = failure(query(dimensions=()), [(1,), (2,)], columns=["Sessions"])
    assert message.startswith("row 2: ")
    assert "dimensions" in message


def test_an_undeclared_column_fails_the_query() -> None:
    message = failure(query(), [("free", 1, 2)], columns=("Plan", "Sessions", "Extra"))
    assert message.startswith('column "Extra" ')


def test_a_missing_column_fails_the_query() -> None:
    message = failure(query(), [("free",)], columns=["plans"])
    assert message.startswith('column "Plan", "Sessions" ')
    assert '"plans"' in message


def test_a_repeated_column_fails_the_query() -> None:
    message = failure(query(), [("free", 1, 2)], columns=("Plan", "Sessions", "Sessions"))
    assert message.startswith('column "Sessions" ')


def test_max_series_is_enforced_and_the_rest_is_not_read() -> None:
    # Given
    taken = []

    def rows() -> Iterator[Sequence[object]]:
        for number in range(1000):
            taken.append(number)
            yield (f"plan {number}", number)

    # When
    message = failure(query(max_series=3), rows())

    # Then
    assert message.startswith("row 4: ")
    assert "3 series" in message
    assert "max_series" in message
    assert len(taken) == 4


def test_a_repeated_series_is_reported_before_its_consequences() -> None:
    # Given a query that forgot to GROUP BY
    rows = [(f"plan {number % 3}", number) for number in range(1000)]

    # Then
    assert re.match("row 4: .* row 1,", failure(query(max_series=100), rows))


@pytest.mark.slow
def test_a_repetition_is_found_however_far_apart() -> None:
    # Given
    rows = [(f"plan {number}", number) for number in range(50_000)]

    # Then
    assert len(read(query(max_series=50_000), rows)) == 50_000
    assert re.match("row 50001: .* row 8,", failure(query(max_series=50_001), [*rows, ("plan 7", 1)]))


def test_fixed_dimensions_are_those_of_each_series() -> None:
    # Given
    fixed = replace(query(), fixed_dimensions={"Environment": "prod", "Team": "shop"})

    # When
    (datum,) = read(fixed, [("free", 7)])

    # Then
    assert datum["Dimensions"] == [
        {"Name": "Plan", "Value": "free"},
        {"Name": "Environment", "Value": "prod"},
        {"Name": "Team", "Value": "shop"},
    ]


ROLLED_UP = replace(query(), metrics={"Sessions": Metric("Count", 60, rollup=True)})


def test_a_total_has_no_dimensions_of_columns() -> None:
    # When
    *series, total = read(ROLLED_UP, [("free", 7), ("team", 2.5), ("none", None)])

    # Then
    assert [datum["Value"] for datum in series] == [7, 2.5]
    assert total == {"MetricName": "Sessions", "Timestamp": NOW, "Unit": "Count", "Value": 9.5}


def test_a_total_keeps_fixed_dimensions() -> None:
    # When
    *_, total = read(replace(ROLLED_UP, fixed_dimensions={"Environment": "prod"}), [("free", 7)])

    # Then
    assert total["Dimensions"] == [{"Name": "Environment", "Value": "prod"}]


def test_a_total_of_nothing_is_nothing_or_zero_by_policy() -> None:
    assert read(ROLLED_UP, [("free", None)]) == []
    assert read(ROLLED_UP, []) == []
    (total,) = read(replace(ROLLED_UP, on_empty="zero"), [])
    assert (total["Value"], "Dimensions" in total) == (0, False)


def test_a_total_is_one_of_the_series() -> None:
    rows = [("free", 1), ("team", 2)]
    assert len(read(replace(ROLLED_UP, max_series=3), rows)) == 3
    assert "2 series" in failure(replace(ROLLED_UP, max_series=2), rows)


def test_a_total_beyond_what_cloudwatch_takes_fails_the_query() -> None:
    message = failure(ROLLED_UP, [("free", 2.0**360), ("team", 2.0**360)])
    assert '"Sessions"' in message
    assert "rollup" in message


@pytest.mark.parametrize("statistic", ["value", "distribution"])
@pytest.mark.parametrize(
    ("policy", "published"),
    [("skip", ["Graz", "Wien"]), ("escape", ["Graz", "K\\xf6ln", "Wien", "\\u4e2d\\n"])],
)
def test_a_skipped_row_is_counted(policy: str, published: list[str], statistic: str) -> None:
    # Given
    by_city = replace(query(), on_invalid=policy, metrics={"Sessions": Metric("Count", 60, statistic)})

    # When
    *of_rows, own = read(by_city, [("Graz", 1), ("Köln", 2), ("中\n", 3), ("Wien", 4)])

    # Then
    assert sorted(datum["Dimensions"][0]["Value"] for datum in of_rows) == sorted(published)
    assert (own["MetricName"], own["Value"]) == ("InvalidRows", 2)
    assert own["Dimensions"] == [{"Name": "Query", "Value": "sessions"}]


@pytest.mark.parametrize("value", [None, "", "   ", b"x", "ö" * 300])
def test_a_value_that_cannot_be_escaped_fails_the_query(value: object) -> None:
    assert failure(replace(query(), on_invalid="escape"), [(value, 1)]).startswith('row 1, column "Plan": ')
