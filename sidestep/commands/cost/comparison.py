"""The bill of a metrics.toml next to the bills of the other ways, with its assumptions and a recommendation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from sidestep.commands.cost.bill import Bill, Line, Way
from sidestep.commands.cost.measured import Measurements, measurements
from sidestep.commands.cost.usage import MAILS_PER_ADDRESS, DatabaseUsage, SeriesOf, series_of, usage_of
from sidestep.commands.cost.ways import bill_of, obstacle, sample_lines, transitions
from sidestep.config.engines import ENGINES
from sidestep.config.settings import Settings
from sidestep.prices import EXPRESS_GB_SECOND, EXPRESS_MEMORY, LAMBDA_GB_SECOND, TRANSITION

START_AND_END: Final = 2
"""The transitions that the highest reading of AWS's pricing page adds to the states of a run."""


@dataclass(frozen=True)
class TransitionReading:
    """The price of a month of a Standard workflow if the start and the end of a run are transitions as well.

    Attributes:
        transitions: in the month.
        dollars: for these transitions, after the free tier.
        by_the_docs: US dollars if only states are transitions, as AWS's pricing page says.
    """

    transitions: int
    dollars: float
    by_the_docs: float


@dataclass(frozen=True)
class Comparison:
    """A month of one metrics.toml.

    Attributes:
        settings: the file.
        series: of each query, by its name.
        databases: the usage of each database.
        measured: the measurements of runs that the bills use.
    """

    settings: Settings
    series: SeriesOf
    databases: tuple[DatabaseUsage, ...]
    measured: Measurements

    @cached_property
    def bills(self) -> tuple[Bill, ...]:
        """The bill of each way, in the order of Way."""
        return tuple(bill_of(way, self.databases, self.measured) for way in Way)

    def bill(self, way: Way) -> Bill:
        """Return the bill of one way."""
        return next(bill for bill in self.bills if bill.way == way)

    @property
    def ours(self) -> Bill:
        """The bill of the workflow that the file has."""
        return self.bill(Way(self.settings.workflow))

    @property
    def sample(self) -> tuple[Line, ...]:
        """The lines of the sample databases."""
        return sample_lines(self.databases)

    @property
    def highest_reading(self) -> TransitionReading:
        """The state transitions by the highest reading of AWS's pricing page."""
        most = transitions(self.databases, self.measured, around=START_AND_END)
        by_the_docs = transitions(self.databases, self.measured)
        dollars, dollars_by_the_docs = (TRANSITION.of(count, free_tier=True) for count in (most, by_the_docs))
        return TransitionReading(most, dollars, dollars_by_the_docs)

    @property
    def by_database(self) -> tuple[tuple[DatabaseUsage, Bill], ...]:
        """Each database with the bill that it would have alone."""
        return tuple((one, bill_of(self.ours.way, [one], self.measured)) for one in self.databases)

    @property
    def cheapest(self) -> Bill:
        """The cheapest possible bill after free tiers; the file's own unless another is cheaper by a cent."""
        return min(self._possible, key=lambda bill: (round(bill.after_free_tiers, 2), bill != self.ours, bill.listed))

    @property
    def cheapest_listed(self) -> Bill:
        """The cheapest possible bill at list prices; the file's own unless another is cheaper by a cent."""
        return min(self._possible, key=lambda bill: (round(bill.listed, 2), bill != self.ours))

    @property
    def recommendation(self) -> str:
        """The answer in words: the price, that of one function with each kind of network, and the cheapest way."""
        ours, cheapest = self.ours, self.cheapest
        ipv6, endpoint, gateway = (
            _dollars(self.bill(way)) for way in (Way.IPV6_FUNCTION, Way.INTERFACE_ENDPOINT, Way.NAT_GATEWAY)
        )
        is_ours = cheapest is ours
        best = "No way is cheaper." if is_ours else f"The cheapest is {cheapest.way.words}, {_dollars(cheapest)}."
        return (
            f"{ours.way.words} costs {_dollars(ours)} a month after free tiers; one function, {ipv6} with IPv6, "
            f"{endpoint} with an endpoint, {gateway} with a NAT gateway. {best}"
        )

    @property
    def _possible(self) -> list[Bill]:
        return [bill for bill in self.bills if obstacle(bill.way, self.databases) is None]


def compare(settings: Settings, series: Iterable[str] = (), *, month: datetime | None = None) -> Comparison:
    """Price a month of a metrics.toml.

    Args:
        settings: the file.
        series: the values of --series; see series_of().
        month: its beginning; today in UTC if left out.

    Raises:
        ConfigError: a value of --series does not fit the file.
    """
    counts = series_of(settings, series)
    begin = month or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Comparison(settings, counts, usage_of(settings, counts, begin), measurements())


def assumptions(comparison: Comparison) -> Iterator[str]:
    """Yield what the bills assume or leave out, the most important first."""
    settings, measured = comparison.settings, comparison.measured
    if any(query.dimensions for query in settings.queries) and comparison.series == series_of(settings):
        yield "Series: max_series of each query; --series 12 or orders=12 sets fewer."
    engines = {database.engine.name for database in settings.databases.values()}
    yield (
        f"Function: a cold start in each run, {measured.cpu_milliseconds_of_1_series:.0f} ms of CPU x "
        f"{measured.slowness:.1f} for {measured.memory_megabytes} MB."
        + "".join(
            f" {ENGINES[name].title} adds {milliseconds:.0f} ms."
            for name, milliseconds in measured.cpu_milliseconds_of_engines.items()
            if name in engines
        )
    )
    yield f"Queries: 1 s of database time in each run adds USD {_one_second(comparison):.3f}; none is included."
    yield "Runs: 30 days from today, without retries. Free tiers: for this file alone."
    yield "Metrics: the same dimensions in each run, without those about failed and empty queries."
    yield "Network: in one zone, for this file alone; an existing one costs only its data."
    if any(settings.all_receivers_of(name) for name in settings.databases):
        yield (
            f"Notifications: {MAILS_PER_ADDRESS} mails to each address; the key's two rotations and the deliveries "
            "of your own topics are not included."
        )
    yield "Not included: log storage, traffic between zones, the CDK's bucket, tax."


def _one_second(comparison: Comparison) -> float:
    """Return what one second more in each run costs a month, at list prices."""
    runs = sum(database.runs for database in comparison.databases)
    dollars = LAMBDA_GB_SECOND.of(runs * comparison.measured.memory, free_tier=False)
    if comparison.ours.way is Way.EXPRESS:
        dollars += EXPRESS_GB_SECOND.of(runs * EXPRESS_MEMORY, free_tier=False)
    return dollars


def _dollars(bill: Bill) -> str:
    return f"USD {bill.after_free_tiers:,.2f}"
