"""The soak's judge finds errors: a soak without findings means something only if its judge can find errors."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sidestep.lambdas.query_database.queries import Metric, Query
from tests.soak.cells import Cell, Span, number, single, single_span
from tests.soak.expected import Expectation, expectation
from tests.soak.judge import judge
from tests.soak.limits import complaints
from tests.soak.queries import Case
from tests.soak.runs import Run

TIME = "2026-01-31T08:05:00Z"

QUERY = Query(
    "q",
    "SELECT ...",
    ("Id",),
    10,
    100,
    "skip",
    "skip",
    {"q": Metric("Count", 60), "q2": Metric("Count", 60, rollup=True)},
)
ROWS = [
    {"Id": number("1", 1, text="1"), "q": number("5", 5), "q2": number("0.1", Fraction("0.1"))},
    {"Id": number("2", 2, text="2"), "q": number("6", 6), "q2": number("0.2", Fraction("0.2"))},
]
CASE = Case(QUERY, expectation(QUERY, ROWS))
BROKEN = Case(Query("b", "", (), 10, 100, "skip", "skip", {"b": Metric("Count", 60)}), Expectation(must_fail=True))


def datum(name: str, value: float, **dimensions: str) -> dict[str, Any]:
    pairs = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    return {"MetricName": name, "Timestamp": TIME, "Unit": "Count", "Value": value} | (
        {"Dimensions": pairs} if pairs else {}
    )


def good_page() -> dict[str, Any]:
    """Return what the function should publish of the two rows and of the broken query."""
    return {
        "MetricData": [
            datum("q", 5, Id="1"),
            datum("q2", 0.1, Id="1"),
            datum("q", 6, Id="2"),
            datum("q2", 0.2, Id="2"),
            datum("q2", 0.3),
            datum("FailedQueries", 1, Query="b"),
        ],
        "ScheduledTime": TIME,
        "Failures": [{"Query": "b", "Error": "no such column"}],
    }


def problems(page: dict[str, Any], *, is_calm: bool = True) -> list[str]:
    run = Run(pages=[json.loads(json.dumps(page))], said=[failure["Error"] for failure in page["Failures"]])
    return judge(run, [CASE, BROKEN], {"Qz1234567890"}, is_calm=is_calm)


def test_correct_data_pass() -> None:
    assert problems(good_page()) == []


def test_a_failure_with_a_name_passes_where_there_is_noise() -> None:
    # Given
    page = good_page()
    page["MetricData"] = [datum("FailedQueries", 1, Query="q"), datum("FailedQueries", 1, Query="b")]
    page["Failures"].insert(0, {"Query": "q", "Error": "lost"})

    # When / Then
    assert problems(page, is_calm=False) == []
    assert problems(page) != []


@pytest.mark.parametrize("index", range(6))
def test_a_lost_datum_is_found(index: int) -> None:
    page = good_page()
    del page["MetricData"][index]
    assert problems(page, is_calm=False)


@pytest.mark.parametrize("index", range(6))
def test_a_duplicate_datum_is_found(index: int) -> None:
    page = good_page()
    page["MetricData"].append(page["MetricData"][index])
    assert problems(page, is_calm=False)


@pytest.mark.parametrize("index", range(5))
def test_a_value_that_differs_in_its_last_bit_is_found(index: int) -> None:
    page = good_page()
    page["MetricData"][index]["Value"] *= 1 + 2**-52
    assert problems(page, is_calm=False)


def test_a_total_of_rounded_numbers_is_found() -> None:
    page = good_page()
    page["MetricData"][4]["Value"] = 0.1 + 0.2
    assert problems(page, is_calm=False)


def test_a_query_that_should_have_failed_is_found() -> None:
    page = good_page()
    page["MetricData"][5] = datum("b", 1)
    page["Failures"] = []
    assert problems(page, is_calm=False)


QUERY_METRICS = [datum("QueryDuration", 12.5, Query="q"), datum("RowsReturned", 2, Query="q")]


@pytest.mark.parametrize(
    ("own", "problem"),
    [
        (QUERY_METRICS, None),
        (QUERY_METRICS[:1], "right are"),
        ([*QUERY_METRICS, QUERY_METRICS[1]], "right are"),
        ([QUERY_METRICS[0], datum("RowsReturned", 3, Query="q")], "RowsReturned is"),
        ([datum("QueryDuration", -1, Query="q"), QUERY_METRICS[1]], "not a duration"),
    ],
    ids=["correct", "lost", "duplicate", "another number", "negative"],
)
def test_wrong_metrics_of_a_query_are_found(own: list[dict[str, Any]], problem: str | None) -> None:
    # Given
    case = replace(CASE, query=replace(QUERY, query_metrics=True))
    page = good_page()
    page["MetricData"] += own
    run = Run(pages=[page], said=[])  # type: ignore[list-item]

    # When
    found = judge(run, [case, BROKEN], set(), is_calm=True)

    # Then
    assert found == [] if problem is None else problem in str(found)


def test_data_in_a_message_are_found() -> None:
    page = good_page()
    page["Failures"][0]["Error"] = "no such column: Qz1234567890"
    assert problems(page, is_calm=False)


@pytest.mark.parametrize(
    "change",
    [
        {"Value": float("inf")},
        {"Value": 2.0**-361},
        {"Timestamp": "2026-01-31T08:05:01Z"},
        {"Unit": "Things"},
        {"MetricName": "é"},
        {"Dimensions": [{"Name": "Id", "Value": "\n"}]},
    ],
)
def test_a_datum_that_cloudwatch_rejects_is_found(change: dict[str, object]) -> None:
    page = good_page()
    assert not list(complaints(page, TIME))  # type: ignore[arg-type]
    page["MetricData"][0] |= change
    assert list(complaints(page, TIME))  # type: ignore[arg-type]


def test_a_part_needs_its_number() -> None:
    # Given a query that failed after its first page
    def judged(error: str) -> list[str]:
        first = {"MetricData": [datum("q", 5, Id="1")], "ScheduledTime": TIME, "Failures": [], "NextPage": {}}
        last = {
            "MetricData": [datum("FailedQueries", 1, Query="q")],
            "ScheduledTime": TIME,
            "Failures": [{"Query": "q", "Error": error}],
        }
        return judge(Run(pages=[first, last]), [CASE], set(), is_calm=False)  # type: ignore[list-item]

    # When / Then
    assert judged("only the first 1 values are published") == []
    assert judged("lost") != []


@pytest.mark.parametrize("value", [19.99, 16777215.0, 3.4e38, -0.1])
def test_every_reading_of_a_32_bit_float_is_accepted(value: float) -> None:
    exact = single(value)
    span = single_span(exact)
    assert span.holds(exact)
    assert span.holds(float(f"{exact:.9g}"))
    assert not span.holds(exact * (1 + 2**-22))


def test_what_a_double_cannot_hold_is_refused() -> None:
    assert Span.exactly(Fraction("1e-400")).is_refused
    assert Span.exactly(Fraction(2) ** 361).is_refused
    assert not Span.exactly(Fraction(2) ** 360).is_refused
    assert not Span.exactly(0).is_refused


def test_rows_decide_what_is_right() -> None:
    # Given the same series twice, a dimension that CloudWatch refuses, and text where a number should be
    twice = [ROWS[0], ROWS[0]]
    blank = [ROWS[0] | {"Id": Cell("' '")}]
    text = [ROWS[0] | {"q": Cell("'x'", text="x")}]

    # When / Then
    assert [expectation(QUERY, rows).must_fail for rows in (twice, blank, text, ROWS, [])] == [
        True,
        True,
        True,
        False,
        False,
    ]
