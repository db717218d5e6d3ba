"""The schedule's event: when a run is, and which of the deployed queries it asks. Nothing else gets in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from query_database.errors import InvalidEvent
from query_database.queries import Query

KEYS: Final = ("ScheduledTime", "Queries")

OLDEST: Final = timedelta(days=14)
NEWEST: Final = timedelta(hours=2)
"""How far a timestamp may lie in the past and in the future (CloudWatch API reference, PutMetricData)."""


@dataclass(frozen=True, slots=True)
class Run:
    """What an event asks for. `scheduled_time` is ISO 8601 in UTC and stamps every datum of the run."""

    scheduled_time: str
    queries: tuple[Query, ...]


def run_from(event: object, deployed: Mapping[str, Query], now: datetime) -> Run:
    """Read an event; an empty one, from a manual start, means all deployed queries, now.

    Raises:
        InvalidEvent: it says anything but when, and which of the deployed queries.
    """
    if not isinstance(event, dict):
        raise InvalidEvent(f"the input must be an object that may have {' and '.join(KEYS)}, not {event!r:.80}")
    unknown = [key for key in event if key not in KEYS]
    if unknown:
        raise InvalidEvent(f"the input has {', '.join(unknown)}; it may have {' and '.join(KEYS)}, nothing else")
    return Run(_scheduled_time(event.get("ScheduledTime"), now), _chosen(event.get("Queries"), deployed))


def _scheduled_time(given: object, now: datetime) -> str:
    moment = now if given is None else _parsed(given)
    if not now - OLDEST <= moment <= now + NEWEST:
        raise InvalidEvent(
            f"ScheduledTime is {given}, but CloudWatch takes nothing older than two weeks "
            "or more than two hours ahead; leave it out to measure now"
        )
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _parsed(given: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        raise InvalidEvent(f"ScheduledTime is {given!r:.80}; write for example 2026-01-31T08:05:00Z") from None
    if moment.tzinfo is None:
        raise InvalidEvent(f"ScheduledTime is {given}, which has no time zone; append Z for UTC")
    return moment


def _chosen(given: object, deployed: Mapping[str, Query]) -> tuple[Query, ...]:
    if given is None:
        return tuple(deployed.values())
    if not isinstance(given, list) or not given:
        raise InvalidEvent(f"Queries must be a list of names, not {given!r:.80}; leave it out to ask all queries")
    unknown = [name for name in given if not isinstance(name, str) or name not in deployed]
    if unknown:
        raise InvalidEvent(f"Queries names {unknown!r:.200}; deployed are {', '.join(deployed)}")
    return tuple(query for name, query in deployed.items() if name in given)
