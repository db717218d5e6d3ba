"""Which way is the cheapest, in one plain sentence, and what the difference buys."""

from collections.abc import Mapping
from typing import Final

from sidestep.commands.cost.bill import Way
from sidestep.commands.cost.comparison import Comparison

INSTEAD_OF: Final[Mapping[Way, str]] = {
    Way.STANDARD: "nothing: standard has every run's history as well",
    Way.TWO_FUNCTIONS: "results of more than 6 MB, retries of each step and a record of every run, and no function "
    "that waits for another one",
    Way.EMBEDDED_METRICS: "an answer whether CloudWatch took the values, retries of each step and a record of every "
    "run, where a wrong log line is only missing later",
    Way.INTERFACE_ENDPOINT: "a function that reaches the database and nothing else, retries of each step and a "
    "record of every run",
    Way.NAT_GATEWAY: "a function that reaches the database and nothing else, retries of each step and a record of "
    "every run",
}
"""What one gets from the file's workflow for what another way is cheaper."""

INSTEAD_OF_EXPRESS: Final = "every run's history in the console for 90 days, where Express leaves a log"


def verdict(comparison: Comparison) -> str:
    """Say which way is the cheapest after free tiers, and what the difference buys if it is not the file's own."""
    ours, cheapest = comparison.ours, comparison.cheapest
    if cheapest is ours:
        return f"No way is cheaper than {ours.way.words}: USD {ours.after_free_tiers:,.2f} a month after free tiers."
    bought = INSTEAD_OF_EXPRESS if cheapest.way is Way.EXPRESS else INSTEAD_OF[cheapest.way]
    difference = ours.after_free_tiers - cheapest.after_free_tiers
    return (
        f"The cheapest way is {cheapest.way.words}, at USD {cheapest.after_free_tiers:,.2f} a month after free "
        f"tiers; for USD {difference:,.2f} more, {ours.way.words} gives {bought}."
    )
