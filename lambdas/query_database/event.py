"""Reads the function's event: that of a schedule, which begins a run, or the previous page. Refuses anything else."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from .errors import InvalidEvent
from .page import BEGINNING, MAX_ERROR_BYTES, Failure, Position, shortened
from .queries import Query

FIRST_KEYS: Final = ("ScheduledTime", "Queries")
"""The possible keys of a schedule's event."""

PAGE_KEYS: Final = ("MetricData", "ScheduledTime", "Failures", "NextPage")
"""The keys of a page that has a next page."""

NEXT_PAGE_KEYS: Final = ("Page", "Run", "Queries", "Published", "Fingerprint")

OLDEST: Final = timedelta(days=14)
NEWEST: Final = timedelta(hours=2)
"""The limits of a timestamp in the past and in the future (CloudWatch API reference, PutMetricData)."""

_MOST: Final = 10**9
"""More than the pages and datums of any run."""

_ISO_8601: Final = re.compile("[0-9TWZ:+., -]+", re.IGNORECASE)
"""The characters of an ISO 8601 time."""

_DIGITS: Final = re.compile("[0-9a-f]{32}")


class Run(NamedTuple):
    """What an event requests.

    Attributes:
        scheduled_time: ISO 8601 in UTC; stamps every datum of the run.
        queries: the remaining queries, in this order.
        identifier: the same for all pages of the run.
        page: the number of the requested page; the first one is 1.
        position: where the first of the queries continues.
        failures: of the earlier pages.
    """

    scheduled_time: str
    queries: tuple[Query, ...]
    identifier: str
    page: int = 1
    position: Position = BEGINNING
    failures: tuple[Failure, ...] = ()


def run_from(event: object, deployed: Mapping[str, Query], now: datetime, identifier: str) -> Run:
    """Read an event; an empty one, from a manual start, requests all deployed queries, now.

    Args:
        event: what Lambda was invoked with.
        deployed: the deployed queries, by name.
        now: the current time.
        identifier: of the run, if it begins: 32 hexadecimal digits that no other run has.

    Raises:
        InvalidEvent: it has other keys or values, or is not a page of this function.
    """
    if not isinstance(event, dict):
        raise InvalidEvent(f"the input must be an object that may have {' and '.join(FIRST_KEYS)}, not {event!r:.80}")
    if "NextPage" in event:
        return _continued(event, deployed, now)
    unknown = [key for key in event if key not in FIRST_KEYS]
    if unknown:
        raise InvalidEvent(
            f"the input has {', '.join(unknown):.200}; it may have {' and '.join(FIRST_KEYS)}, nothing else"
        )
    moment = now if event.get("ScheduledTime") is None else _parsed(event["ScheduledTime"])
    return Run(_published_time(moment, now), _chosen(event.get("Queries"), deployed), identifier)


def _continued(event: dict[str, object], deployed: Mapping[str, Query], now: datetime) -> Run:
    """Read a page. It is published; only its end matters."""
    next_page = event["NextPage"]
    if set(event) != set(PAGE_KEYS) or not isinstance(next_page, dict) or set(next_page) != set(NEXT_PAGE_KEYS):
        raise _no_page("an object with other keys")
    page, identifier, published, fingerprint = (next_page[key] for key in ("Page", "Run", "Published", "Fingerprint"))
    if not _is_count(page) or page < 2:  # noqa: PLR2004 - the first page has no page before
        raise _no_page(f"Page {page!r:.80}")
    if not _is_digits(identifier):
        raise _no_page(f"Run {identifier!r:.80}")
    if not _is_count(published) or not (_is_digits(fingerprint) if published else fingerprint == ""):
        raise _no_page(f"Published {published!r:.80} and Fingerprint {fingerprint!r:.80}")
    if next_page["Queries"] is None:
        raise _no_page("Queries None")
    queries = {query.name: query for query in _chosen(next_page["Queries"], deployed)}
    return Run(
        _published_time(_parsed(event["ScheduledTime"]), now),
        # In the page's order: the position is in its first query, which a new deployment may have moved.
        tuple(queries[name] for name in dict.fromkeys(next_page["Queries"])),
        identifier,
        page,
        Position(published, fingerprint),
        tuple(_failures(event["Failures"], list(deployed))),
    )


def _no_page(what: str) -> InvalidEvent:
    return InvalidEvent(f"NextPage is {what}, which this function never returns; start a new run without NextPage")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def _is_digits(value: object) -> bool:
    return isinstance(value, str) and _DIGITS.fullmatch(value) is not None


def _failures(given: object, names: Sequence[str]) -> Iterator[Failure]:
    if not isinstance(given, list) or len(given) > len(names):
        raise InvalidEvent(f"Failures is {given!r:.80}, which this function never returns; start a new run")
    for failure in given:
        if not isinstance(failure, dict) or set(failure) != {"Query", "Error"} or failure["Query"] not in names:
            raise InvalidEvent(f"Failures has {failure!r:.80}, which this function never returns; start a new run")
        yield {"Query": failure["Query"], "Error": shortened(_writable(failure["Error"]), MAX_ERROR_BYTES)}


def _writable(given: object) -> str:
    """Return a text that can be encoded as UTF-8; JSON can contain lone surrogates."""
    return str(given).encode(errors="replace").decode()


def _published_time(moment: datetime, now: datetime) -> str:
    if not now - OLDEST <= moment <= now + NEWEST:
        raise InvalidEvent(
            f"ScheduledTime is {moment.isoformat()}, but CloudWatch accepts nothing older than two weeks "
            "or more than two hours ahead; leave it out to measure now"
        )
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _parsed(given: object) -> datetime:
    try:
        # Python's parser accepts any character between date and time, and ignores NUL and all after it.
        moment = datetime.fromisoformat(given) if isinstance(given, str) and _ISO_8601.fullmatch(given) else None
    except ValueError:
        moment = None
    if moment is None:
        raise InvalidEvent(f"ScheduledTime is {given!r:.80}; write for example 2026-01-31T08:05:00Z")
    if moment.tzinfo is None:
        raise InvalidEvent(f"ScheduledTime is {given}, which has no time zone; append Z for UTC")
    return moment


def _chosen(given: object, deployed: Mapping[str, Query]) -> tuple[Query, ...]:
    if given is None:
        return tuple(deployed.values())
    if not isinstance(given, list) or not given:
        raise InvalidEvent(f"Queries must be a list of names, not {given!r:.80}; leave it out to run all queries")
    unknown = [name for name in given if not isinstance(name, str) or name not in deployed]
    if unknown:
        raise InvalidEvent(f"Queries names {unknown!r:.200}; deployed are {', '.join(deployed)}")
    return tuple(query for name, query in deployed.items() if name in given)
