"""The goals of the benchmarks of each engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.names import LOOP, SIDESTEP, USUAL
from benchmarks.results import Measured, Runs

ONE_PAGE: Final = 1_000
"""The series of a full page."""

MANY: Final = 10_000
"""The series from which memory counts."""


@dataclass(frozen=True)
class Goal:
    """A ratio that should be at most `limit`, and the worst measured one."""

    what: str
    limit: float
    measured: float

    @property
    def is_met(self) -> bool:
        """Whether the measured ratio is within the limit."""
        return self.measured <= self.limit


START_LIMITS: Final = {"mysql": 0.5, "postgres": 0.6}
"""For each engine, the most of the usual way's start. The import of pg8000 alone takes almost half of it."""


def cold_start_goals(engine: str, start: Measured) -> Iterator[Goal]:
    """Compare the starts with the usual way."""
    yield Goal("time of the usual way", START_LIMITS[engine], start[SIDESTEP].seconds / start[USUAL].seconds)


def run_goals(runs: Runs) -> Iterator[Goal]:
    """Compare the runs with the plain loop, which does the same work, and with the usual way."""
    for series, limit in ((ONE_PAGE, 1.1), (max(runs), 1.25)):
        one = runs[series]
        yield Goal(f"time of the plain loop, {series:,} series", limit, one[SIDESTEP].seconds / one[LOOP].seconds)
    yield Goal("time of the usual way", 1.0, max(one[SIDESTEP].seconds / one[USUAL].seconds for one in runs.values()))
    yield Goal(
        f"memory of the usual way from {MANY:,} series on",
        0.5,
        max(one[SIDESTEP].megabytes / one[USUAL].megabytes for series, one in runs.items() if series >= MANY),
    )


def growth_goals(runs: Runs) -> Iterator[Goal]:
    """Compare the longest run with a run of one page."""
    longest = max(runs)
    long, short = runs[longest][SIDESTEP], runs[ONE_PAGE][SIDESTEP]
    yield Goal(
        f"time per series of {longest:,} against {ONE_PAGE:,}",
        1.25,
        (long.seconds / longest) / (short.seconds / ONE_PAGE),
    )
    yield Goal(f"memory of {longest:,} series against {ONE_PAGE:,}", 1.3, long.megabytes / short.megabytes)
