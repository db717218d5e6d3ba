"""What the series that metrics.toml allows cost in a month, and whether that is within its budget.

The price is for the same series in each run. If the values of dimensions change within an hour, CloudWatch charges
for the old and the new series; max_series limits one run only.
"""

from collections.abc import Iterator
from typing import Final

from sidestep.config.settings import QuerySettings
from sidestep.config.validation.raw import Problem
from sidestep.prices import CUSTOM_METRIC

MAX_NAMED: Final = 3
"""The number of queries that the message about a budget names, those with the most series."""


def admitted_series(settings: QuerySettings) -> int:
    """Return the maximum number of series of a run of all queries."""
    return sum(query.series for query in settings.queries)


def monthly_price(settings: QuerySettings) -> float:
    """Return the price of these series in a month, in US dollars, if each run publishes them all."""
    return round(CUSTOM_METRIC.of(admitted_series(settings), free_tier=True), 2)  # sums of floats are not exact


def summary(settings: QuerySettings, *, file: str) -> str:
    """Return one line with the number of series that a file admits, and their price."""
    budget = "" if settings.budget is None else f" (budget: {_dollars(settings.budget)})"
    return f"{file} admits {_series_and_price(settings)}{budget}"


def budget_errors(settings: QuerySettings) -> Iterator[Problem]:
    """Find a budget that is less than the price of the admitted series."""
    if settings.budget is None or monthly_price(settings) <= settings.budget:
        return
    largest = sorted(settings.queries, key=lambda query: query.series, reverse=True)[:MAX_NAMED]
    most = ", ".join(f'"{query.name}" ({query.series:,})' for query in largest)
    yield (
        "budget",
        f"is {_dollars(settings.budget)} a month, but the queries admit {_series_and_price(settings)}; lower "
        f"max_series, above all of {most}, or raise the budget",
    )


def _series_and_price(settings: QuerySettings) -> str:
    count, price = admitted_series(settings), _dollars(monthly_price(settings))
    return f"{count:,} series: {price} a month as CloudWatch metrics if every run publishes them all"


def _dollars(amount: float) -> str:
    return f"USD {amount:,.2f}"
