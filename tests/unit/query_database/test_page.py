"""One page: within the limits of both services, and nothing that failed is lost."""

import json
from dataclasses import replace

import pytest

from sidestep.config.validation.runs import MAX_QUERIES
from sidestep.lambdas.query_database.metric_data import json_bytes
from sidestep.lambdas.query_database.page import MAX_BYTES, MAX_DATUMS, MAX_FAILURE_BYTES, Failure, NextPage, Page
from sidestep.lambdas.query_database.queries import Query
from tests.unit.query_database.series import NOW, SESSIONS, series

LONG = "x" * 1000


def next_page(queries: int) -> NextPage:
    """Return the longest there is."""
    return {
        "Page": 2000,
        "Run": "0" * 32,
        "Queries": [f"{number:064}" for number in range(queries)],
        "Published": 10**9,
        "Fingerprint": "0" * 32,
    }


def size(content: object) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode())


def named(name: str, database: str | None = "d" * 30) -> Query:
    """Return a query with a name, which runs on several databases if one is named."""
    return replace(SESSIONS, name=name, database=database)


def fill(page: Page, dimension: str = "x") -> None:
    """Add datums until no more fits."""
    for datum in series(MAX_DATUMS + 1, dimension):
        if page.free.datums == 0 or page.free.size < json_bytes(datum):
            break
        page.add([datum], json_bytes(datum))


def test_a_page_has_the_published_values() -> None:
    # Given
    page = Page(NOW, queries=1)

    # When
    page.add(series(3), 400)

    # Then
    assert page.content() == {"MetricData": series(3), "ScheduledTime": NOW, "Failures": []}
    assert page.free.datums == MAX_DATUMS - 3
    assert page.free.size == page.capacity.size - 400


def test_a_page_names_the_next_one() -> None:
    assert Page(NOW, queries=1).content(next_page(1))["NextPage"] == next_page(1)


def test_a_failed_query_is_a_metric_and_a_failure() -> None:
    # Given
    page = Page(NOW, queries=2)
    page.add(series(1), 100)

    # When
    page.fail(named("bad", None), "the database answered: 1054 Unknown column")

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


def test_a_failure_of_one_of_several_databases_has_its_name() -> None:
    # Given
    page = Page(NOW, queries=1)

    # When
    page.fail(named("orders", "eu"), "no")

    # Then
    (datum,) = page.content()["MetricData"]
    assert datum["Dimensions"] == [{"Name": "Query", "Value": "orders"}, {"Name": "Database", "Value": "eu"}]


def test_failures_of_earlier_pages_are_repeated() -> None:
    # Given
    before: Failure = {"Query": "a", "Error": "no"}
    page = Page(NOW, queries=1, failures=[before])

    # When
    page.fail(named("b"), "neither")

    # Then they are reported, and not published again
    content = page.content()
    assert content["Failures"] == [before, {"Query": "b", "Error": "neither"}]
    assert [datum["Dimensions"][0]["Value"] for datum in content["MetricData"]] == ["b"]


def test_an_empty_result_is_a_metric() -> None:
    # Given
    page = Page(NOW, queries=2)
    assert page.is_empty

    # When
    page.note_empty(named("one"))

    # Then
    (datum,) = page.content()["MetricData"]
    assert (datum["MetricName"], datum["Dimensions"][0]["Value"]) == ("EmptyResults", "one")
    assert not page.is_empty


def test_a_page_holds_1000_datums() -> None:
    # Given
    page = Page(NOW, queries=1)

    # When
    fill(page)

    # Then
    assert len(page.content()["MetricData"]) == 1000
    assert page.is_full
    assert size(page.content(next_page(1))) <= MAX_BYTES < 262_144


@pytest.mark.parametrize("queries", [1, 10, MAX_QUERIES])
def test_a_page_of_long_names_is_within_the_bytes_of_a_state(queries: int) -> None:
    # Given datums near CloudWatch's longest, and failures as long as they can be, on the pages before and on this one
    errors = ('"' * 2000, "\x01" * 2000, "я" * 2000, "Запрос не удался " * 500)
    earlier = Page(NOW, queries=queries)
    for number in range(queries - queries // 2):
        earlier.fail(named(f"{number:064}"), errors[number % 4])
    page = Page(NOW, queries=queries // 2, failures=earlier.content()["Failures"])
    fill(page, LONG)
    while not page.is_full:
        page.note_empty(named("0" * 64))

    # When the others fail on the next page, which has to carry all failures along
    last = Page(NOW, queries=queries // 2, failures=earlier.content()["Failures"])
    for number in range(queries // 2):
        last.fail(named(f"{number:064}"), errors[number % 4])
    fill(last, LONG)

    # Then
    assert len(last.content()["Failures"]) == queries
    for one in (page, last):
        assert size(one.content(next_page(queries // 2))) <= MAX_BYTES
        assert len(one.content()["MetricData"]) > 100


def test_many_long_errors_are_shortened_but_none_is_lost() -> None:
    # Given a run in which everything fails, at length and in another alphabet
    page = Page(NOW, queries=400)

    # When
    for number in range(400):
        page.fail(named(f"query-{number}"), "Запрос не удался " * 500)

    # Then
    failures = page.content()["Failures"]
    assert len(failures) == len(page.content()["MetricData"]) == 400
    assert all(failure["Error"].endswith("…") for failure in failures)
    assert sum(size(failure["Error"]) for failure in failures) <= MAX_FAILURE_BYTES
    assert size(page.content()) <= MAX_BYTES


def test_the_cause_of_the_red_execution_holds_every_failure() -> None:
    # Given as many queries as a database may have, with the longest names and the worst to escape, on several pages
    failures: list[Failure] = []
    for first in range(0, MAX_QUERIES, 20):
        page = Page(NOW, queries=MAX_QUERIES - first, failures=failures)
        for number in range(first, first + 20):
            page.fail(named(f"{number:064}"), '"' * 2000)
        failures = page.content()["Failures"]

    # When the failures are written as States.JsonToString writes them
    cause = json.dumps(failures)

    # Then it is within the API's limit for a cause
    assert len(failures) == MAX_QUERIES
    assert len(cause) <= 32_768
