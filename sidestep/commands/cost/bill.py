"""A bill: its lines, each a quantity at a price, and their sum, with and without what is free."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sidestep.prices import Price


class Group(StrEnum):
    """What lines are summed up by; the sample is no part of any way's bill."""

    WORKFLOW = "workflow"
    NETWORK = "network"
    FUNCTIONS = "functions"
    LOGS = "logs, traces"
    METRICS = "metrics"
    SAMPLE = "sample database"


GROUPS = tuple(group for group in Group if group is not Group.SAMPLE)
"""Those of every bill."""


class Way(StrEnum):
    """The ways from the database to CloudWatch."""

    STANDARD = "standard"
    EXPRESS = "express"
    TWO_FUNCTIONS = "two-functions"
    EMBEDDED_METRICS = "embedded-metrics"
    INTERFACE_ENDPOINT = "interface-endpoint"
    NAT_GATEWAY = "nat-gateway"

    @property
    def words(self) -> str:
        """Its name in words."""
        return f"Sidestep {self}" if self in OURS else self.replace("-", " ").replace("nat", "NAT")


OURS = (Way.STANDARD, Way.EXPRESS)


@dataclass(frozen=True)
class Line:
    """So many units of one thing.

    Attributes:
        what: in words.
        quantity: of `price.unit`, in a month.
    """

    group: Group
    what: str
    quantity: float
    price: Price

    @property
    def listed(self) -> float:
        """What it costs without free tiers."""
        return self.price.of(self.quantity, free_tier=False)

    @property
    def after_free_tier(self) -> float:
        """What it costs if nothing else uses the account's free tiers."""
        return self.price.of(self.quantity, free_tier=True)


@dataclass(frozen=True)
class Bill:
    """A month of one way; only lines that something is used of."""

    way: Way
    lines: tuple[Line, ...]

    @property
    def listed(self) -> float:
        """The sum without free tiers."""
        return listed(self.lines)

    @property
    def after_free_tiers(self) -> float:
        """The sum if nothing else uses the account's free tiers."""
        return after_free_tiers(self.lines)

    def of(self, group: Group) -> tuple[Line, ...]:
        """Return the lines of one group."""
        return tuple(line for line in self.lines if line.group == group)


def listed(lines: Sequence[Line]) -> float:
    """Return what lines cost without free tiers."""
    return sum(line.listed for line in lines)


def after_free_tiers(lines: Sequence[Line]) -> float:
    """Return what lines cost if nothing else uses the account's free tiers."""
    return sum(line.after_free_tier for line in lines)
