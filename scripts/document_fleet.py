"""The simulation of many databases as tables for docs/limits.md, and as a program: `make fleet`."""

import argparse
from collections.abc import Iterator
from typing import Final

from scripts.fleet import MINUTE, QUERY_SECONDS, Fleet, Load, bill, simulate
from scripts.markdown import block, table
from sidestep.commands.cost.bill import Way

FLEET: Final = Fleet(databases=500, queries=20, series=1)
"""The fleet of the document."""

LARGER: Final = 2000
"""Databases of another fleet, which exceeds quotas."""

WINDOWS: Final = {
    "in one second": 1,
    "over a minute": MINUTE,
    'over two minutes: `jitter = "2 minutes"`': 2 * MINUTE,
}
"""The seconds over which the starts are distributed, in words."""


def assumed(fleet: Fleet = FLEET) -> str:
    """Return what the simulation has and assumes."""
    shortest, longest = (f"{1000 * seconds:g}" for seconds in QUERY_SECONDS)
    return block(
        f"The simulation has {fleet.databases:,} databases with {fleet.queries:,} queries each; each query publishes "
        f"{fleet.series:,} series.\nEach query takes {shortest} to {longest} ms in the database, which is assumed.\n"
        "The function's own time is [measured](benchmarks.md)."
    )


def each_second(fleet: Fleet = FLEET) -> str:
    """Return the requests of each second after the scheduled time."""
    load = simulate(fleet)
    rows = [
        [f"{count:,}" for count in (second, *(counts[second] for counts in _counts(load)))] for second in load.seconds
    ]
    return table(("Second", *_HEADINGS), rows, numbers=len(_HEADINGS) + 1)


def spreads() -> str:
    """Return the highest number in a second with the lowest quotas, by how the starts are distributed."""
    rows = [
        (words, f"{databases:,}", *_peaks(simulate(Fleet(databases=databases, window=window, large=False))))
        for databases in (FLEET.databases, LARGER)
        for words, window in WINDOWS.items()
    ]
    return table(("Starts", "Databases", *_HEADINGS, "Lost runs"), rows, numbers=len(_HEADINGS) + 2)


def costs(fleet: Fleet = FLEET) -> str:
    """Return the bill of a month at list prices, for both types of workflows."""
    bills = [bill(fleet, way) for way in (Way.STANDARD, Way.EXPRESS)]
    listed = [{line.what: line.listed for line in one.lines} for one in bills]
    lines = list(dict.fromkeys(what for one in listed for what in one))
    rows = [(what, *(f"{one[what]:,.2f}" if what in one else "" for one in listed)) for what in lines]
    sums = [f"{one.listed:,.2f}" for one in bills]
    return table(("USD a month", *(one.way.words for one in bills)), [*rows, ("sum", *sums)], numbers=len(bills))


_HEADINGS: Final = (
    "Executions started",
    "State transitions",
    "Functions at once",
    "PutMetricData requests",
)


def _counts(load: Load) -> tuple[dict[int, int], ...]:
    return load.starts, load.transitions, load.running, load.puts


def _peaks(load: Load) -> Iterator[str]:
    for counts in _counts(load):
        yield f"{max(counts.values(), default=0):,}"
    yield f"{load.lost:,}"


def main() -> None:
    """Print the tables of a fleet, and what the quotas delayed or throttled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", type=int, default=FLEET.databases)
    parser.add_argument("--queries", type=int, default=FLEET.queries, help="of each database")
    parser.add_argument("--series", type=int, default=FLEET.series, help="of each query")
    parser.add_argument("--window", type=int, default=FLEET.window, help="seconds over which the runs start")
    parser.add_argument("--small", action="store_true", help="the quotas of the smaller Regions")
    words = parser.parse_args()
    fleet = Fleet(
        databases=words.databases,
        queries=words.queries,
        series=words.series,
        window=words.window,
        large=not words.small,
    )
    load = simulate(fleet)
    waited = [(name, f"{count:,}") for name, count in load.waited.items() if count]
    print(each_second(fleet))
    print(table(("Delayed or throttled by", "Times"), waited or [("nothing", "0")], numbers=1))
    print(f"{load.lost:,} runs are lost; the longest takes {load.longest:.1f} s.")
    print(costs(fleet))


if __name__ == "__main__":
    main()
