"""One page: everything fits, nothing is lost."""

import json
from collections.abc import Iterator

import pytest

from query_database.errors import QueryFailed
from query_database.metrics import Datum
from query_database.page import MAX_BYTES, MAX_DATUMS, MAX_FAILURE_BYTES, Page
from sidestep.consistency.runs import MAX_QUERIES

NOW = "2026-01-31T08:05:00Z"


def series(count: int, dimension: str = "x") -> Iterator[Datum]:
    for number in range(count):
        yield {
            "MetricName": "Sessions",
            "Timestamp": NOW,
            "Value": number,
            "Unit": "Count",
            "Dimensions": [{"Name": "Plan", "Value": f"{dimension}{number}"}],
        }


def size(page: Page) -> int:
    return len(json.dumps(page.content(), ensure_ascii=False).encode())


def test_a_page_carries_what_was_measured() -> None:
    # Given
    page = Page(NOW, queries=1)

    # When
    count = page.add("sessions", series(3))

    # Then
    assert count == 3
    assert page.content() == {"MetricData": list(series(3)), "ScheduledTime": NOW, "Failures": []}


def test_a_failed_query_is_a_metric_and_a_failure() -> None:
    # Given
    page = Page(NOW, queries=2)
    page.add("good", series(1))

    # When
    page.fail("bad", "the database answered: 1054 Unknown column")

    # Then
    content = page.content()
    assert content["Failures"] == [{"Query": "bad", "Error": "the database answered: 1054 Unknown column"}]
    assert content["MetricData"][1] == {
        "MetricName": "FailedQueries",
        "Timestamp": NOW,
        "Value": 1,
        "Unit": "Count",
        "Dimensions": [{"Name": "Query", "Value": "bad"}],
    }


def test_a_page_is_never_empty() -> None:
    # Given queries that gave nothing
    page = Page(NOW, queries=2)
    page.add("one", iter(()))
    page.add("two", iter(()))

    # When
    datums = page.content()["MetricData"]

    # Then
    assert [(datum["MetricName"], datum["Dimensions"][0]["Value"]) for datum in datums] == [
        ("EmptyResults", "one"),
        ("EmptyResults", "two"),
    ]


def test_an_empty_result_is_told_beside_others() -> None:
    # Given
    page = Page(NOW, queries=2)

    # When
    page.add("empty", iter(()))
    page.add("full", series(1))

    # Then
    assert [datum["MetricName"] for datum in page.content()["MetricData"]] == ["EmptyResults", "Sessions"]


def test_a_page_holds_1000_datums() -> None:
    # Given
    page = Page(NOW, queries=1)

    # When
    page.add("sessions", series(MAX_DATUMS))

    # Then
    assert len(page.content()["MetricData"]) == 1000
    assert size(page) < 262_144


def test_a_result_that_does_not_fit_fails_whole_and_says_so() -> None:
    # Given a page that another query has begun to fill
    page = Page(NOW, queries=3)
    page.add("first", series(500))

    # When
    with pytest.raises(QueryFailed, match=r"does not fit into this run's page, which holds 1000 values"):
        page.add("second", series(500))  # one more query is to come, and may have to tell its failure
    page.fail("second", "too much")

    # Then nothing of it is on the page, and the third query still fits
    page.add("third", series(499))
    assert [len(page.content()["MetricData"]), len(page.content()["Failures"])] == [1000, 1]


def test_bytes_are_counted_as_utf8_json() -> None:
    # Given datums near CloudWatch's longest
    page = Page(NOW, queries=1)
    long = "x" * 1000

    # When
    with pytest.raises(QueryFailed, match="does not fit"):
        page.add("long", series(300, long))
    page.add("less", series(200, long))

    # Then
    assert size(page) <= MAX_BYTES


def test_many_long_errors_are_shortened_but_none_is_lost() -> None:
    # Given a run in which everything fails, at length and in another alphabet
    page = Page(NOW, queries=400)

    # When
    for number in range(400):
        page.fail(f"query-{number}", "Запрос не удался " * 500)

    # Then
    failures = page.content()["Failures"]
    assert len(failures) == len(page.content()["MetricData"]) == 400
    assert all(failure["Error"].endswith("…") for failure in failures)
    assert sum(len(json.dumps(failure["Error"], ensure_ascii=False).encode()) for failure in failures) <= (
        MAX_FAILURE_BYTES
    )
    assert size(page) <= MAX_BYTES


def test_room_is_kept_for_the_failures_of_queries_still_to_come() -> None:
    # Given a first query that takes what it can get
    page = Page(NOW, queries=60)
    count = 230
    while True:
        try:
            page.add("greedy", series(count, "x" * 1000))
            break
        except QueryFailed:
            count -= 1

    # When all others fail, with as much to say as possible
    for number in range(59):
        page.fail(f"query-{number:058}", ('"', "\x01", "я")[number % 3] * 2000)

    # Then
    assert size(page) <= MAX_BYTES


def test_the_cause_of_the_red_execution_holds_every_failure() -> None:
    # Given as many queries as a database may have, with the longest names and the worst to escape
    page = Page(NOW, queries=MAX_QUERIES)
    for number in range(MAX_QUERIES):
        page.fail(f"{number:064}", '"' * 2000)

    # When the failures are written as States.JsonToString writes them
    cause = json.dumps(page.content()["Failures"])

    # Then it is within the API's limit for a cause
    assert len(cause) <= 32_768
