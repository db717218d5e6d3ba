"""Random events for the function's handler: those of the schedule, nearly valid pages, and arbitrary JSON."""

import importlib.util
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

from sidestep import paths
from sidestep.lambdas.query_database.errors import DatabaseUnavailable, InvalidEvent
from sidestep.lambdas.query_database.queries import Metric, Query
from tests.database.conftest import PASSWORD
from tests.soak.limits import complaints
from tests.soak.servers import Target

EVENTS: Final = 40
"""The number of events in a round."""

_TIME_LETTERS: Final = frozenset("0123456789TZ:+-.,W tz")
"""The characters of an ISO 8601 time."""

_KEYS: Final = (
    "ScheduledTime",
    "Queries",
    "NextPage",
    "MetricData",
    "Failures",
    "Page",
    "Run",
    "Published",
    "Fingerprint",
    "x",
)

Handler = Callable[[object, object], Any]


def random_events(random: Random, target: Target) -> list[str]:
    """Play the round."""
    problems: list[str] = []
    with _handler(target) as handle:
        page = handle({}, None)
        for _ in range(EVENTS):
            event = _event(random, page)
            problems += [f"{problem}; the event is {event!a:.2000}" for problem in _judged(handle, event)]
    return problems


@contextmanager
def _handler(target: Target) -> Iterator[Handler]:
    """Import the function's handler as Lambda does, with its file of queries."""
    endpoint = target.endpoint
    environment = {
        "DATABASE_ENGINE": endpoint.engine,
        "DATABASE_HOST": endpoint.host,
        "DATABASE_PORT": str(endpoint.port),
        "DATABASE_USER": endpoint.user,
        "DATABASE_NAME": endpoint.database,
        "DATABASE_SCHEMA": endpoint.schema,
        "DATABASE_CERTIFICATES": str(endpoint.certificates),
        "AWS_REGION": endpoint.region,
        "AWS_ACCESS_KEY_ID": "unused",
        "AWS_SECRET_ACCESS_KEY": "unused",
    }
    with (
        TemporaryDirectory(prefix="soak-") as folder,
        patch.dict(os.environ, environment | {"TMPDIR": folder}),
        patch("sidestep.lambdas.query_database.endpoint.iam_token", lambda *_: PASSWORD),
        patch("builtins.print"),
    ):
        source = paths.LAMBDAS / "query_database" / "handler.py"
        path = Path(folder, source.name)
        path.write_bytes(source.read_bytes())
        # Without what has no form in JSON, or is not in the file unless a query needs it.
        omitted = ("zones", "parameters", "check")
        queries = [
            {key: value for key, value in asdict(query).items() if key not in omitted} for query in _queries(target)
        ]
        Path(folder, "queries.json").write_text(json.dumps(queries))
        spec = importlib.util.spec_from_file_location("sidestep.lambdas.query_database.soaked_handler", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module.handler


def _queries(target: Target) -> list[Query]:
    """Return one query of a value, and one of more than a page."""
    series = f"SELECT seq AS Id, seq AS b FROM {target.server.numbers(1100)} ORDER BY seq"
    return [
        Query("a", "SELECT 1 AS a", (), 10, 100, "skip", "skip", {"a": Metric("Count", 60)}),
        Query("b", series, ("Id",), 10, 2000, "skip", "skip", {"b": Metric("Count", 60)}),
    ]


def _judged(handle: Handler, event: object) -> Iterator[str]:
    """Invoke the function with an event as JSON, and compare the response with the event."""
    decoded = json.loads(json.dumps(event))
    try:
        page = handle(decoded, None)
    except (InvalidEvent, DatabaseUnavailable) as error:
        if not str(error).isprintable() and any("\ud800" <= letter <= "\udfff" for letter in str(error)):
            yield f"an error that is no UTF-8: {error!a}"
        if _is_plain(event):
            yield f"a valid event is refused: {error!a}"
        return
    except Exception as error:
        yield f"an undeclared error: {error!r:.300}"
        return
    yield from complaints(page, page["ScheduledTime"])
    yield from _of_answer(event, page)


def _of_answer(event: Any, page: Any) -> Iterator[str]:  # noqa: ANN401 - anything
    """Judge the response to an accepted event."""
    if not isinstance(event, dict):
        yield "an event that is not an object is accepted"
        return
    unknown = set(event) - {"ScheduledTime", "Queries"}
    if unknown and set(event) != {"MetricData", "ScheduledTime", "Failures", "NextPage"}:
        yield f"unknown keys are accepted: {sorted(unknown)}"
    given = event.get("ScheduledTime")
    if given is not None:
        if not isinstance(given, str) or not set(given) <= _TIME_LETTERS:
            yield f"an invalid time is accepted: {given!a:.200}"
        elif datetime.fromisoformat(given).replace(microsecond=0) != datetime.fromisoformat(page["ScheduledTime"]):
            yield f"published at {page['ScheduledTime']}"
    failed = sorted(failure["Query"] for failure in page["Failures"])
    marked = [datum for datum in page["MetricData"] if datum["MetricName"] == "FailedQueries"]
    before = event.get("Failures") or []
    if "NextPage" in event and len(marked) + len(before) != len(failed):
        yield f"{len(marked)} FailedQueries for {failed}"
    if "NextPage" not in event and failed:
        yield f"failures of {failed}"


def _is_plain(event: Any) -> bool:  # noqa: ANN401
    """Whether an event is one that the schedule sends."""
    return event == {} or (
        isinstance(event, dict)
        and set(event) <= {"ScheduledTime", "Queries"}
        and event.get("Queries", ["a"]) in (["a"], ["b"], ["a", "b"], ["b", "a"])
        and event.get("ScheduledTime") == _recent()
    )


def _recent() -> str:
    """Return a time of this hour, as Scheduler writes it."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0).isoformat().replace("+00:00", "Z")


def _event(random: Random, page: Any) -> object:  # noqa: ANN401
    kind = random.randrange(4)
    if kind == 0:
        return _anything(random, 0)
    if kind == 1:
        return {key: value for key, value in _schedule(random).items() if random.random() < 0.8}
    event = json.loads(json.dumps(page))
    for _ in range(random.randint(0, 2)):
        table = random.choice((event, event["NextPage"])) if isinstance(event.get("NextPage"), dict) else event
        key = random.choice((*table, *_KEYS)) if random.random() < 0.2 else random.choice(list(table) or list(_KEYS))
        if random.random() < 0.2:
            table.pop(key, None)
        else:
            table[key] = _replacement(random, key)
    return event


def _schedule(random: Random) -> dict[str, object]:
    event = {"ScheduledTime": _recent(), "Queries": ["a"]}
    return {key: value if random.random() < 0.5 else _replacement(random, key) for key, value in event.items()}


def _replacement(random: Random, key: str) -> object:
    if key == "ScheduledTime" and random.random() < 0.7:
        return _time(random)
    if key == "Queries" and random.random() < 0.7:
        return random.choices(
            ("a", "b", "a\0", "", "A", None, 1, "a'; DROP TABLE x", "\ud800"), k=random.randint(0, 3)
        )
    if key == "Failures" and random.random() < 0.7:
        failure = {"Query": random.choice(("a", "b", "c")), "Error": _anything(random, 2)}
        return [failure] * random.randint(0, 3)
    if key in ("Page", "Published") and random.random() < 0.7:
        return random.choice((0, 1, 2, 3, 999, 1000, 1001, 2000, 2001, 10**9, 10**10, -1, 2.0, 1e308, True))
    if key in ("Run", "Fingerprint") and random.random() < 0.7:
        return random.choice(
            ("", "0" * 32, "f" * 32, "0" * 31 + "\n", "../../etc/passwd", "\uff10" * 32, "\ud800" * 32)
        )
    return _anything(random, 0)


def _time(random: Random) -> str:
    moment = datetime.now(UTC) + timedelta(minutes=random.choice((0, -5, -60, 90, 130, -60 * 24 * 20)))
    text = moment.isoformat(timespec=random.choice(("seconds", "microseconds", "minutes")))
    place = random.randrange(len(text) + 1)
    return random.choice(
        (
            text,
            text.replace("+00:00", "Z"),
            text.replace("+00:00", random.choice(("+23:59", "-12:00", "", " ", "+24:00", "+00:00:01"))),
            text + random.choice("\0\n \ud800Z0x"),
            text[:place] + random.choice("\0\n ٣\ud800Z") + text[place + 1 :],
            "9999-12-31T23:59:59Z",
            "0001-01-01T00:00:00+14:00",
        )
    )


def _anything(random: Random, depth: int) -> object:
    makers: list[Callable[[], object]] = [
        lambda: None,
        lambda: random.random() < 0.5,
        lambda: random.choice((0, 1, -1, 2**63, 10**400, -0.0, 1e308, 5e-324)),
        lambda: random.choice(("", "\0", "\ud800", "\udfff\ud800", "é😀", "x" * 5000, "\x1b[2J", "%s{}", "a")),
        lambda: "".join(chr(random.randrange(0x110000)) for _ in range(random.randint(0, 8))),
        lambda: [_anything(random, depth + 1) for _ in range(random.randint(0, 3))],
        lambda: {
            random.choice((*_KEYS, "\ud800", "")): _anything(random, depth + 1) for _ in range(random.randint(0, 4))
        },
    ]
    return random.choice(makers[:5] if depth > 3 else makers)()
