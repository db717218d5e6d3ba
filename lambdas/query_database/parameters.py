"""What a query's parameters are in one run. The driver puts them into the SQL: no text of an event gets there."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .errors import QueryFailed
from .queries import Query

if TYPE_CHECKING:
    from pathlib import Path

    from .occurrences import Recurrence


def values_of(query: Query, scheduled_time: str) -> dict[str, datetime]:
    """Return the parameters that a query uses, by name: in UTC and without a zone, as the driver writes them.

    Args:
        query: one of the deployed queries.
        scheduled_time: of the run, ISO 8601.

    Raises:
        QueryFailed: the query's schedule never fired before.
    """
    values = {"scheduled_time": datetime.fromisoformat(scheduled_time)}
    if query.recurrence is not None:
        values["previous_scheduled_time"] = _previous(query.recurrence, values["scheduled_time"], query.zones)
    return {name: values[name].astimezone(UTC).replace(tzinfo=None) for name in query.parameters}


def _previous(recurrence: "Recurrence", moment: datetime, zones: "Path") -> datetime:
    from .occurrences import previous_occurrence  # noqa: PLC0415 - no part of any other cold start

    previous = previous_occurrence(recurrence, moment, zones)
    if previous is None:
        raise QueryFailed(
            f"its schedule never fired before {moment:%Y-%m-%d %H:%M:%S %Z}, so :previous_scheduled_time is unknown; "
            "begin the years of its cron expression earlier"
        )
    return previous
