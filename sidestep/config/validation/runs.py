"""Runs that would exceed the limits of the schedule, the function or the state machine."""

from collections.abc import Iterator, Sequence
from typing import Final

from sidestep.config.databases import database_key
from sidestep.config.limits import (
    MARGIN_SECONDS,
    MAX_FUNCTION_SECONDS,
    MAX_QUERY_SECONDS,
    MAX_RUN_SECONDS,
    PAGE_SECONDS,
    RUN_LABELS,
    WorkflowType,
    function_timeout,
    run_time,
)
from sidestep.config.settings import Query, QuerySettings, ScheduledRun, further_pages
from sidestep.config.validation.raw import Problem
from sidestep.lambdas.query_database.page import MAX_DATUMS

MAX_QUERIES: Final = 80
"""The maximum for one database: the cause of a failed execution has at most 32,768 characters for all errors."""


def long_runs(settings: QuerySettings) -> Iterator[Problem]:
    """Find runs that may not end in time, if each query uses up its timeout and publishes its maximum of series."""
    for database in settings.databases:
        runs = settings.runs_of(database)
        errors = [error for run in runs for error in _too_long(run)]
        if len(runs) > 1:
            errors += _manual_run_too_long(settings.queries_of(database), settings.workflow)
        yield from ((database_key(database), error) for error in errors)


def too_many_queries(settings: QuerySettings) -> Iterator[Problem]:
    """Find databases with more queries than a failed execution's cause can name."""
    for name in settings.databases:
        count = len(settings.queries_of(name))  # checks included
        if count > MAX_QUERIES:
            yield (
                database_key(name),
                f"has {count} queries, but the limit is {MAX_QUERIES}; move some to a second table or construct "
                "for the same database",
            )


def _too_long(run: ScheduledRun) -> Iterator[str]:
    """Compare with the limit of the whole run, then with the limit of the one invocation that runs the queries."""
    seconds = sum(query.timeout for query in run.queries)
    pages = further_pages(run.queries)
    timeouts = f"the timeouts of its queries add up to {seconds} s{_largest(run.queries)}"
    if seconds + pages * PAGE_SECONDS > run.timing.available_seconds:
        and_pages = (
            f", and {pages:,} further pages of {MAX_DATUMS:,} series to {pages * PAGE_SECONDS} s" if pages else ""
        )
        yield (
            f"{timeouts}{and_pages}, but {run.timing.limit_label} leaves {run.timing.available_seconds} s for them; "
            f"lower {_what_to_lower(pages)} or run less often"
        )
    elif seconds > MAX_QUERY_SECONDS:
        yield (
            f"{timeouts}, but a Lambda function ({MAX_FUNCTION_SECONDS} s at most) leaves {MAX_QUERY_SECONDS} s for "
            "them; lower the timeouts or run less often"
        )


def _manual_run_too_long(queries: Sequence[Query], workflow: WorkflowType) -> Iterator[str]:
    timeout = function_timeout(query.timeout for query in queries)
    pages = further_pages(queries)
    seconds, limit = run_time(timeout, pages), MAX_RUN_SECONDS[workflow] - MARGIN_SECONDS
    if timeout > MAX_FUNCTION_SECONDS:
        yield (
            f"a manual run of all queries may take {timeout} s{_largest(queries)}, but a Lambda function times out "
            f"after {MAX_FUNCTION_SECONDS} s; lower the timeouts"
        )
    elif seconds > limit:
        yield (
            f"a manual run of all queries may take {seconds} s, but {RUN_LABELS[workflow]} times out after {limit} "
            f"s; lower {_what_to_lower(pages)}"
        )


def _largest(queries: Sequence[Query]) -> str:
    """Return the query with the longest timeout, if there are several queries."""
    largest = max(queries, key=lambda query: query.timeout)
    return f', {largest.timeout} s of them for "{largest.name}"' if len(queries) > 1 else ""


def _what_to_lower(pages: int) -> str:
    return "max_series or the timeouts" if pages else "the timeouts"
