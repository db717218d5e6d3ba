"""Queries in the form of the bundle, and the content of their pages."""

from sidestep.lambdas.query_database.page import PageContent
from sidestep.lambdas.query_database.queries import Metric, Query


def query(
    sql: str, name: str = "orders", dimensions: tuple[str, ...] = (), timeout: int = 10, max_series: int = 100
) -> Query:
    """Return a query of one metric with the column Value."""
    return Query(
        name=name,
        sql=sql,
        dimensions=dimensions,
        timeout=timeout,
        max_series=max_series,
        on_null="skip",
        on_empty="skip",
        metrics={"Value": Metric("Count", 60)},
    )


GOOD = query("SELECT COUNT(*) AS Value FROM orders", name="good")
"""Counts the three orders that there are."""


def values(page: PageContent) -> dict[tuple[str, str], float]:
    """Return the page's values by metric and dimension value."""
    return {
        (datum["MetricName"], "/".join(dimension["Value"] for dimension in datum.get("Dimensions", []))): datum[
            "Value"
        ]
        for datum in page["MetricData"]
    }


def error_of(page: PageContent) -> str:
    """Return the error of the one query that failed, after making sure that the good one did not."""
    (failure,) = page["Failures"]
    assert values(page)["Value", ""] == 3
    assert values(page)["FailedQueries", failure["Query"]] == 1
    return failure["Error"]
