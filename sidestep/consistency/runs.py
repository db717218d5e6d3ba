"""Runs that ask for more than the parts of the workflow can do."""

from collections.abc import Iterator
from typing import Final

from sidestep.consistency.raw import Mistake
from sidestep.settings import Settings
from sidestep.timing import MAX_FUNCTION, Timing, function_timeout

MAX_QUERIES: Final = 80
"""Of one database: that many failures can be told in an execution's cause of 32,768 characters."""


def long_runs(settings: Settings) -> Iterator[Mistake]:
    """Find runs that may not end before the next one starts, if every query uses up its timeout."""
    for database in settings.databases:
        for run in settings.runs_of(database):
            yield from _too_long(database, run.timing, sum(query.timeout for query in run.queries))
        longest = function_timeout(query.timeout for query in settings.queries_of(database))
        if longest > MAX_FUNCTION and len(settings.runs_of(database)) > 1:
            yield (
                f"database.{database}",
                f"a manual start asks all of its queries and may take {longest} s, but a Lambda function ends after "
                f"{MAX_FUNCTION} s; lower the timeouts",
            )


def crowded_databases(settings: Settings) -> Iterator[Mistake]:
    """Find databases with more queries than a failed execution's cause can name."""
    for name in settings.databases:
        count = len(settings.queries_of(name))
        if count > MAX_QUERIES:
            yield (
                f"database.{name}",
                f"has {count} queries, but a run asks {MAX_QUERIES} at most; write a second table for the same "
                "database and give it some of them",
            )


def _too_long(database: str, timing: Timing, seconds: int) -> Iterator[Mistake]:
    if seconds > timing.most_query_seconds:
        yield (
            f"database.{database}",
            f"the timeouts of its queries add up to {seconds} s, but {timing.binding_limit} leaves "
            f"{timing.most_query_seconds} s for them; lower the timeouts or run less often",
        )
