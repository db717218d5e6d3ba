"""Datums for tests that count them."""

from collections.abc import Iterator

from sidestep.lambdas.query_database.datum import Datum

NOW = "2026-01-31T08:05:00Z"


def series(count: int, dimension: str = "x") -> Iterator[Datum]:
    """Yield datums of as many series, whose dimension begins with a text."""
    for number in range(count):
        yield {
            "MetricName": "Sessions",
            "Timestamp": NOW,
            "Value": number,
            "Unit": "Count",
            "Dimensions": [{"Name": "Plan", "Value": f"{dimension}{number}"}],
        }
