"""What the series that metrics.toml admits cost in a month, and whether that is more than it allows.

It is the price of the same series in every run. Where the values of dimensions change within an hour, CloudWatch
charges for the old and the new ones; max_series, which bounds a run, knows nothing of that.
"""

from collections.abc import Iterator
from typing import Final

from sidestep.config.settings import Settings
from sidestep.config.validation.raw import Mistake
from sidestep.prices import CUSTOM_METRIC

NAMED: Final = 3
"""So many of the queries that admit the most are named."""


def admitted_series(settings: Settings) -> int:
    """Return how many series a file admits."""
    return sum(query.series for query in settings.queries)


def monthly_price(settings: Settings) -> float:
    """Return what these cost in a month, in US dollars, if every run publishes them all."""
    return round(CUSTOM_METRIC.of(admitted_series(settings), free_tier=True), 2)  # sums of floats are not exact


def told(settings: Settings, *, file: str) -> str:
    """Return the one line that says how many series a file admits and what they cost."""
    within = "" if settings.budget is None else f" (budget: {_dollars(settings.budget)})"
    return f"{file} admits {_series_and_price(settings)}{within}"


def overrun(settings: Settings) -> Iterator[Mistake]:
    """Find a budget that is less than what the admitted series may cost."""
    if settings.budget is None or monthly_price(settings) <= settings.budget:
        return
    largest = sorted(settings.queries, key=lambda query: query.series, reverse=True)[:NAMED]
    most = ", ".join(f'"{query.name}" ({query.series:,})' for query in largest)
    yield (
        "budget",
        f"is {_dollars(settings.budget)} a month, but the queries admit {_series_and_price(settings)}; lower "
        f"max_series, above all of {most}, or raise the budget",
    )


def _series_and_price(settings: Settings) -> str:
    count, price = admitted_series(settings), _dollars(monthly_price(settings))
    return f"{count:,} series: {price} a month as CloudWatch metrics if every run publishes them all"


def _dollars(amount: float) -> str:
    return f"USD {amount:,.2f}"
