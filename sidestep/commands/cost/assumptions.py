"""What the bill takes for granted because nobody can know it, and what it leaves out: a sentence each."""

from collections.abc import Iterator

from sidestep.commands.cost.bill import Way
from sidestep.commands.cost.comparison import Comparison
from sidestep.commands.cost.usage import MAILS_PER_ADDRESS, VALUE_CHARACTERS
from sidestep.commands.cost.ways import CONNECTION_BYTES, PUBLISHING
from sidestep.config.engines import ENGINES
from sidestep.prices import EXPRESS_GB_SECOND, EXPRESS_MEMORY, LAMBDA_GB_SECOND


def assumptions(comparison: Comparison) -> Iterator[str]:
    """Yield them, those that matter most first."""
    settings, measured = comparison.settings, comparison.measured
    yield from _series(comparison)
    yield (
        f"Function: {measured.cpu_milliseconds_of_1_series:.0f} ms of computing for a cold start and a run, measured "
        f"on {measured.machine}, {measured.date}, times {measured.slowness:.1f}, because "
        f"{measured.memory_megabytes} MB of memory come with that part of a vCPU. Every run is taken for a cold "
        "start; AWS is usually faster."
        + "".join(
            f" With {engine.title}, a start takes {measured.cpu_milliseconds_of_engines[engine.name]:.0f} ms more."
            for engine in ENGINES.values()
            if engine.name in measured.cpu_milliseconds_of_engines.keys() & _engines(comparison)
        )
    )
    second = _a_second_more(comparison)
    yield (
        "Database: the queries' own time is not in it; each second that every run waits for them adds "
        f"USD {second:.3f} a month to {comparison.ours.way.words}, before free tiers."
    )
    yield (
        "Runs: those of 30 days from today, each of which succeeds at once; a retry is one more state transition and "
        "one more request."
    )
    yield "Free tiers: nothing else in the account uses them. Those of new accounts are not counted."
    yield (
        "Metrics: they cost in the hours of the month in which a run publishes them. Each series has the same "
        "dimensions in every run; other dimensions are further metrics. FailedQueries, EmptyResults and InvalidRows "
        "are not included; they cost in the hours in which they are published."
    )
    yield (
        f"Elsewhere: values of dimensions have {VALUE_CHARACTERS} characters, a connection to CloudWatch takes "
        f"{CONNECTION_BYTES // 1024} KB, and a page of an Express run {PUBLISHING:g} s beside the function. An "
        "endpoint or a NAT gateway serves nothing else; where one stands already, its hours are paid."
    )
    if settings.notify:
        yield (
            f"Notifications: {MAILS_PER_ADDRESS} mails to each address; the key costs as much again after each of "
            "its first two yearly rotations."
        )
    yield (
        "Left out: storing the logs for their month (under 1 % of taking them in), traffic between zones, what the "
        "CDK keeps in S3, looking at dashboards, and tax."
    )


def _engines(comparison: Comparison) -> set[str]:
    return {database.engine.name for database in comparison.settings.databases.values()}


def _series(comparison: Comparison) -> Iterator[str]:
    admitted = {query.name: query.series for query in comparison.settings.queries}
    if comparison.series == admitted and any(query.dimensions for query in comparison.settings.queries):
        yield (
            "Series: as many as max_series admits, which is an upper bound; --series 12 says how many a query with "
            "dimensions really has, --series orders=12 that one query has so many."
        )


def _a_second_more(comparison: Comparison) -> float:
    runs = sum(database.runs for database in comparison.databases)
    dollars = LAMBDA_GB_SECOND.of(runs * comparison.measured.memory, free_tier=False)
    if comparison.ours.way is Way.EXPRESS:
        dollars += EXPRESS_GB_SECOND.of(runs * EXPRESS_MEMORY, free_tier=False)
    return dollars
