"""A bill: its lines, each a quantity at a price, and their sums at list prices and after free tiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sidestep.prices import Price


class Group(StrEnum):
    """The parts of a bill. The sample database is on no way's bill."""

    WORKFLOW = "workflow"
    NETWORK = "network"
    FUNCTIONS = "functions"
    LOGS = "logs, traces"
    METRICS = "metrics"
    SAMPLE = "sample database"


class Way(StrEnum):
    """The ways to publish query results in CloudWatch."""

    STANDARD = "standard"
    EXPRESS = "express"
    TWO_FUNCTIONS = "two-functions"
    EMBEDDED_METRICS = "embedded-metrics"
    IPV6_FUNCTION = "ipv6-function"
    DATA_API = "data-api"
    INTERFACE_ENDPOINT = "interface-endpoint"
    NAT_GATEWAY = "nat-gateway"

    @property
    def words(self) -> str:
        """The name in words."""
        if self in (Way.STANDARD, Way.EXPRESS):
            return f"Sidestep {self}"
        words = self.replace("-", " ")
        return words.replace("nat", "NAT").replace("ipv6", "IPv6").replace("data api", "Data API")


@dataclass(frozen=True)
class Line:
    """One line of a bill.

    Attributes:
        what: in words.
        quantity: a month, in units of `price.unit`.
    """

    group: Group
    what: str
    quantity: float
    price: Price

    @property
    def listed(self) -> float:
        """US dollars at the list price."""
        return self.price.of(self.quantity, free_tier=False)

    @property
    def after_free_tier(self) -> float:
        """US dollars if nothing else uses the free tier of the account."""
        return self.price.of(self.quantity, free_tier=True)


@dataclass(frozen=True)
class Bill:
    """A month of one way, without lines of quantity 0."""

    way: Way
    lines: tuple[Line, ...]

    @property
    def listed(self) -> float:
        """US dollars at list prices."""
        return listed(self.lines)

    @property
    def after_free_tiers(self) -> float:
        """US dollars if nothing else uses the free tiers of the account."""
        return after_free_tiers(self.lines)


def listed(lines: Sequence[Line]) -> float:
    """Return the sum of lines at list prices, in US dollars."""
    return sum(line.listed for line in lines)


def after_free_tiers(lines: Sequence[Line]) -> float:
    """Return the sum of lines after free tiers, in US dollars."""
    return sum(line.after_free_tier for line in lines)
