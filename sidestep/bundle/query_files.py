"""The files in the query function's bundle that describe its queries and their time zones."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sidestep.bundle.recurrence import recurrence, zone_file, zone_of
from sidestep.config.checks import CheckQuery
from sidestep.config.engines import Engine
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query
from sidestep.config.sql import PREVIOUS_SCHEDULED_TIME, for_the_driver, parameters_of

LISTING: Final = "queries.json"
"""The file that lists the queries. The folder zones/ beside it has their time zones."""


_OF_CHECKS: Final = CheckQuery.model_fields.keys() - Query.model_fields.keys()


def query_files(
    queries: Sequence[Query], schedules: Mapping[str, Schedule], engine: Engine, shared: Collection[str] = ()
) -> dict[str, bytes]:
    """Return the contents of the files by name, the same for the same queries.

    `schedules` are by the names of the queries, and `shared` has the names of those that run on several databases.
    """
    tables = [
        _deployed(query, schedules[query.name], engine)
        | ({"database": query.database} if query.name in shared else {})
        for query in queries
    ]
    listing = json.dumps(tables, indent=1)
    looking_back = [
        schedules[query.name] for query in queries if PREVIOUS_SCHEDULED_TIME in parameters_of(query.sql, engine)
    ]
    zones = {f"zones/{zone}": zone_file(zone) for zone in sorted(filter(None, set(map(zone_of, looking_back))))}
    return {LISTING: listing.encode(), **zones}


def _deployed(query: Query, schedule: Schedule, engine: Engine) -> dict[str, object]:
    """Return a query as the function reads it: without alarms, and with its schedule only if it looks back."""
    omitted = dict.fromkeys(("database", "schedule", "timezone", "alarm_on_empty", *_OF_CHECKS), True)
    table = query.model_dump(mode="json", exclude={**omitted, "metrics": {"__all__": {"alarm"}}})
    if isinstance(query, CheckQuery):
        table["check"] = {"rows": query.rows, "show": query.show, "is_age": query.max_age is not None}
    parameters = parameters_of(query.sql, engine)
    if parameters:
        table |= {"sql": for_the_driver(query.sql, engine), "parameters": parameters}
    if PREVIOUS_SCHEDULED_TIME in parameters:
        table["recurrence"] = recurrence(schedule)
    return table
