"""What the benchmarks of each engine are held against."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.names import BARE, SIDESTEP, USUAL
from benchmarks.results import Measured, Runs

ONE_PAGE: Final = 1_000
"""Series up to which a result is one page."""

MANY: Final = 10_000
"""Series from which on memory counts."""


@dataclass(frozen=True)
class Goal:
    """A ratio that is to be at most `limit`, and the worst one that was measured."""

    what: str
    limit: float
    measured: float

    @property
    def is_met(self) -> bool:
        """Whether it is."""
        return self.measured <= self.limit


def cold_start_goals(start: Measured) -> Iterator[Goal]:
    """Compare the starts."""
    yield Goal("time of the usual way", 0.5, start[SIDESTEP].seconds / start[USUAL].seconds)


def run_goals(runs: Runs) -> Iterator[Goal]:
    """Compare the runs."""
    to_bare = {series: one[SIDESTEP].seconds / one[BARE].seconds for series, one in runs.items()}
    yield Goal(
        f"time of the bare driver up to {ONE_PAGE:,} series",
        1.25,
        max(ratio for series, ratio in to_bare.items() if series <= ONE_PAGE),
    )
    yield Goal(
        "time of the bare driver beyond", 2.5, max(ratio for series, ratio in to_bare.items() if series > ONE_PAGE)
    )
    yield Goal("time of the usual way", 1.0, max(one[SIDESTEP].seconds / one[USUAL].seconds for one in runs.values()))
    yield Goal(
        f"memory of the usual way from {MANY:,} series on",
        0.5,
        max(one[SIDESTEP].megabytes / one[USUAL].megabytes for series, one in runs.items() if series >= MANY),
    )


def growth_goals(runs: Runs) -> Iterator[Goal]:
    """Compare the longest run with one of a single page."""
    longest = max(runs)
    long, short = runs[longest][SIDESTEP], runs[ONE_PAGE][SIDESTEP]
    yield Goal(
        f"time per series of {longest:,} against {ONE_PAGE:,}",
        1.25,
        (long.seconds / longest) / (short.seconds / ONE_PAGE),
    )
    yield Goal(f"memory of {longest:,} series against {ONE_PAGE:,}", 1.3, long.megabytes / short.megabytes)
