"""Runs that ask for more than the parts of the workflow can do."""

from collections.abc import Iterator, Sequence
from typing import Final

from sidestep.config.limits import (
    A_RUN,
    MARGIN,
    MAX_FUNCTION,
    MAX_RUN,
    MOST_QUERY_SECONDS,
    PAGE,
    Workflow,
    function_timeout,
    run_time,
)
from sidestep.config.pages import further_pages
from sidestep.config.settings import Query, Run, Settings
from sidestep.config.validation.raw import Mistake
from sidestep.lambdas.query_database.page import MAX_DATUMS

MAX_QUERIES: Final = 80
"""Of one database: that many failures can be told in an execution's cause of 32,768 characters."""


def long_runs(settings: Settings) -> Iterator[Mistake]:
    """Find runs that may not end in time, if every query uses up its timeout and publishes all that it may."""
    for database in settings.databases:
        runs = settings.runs_of(database)
        mistakes = [mistake for run in runs for mistake in _too_long(run)]
        if len(runs) > 1:
            mistakes += _too_long_by_hand(settings.queries_of(database), settings.workflow)
        yield from ((f"database.{database}", mistake) for mistake in mistakes)


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


def _too_long(run: Run) -> Iterator[str]:
    """Compare with the schedule and the type of workflow, which bind the whole run, then with one call in it."""
    seconds = sum(query.timeout for query in run.queries)
    pages = further_pages(run.queries)
    if seconds + pages * PAGE > run.timing.most_seconds:
        and_pages = f", and {pages:,} further pages of {MAX_DATUMS:,} series to {pages * PAGE} s" if pages else ""
        yield (
            f"the timeouts of its queries add up to {seconds} s{_largest(run.queries)}{and_pages}, but "
            f"{run.timing.limit} leaves "
            f"{run.timing.most_seconds} s for them; lower {_what_to_lower(pages)} or run less often"
        )
    elif seconds > MOST_QUERY_SECONDS:
        yield (
            f"the timeouts of its queries add up to {seconds} s{_largest(run.queries)}, but a Lambda function "
            f"({MAX_FUNCTION} s at most) "
            f"leaves {MOST_QUERY_SECONDS} s for them; lower the timeouts or run less often"
        )


def _too_long_by_hand(queries: Sequence[Query], workflow: Workflow) -> Iterator[str]:
    longest_call = function_timeout(query.timeout for query in queries)
    pages = further_pages(queries)
    longest = run_time(longest_call, pages)
    if longest_call > MAX_FUNCTION:
        yield (
            f"a manual start runs all of its queries and may take {longest_call} s{_largest(queries)}, but a Lambda "
            f"function ends after {MAX_FUNCTION} s; lower the timeouts"
        )
    elif longest > MAX_RUN[workflow] - MARGIN:
        yield (
            f"a manual start runs all of its queries and may take {longest} s, but {A_RUN[workflow]} is cut off "
            f"after {MAX_RUN[workflow] - MARGIN} s; lower {_what_to_lower(pages)}"
        )


def _largest(queries: Sequence[Query]) -> str:
    """Name the query with the longest timeout, unless there is only one query."""
    largest = max(queries, key=lambda query: query.timeout)
    return f', {largest.timeout} s of them for "{largest.name}"' if len(queries) > 1 else ""


def _what_to_lower(pages: int) -> str:
    return "max_series or the timeouts" if pages else "the timeouts"
