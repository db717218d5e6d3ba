"""The duration of queries and the number of their rows, on real servers."""

from dataclasses import replace

import pytest

from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.page import PageContent
from sidestep.lambdas.query_database.queries import Check, Metric, Query
from tests.database.asking import ask
from tests.database.queries import query, values
from tests.database.server import DatabaseServer


def with_metrics(sql: str, *, dimensions: tuple[str, ...] = ()) -> Query:
    return replace(query(sql, dimensions=dimensions), query_metrics=True)


def own(page: PageContent) -> set[str]:
    return {datum["MetricName"] for datum in page["MetricData"]} - {"Value"}


def test_the_duration_is_that_of_the_query_in_milliseconds(endpoint: Endpoint, server: DatabaseServer) -> None:
    # Given a query that takes 0.3 seconds, and another one
    slow = with_metrics(f"SELECT {server.sleep(0.3)} AS Value")
    fast = replace(with_metrics("SELECT 1 AS Value"), name="fast")

    # When
    page = ask(endpoint, slow, fast)

    # Then
    durations = [datum for datum in page["MetricData"] if datum["MetricName"] == "QueryDuration"]
    assert [datum["Unit"] for datum in durations] == ["Milliseconds"] * 2
    assert durations[0]["Value"] >= 300
    assert durations[1]["Value"] > 0


def test_rows_that_publish_no_value_count(endpoint: Endpoint) -> None:
    # When
    page = ask(endpoint, with_metrics("SELECT NULL AS Value"))

    # Then
    assert values(page)["RowsReturned", "orders"] == 1
    assert own(page) == {"QueryDuration", "RowsReturned", "EmptyResults"}


@pytest.mark.parametrize(
    "sql",
    ["SELECT nothing AS Value", "SELECT 'x' AS Value", "SELECT 1 AS Value UNION ALL SELECT 2"],
    ids=["refused", "not a number", "two rows"],
)
def test_a_failed_query_has_no_metrics_of_its_own(endpoint: Endpoint, sql: str) -> None:
    assert own(ask(endpoint, with_metrics(sql))) == {"FailedQueries"}


def test_a_check_has_them_too(endpoint: Endpoint) -> None:
    # Given
    wrong = Query(
        name="wrong",
        sql="SELECT 1 UNION ALL SELECT 2",
        dimensions=(),
        timeout=10,
        max_series=100,
        on_null="fail",
        on_empty="fail",
        metrics={"Violations": Metric("Count", 60)},
        fixed_dimensions={"Check": "wrong", "Database": "eu"},
        database="eu",
        query_metrics=True,
        check=Check(),
    )

    # When
    page = ask(endpoint, wrong)

    # Then
    found = values(page)
    assert found.pop(("QueryDuration", "wrong/eu")) > 0
    assert found == {("Violations", "wrong/eu"): 2, ("RowsReturned", "wrong/eu"): 2}
