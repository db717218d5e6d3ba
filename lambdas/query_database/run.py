"""One run: each query asked in turn, the answers on one page, one line in the log."""

import json
import time
from typing import TypedDict

from query_database.database import Database, Endpoint
from query_database.errors import DatabaseUnavailable, QueryFailed
from query_database.event import Run
from query_database.metrics import datums
from query_database.page import Page, PageContent
from query_database.parameters import values_of
from query_database.queries import Query


class Outcome(TypedDict):
    """What the log says of one query: counts only, never what the database said."""

    name: str
    rows: int
    datums: int
    failed: bool
    milliseconds: int


def ask_all(run: Run, endpoint: Endpoint) -> PageContent:
    """Ask the queries of a run, one after the other.

    Raises:
        DatabaseUnavailable: none of them could be asked.
    """
    started = time.monotonic()
    page = Page(run.scheduled_time, len(run.queries))
    outcomes: list[Outcome] = []
    try:
        with Database(endpoint, max(query.timeout for query in run.queries)) as database:
            outcomes.extend(_ask(query, database, page, run.scheduled_time) for query in run.queries)
    finally:
        _log(run, outcomes, started)
    return page.content()


def _ask(query: Query, database: Database, page: Page, timestamp: str) -> Outcome:
    started = time.monotonic()
    outcome: Outcome = {"name": query.name, "rows": 0, "datums": 0, "failed": False, "milliseconds": 0}
    try:
        with database.ask(query, values_of(query, timestamp)) as result:
            try:
                outcome["datums"] = page.add(query.name, datums(query, result.columns, result, timestamp))
            finally:
                outcome["rows"] = result.rows_read
    except (QueryFailed, DatabaseUnavailable) as error:
        outcome["failed"] = True
        page.fail(query.name, str(error))
    outcome["milliseconds"] = _milliseconds_since(started)
    return outcome


def _log(run: Run, outcomes: list[Outcome], started: float) -> None:
    line = {
        "scheduled_time": run.scheduled_time,
        "queries": outcomes,
        "not_asked": len(run.queries) - len(outcomes),
        "rows": sum(outcome["rows"] for outcome in outcomes),
        "datums": sum(outcome["datums"] for outcome in outcomes),
        "failures": sum(outcome["failed"] for outcome in outcomes),
        "milliseconds": _milliseconds_since(started),
    }
    print(json.dumps(line), flush=True)


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
