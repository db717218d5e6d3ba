"""The bill of a metrics.toml beside those of the other ways, and what there is to say about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from sidestep.commands.cost.bill import Bill, Line, Way
from sidestep.commands.cost.expected import expected_series
from sidestep.commands.cost.firings import this_month
from sidestep.commands.cost.measured import Measurements, measurements
from sidestep.commands.cost.usage import DatabaseUsage, SeriesOf, usage_of
from sidestep.commands.cost.ways import bill_of, obstacle, sample_lines, transitions
from sidestep.config.settings import Settings
from sidestep.prices import TRANSITION

START_AND_END: Final = 2
"""What the highest reading of the prices counts beside the states of a run."""


@dataclass(frozen=True)
class TransitionReading:
    """What a month of a Standard workflow costs if the start and the end of a run are transitions as well.

    Attributes:
        transitions: in the month.
        dollars: for them, after the free tier.
        by_the_docs: for those that AWS's page speaks of.
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
        databases: what each uses.
        measured: what runs were measured to take.
    """

    settings: Settings
    series: SeriesOf
    databases: tuple[DatabaseUsage, ...]
    measured: Measurements

    @cached_property
    def bills(self) -> tuple[Bill, ...]:
        """Each way's bill, Sidestep's first."""
        return tuple(bill_of(way, self.databases, self.measured) for way in Way)

    def bill(self, way: Way) -> Bill:
        """Return one way's bill."""
        return next(bill for bill in self.bills if bill.way == way)

    @property
    def ours(self) -> Bill:
        """The bill of the file as it stands."""
        return self.bill(Way(self.settings.workflow))

    @property
    def sample(self) -> tuple[Line, ...]:
        """The lines of the sample databases."""
        return sample_lines(self.databases)

    @property
    def highest_reading(self) -> TransitionReading:
        """The state transitions as the highest reading of the prices counts them."""
        most = transitions(self.databases, self.measured, around=START_AND_END)
        by_the_docs = transitions(self.databases, self.measured)
        dollars, dollars_by_the_docs = (TRANSITION.of(count, free_tier=True) for count in (most, by_the_docs))
        return TransitionReading(most, dollars, dollars_by_the_docs)

    @property
    def by_database(self) -> tuple[tuple[DatabaseUsage, Bill], ...]:
        """Each database with the bill that it would have alone."""
        own = Way(self.settings.workflow)
        return tuple((database, bill_of(own, [database], self.measured)) for database in self.databases)

    @property
    def cheapest(self) -> Bill:
        """The bill of the cheapest way after free tiers; the file's own if no other is cheaper by a cent."""
        return min(self._possible, key=lambda bill: (round(bill.after_free_tiers, 2), bill != self.ours, bill.listed))

    @property
    def cheapest_listed(self) -> Bill:
        """The bill of the cheapest way at list prices; the file's own if no other is cheaper by a cent."""
        return min(self._possible, key=lambda bill: (round(bill.listed, 2), bill != self.ours))

    @property
    def _possible(self) -> list[Bill]:
        return [bill for bill in self.bills if obstacle(bill.way, self.databases) is None]


def compare(settings: Settings, expectations: Iterable[str] = (), *, month: datetime | None = None) -> Comparison:
    """Price a month of a metrics.toml.

    Args:
        settings: the file.
        expectations: as expected_series() takes them.
        month: its beginning; today if left out.

    Raises:
        ConfigError: an expectation is none of this file.
    """
    series = expected_series(settings, expectations)
    return Comparison(settings, series, usage_of(settings, series, month or this_month()), measurements())
