"""The events that the function accepts, and those that it refuses."""

import json
from datetime import UTC, datetime

import pytest

from sidestep.lambdas.query_database.errors import InvalidEvent
from sidestep.lambdas.query_database.event import Run, run_from
from sidestep.lambdas.query_database.page import BEGINNING, MAX_ERROR_BYTES, Position
from sidestep.lambdas.query_database.queries import Metric, Query

NOW = datetime(2026, 1, 31, 8, 5, 7, 123456, tzinfo=UTC)
DEPLOYED = {
    name: Query(name, "SELECT 1", (), 10, 100, "skip", "skip", {"A": Metric("Count", 60)}) for name in ("a", "b", "c")
}


RUN = "0123456789abcdef" * 2
DIGEST = "fedcba9876543210" * 2

NEXT: dict[str, object] = {
    "Page": 3,
    "Run": RUN,
    "Queries": ["b", "c"],
    "Published": 1700,
    "Fingerprint": DIGEST,
}
PAGE: dict[str, object] = {
    "MetricData": [],
    "ScheduledTime": "2026-01-31T08:05:00Z",
    "Failures": [{"Query": "a", "Error": "no"}],
    "NextPage": NEXT,
}


def read(event: object) -> Run:
    return run_from(event, DEPLOYED, NOW, "an identifier")


def test_an_empty_event_runs_all_queries_now() -> None:
    # When
    run = read({})

    # Then
    assert run.scheduled_time == "2026-01-31T08:05:07Z"
    assert [query.name for query in run.queries] == ["a", "b", "c"]
    assert (run.page, run.identifier, run.position, run.failures) == (1, "an identifier", BEGINNING, ())


def test_the_schedule_chooses_time_and_queries() -> None:
    # When
    run = read({"ScheduledTime": "2026-01-31T08:05:00Z", "Queries": ["c", "a"]})

    # Then
    assert run.scheduled_time == "2026-01-31T08:05:00Z"
    assert [query.name for query in run.queries] == ["a", "c"]


def test_times_of_other_zones_become_utc() -> None:
    assert read({"ScheduledTime": "2026-01-31T09:05:00+01:00"}).scheduled_time == "2026-01-31T08:05:00Z"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([], "not []"),
        ("SELECT 1", "'SELECT 1'"),
        ({"sql": "DROP TABLE users"}, "the input has sql; it may have ScheduledTime and Queries"),
        ({"Queries": "a"}, "not 'a'"),
        ({"Queries": []}, "not []"),
        ({"Queries": ["a", "z"]}, "Queries names ['z']; deployed are a, b, c"),
        ({"Queries": [["a"]]}, "Queries names [['a']]; deployed are a, b, c"),
        ({"ScheduledTime": "soon"}, "ScheduledTime is 'soon'"),
        ({"ScheduledTime": 7}, "ScheduledTime is 7"),
        ({"ScheduledTime": "2026-01-31T08:05:00Z\0"}, "ScheduledTime is "),
        ({"ScheduledTime": "2026-01-31\u066308:05:00Z"}, "ScheduledTime is "),
        ({"ScheduledTime": "2026-01-31T08:05:00"}, "time zone"),
        ({"ScheduledTime": "2026-01-17T08:05:00Z"}, "2026-01-17"),
        ({"ScheduledTime": "2026-01-31T10:05:08Z"}, "T10:05:08"),
    ],
)
def test_an_invalid_event_is_refused(event: object, message: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        read(event)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "event",
    [{"\ud800": 1}, {"ScheduledTime": "\ud800"}, {"Queries": ["\ud800"]}, {"Queries": "\ud800"}, "\ud800"],
)
def test_a_lone_surrogate_is_refused_with_a_printable_message(event: object) -> None:
    with pytest.raises(InvalidEvent) as caught:
        read(event)
    assert "d800" in str(caught.value).encode().decode()


def test_the_next_page_continues_after_the_previous_one() -> None:
    # When
    run = read(PAGE)

    # Then
    assert [query.name for query in run.queries] == ["b", "c"]
    assert (run.page, run.identifier, run.position) == (3, RUN, Position(1700, DIGEST))
    assert run.failures == ({"Query": "a", "Error": "no"},)
    assert run.scheduled_time == "2026-01-31T08:05:00Z"


def test_the_next_page_keeps_its_order_when_a_deployment_changes_it() -> None:
    # Given a page whose first query is begun, and by now deployed behind the other one
    run = read({**PAGE, "NextPage": {**NEXT, "Queries": ["c", "b", "c"]}})

    # Then its position is still that query's
    assert [query.name for query in run.queries] == ["c", "b"]
    assert run.position == Position(1700, DIGEST)


def test_a_query_that_has_not_started_has_no_fingerprint() -> None:
    assert read({**PAGE, "NextPage": {**NEXT, "Published": 0, "Fingerprint": ""}}).position == BEGINNING


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"Page": 1}, "NextPage is Page 1,"),
        ({"Page": "2"}, "NextPage is Page '2'"),
        ({"Page": True}, "NextPage is Page True"),
        ({"Run": "../../etc"}, "NextPage is Run '../../etc'"),
        ({"Run": f"{RUN}x"}, "NextPage is Run"),
        ({"Run": None}, "NextPage is Run None"),
        ({"Published": -1}, "NextPage is Published -1"),
        ({"Published": 10**30}, "NextPage is Published 1000000000000000000000000000000"),
        ({"Published": 1.5}, "NextPage is Published 1.5"),
        ({"Published": 0}, f"NextPage is Published 0 and Fingerprint '{DIGEST}'"),
        ({"Fingerprint": "/"}, "NextPage is Published 1700 and Fingerprint '/'"),
        ({"Queries": None}, "NextPage is Queries None"),
        ({"Queries": []}, "Queries "),
        ({"Queries": ["z"]}, "Queries names ['z']; deployed are a, b, c"),
        ({"sql": "DROP TABLE users"}, "NextPage is "),
    ],
)
def test_an_invalid_next_page_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        read({**PAGE, "NextPage": {**NEXT, **changed}})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"NextPage": []}, "NextPage is "),
        ({"sql": "DROP TABLE users"}, "NextPage is "),
        ({"ScheduledTime": None}, "ScheduledTime is None"),
        ({"Failures": "none"}, "Failures is 'none'"),
        ({"Failures": [7]}, "Failures has 7"),
        ({"Failures": [{"Query": "z", "Error": "no"}]}, "Failures has {'Query': 'z', 'Error': 'no'}"),
        ({"Failures": [{"Query": [], "Error": "no"}]}, "Failures has {'Query': [], 'Error': 'no'}"),
    ],
)
def test_an_invalid_page_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        read({**PAGE, **changed})
    assert str(caught.value).startswith(message)


def test_earlier_failures_are_repeated_within_their_limits() -> None:
    # Given an invented page
    error = "\ud800" + "x" * 5000

    # When
    run = read({**PAGE, "Failures": [{"Query": "a", "Error": error}]})

    # Then
    (failure,) = run.failures
    assert len(json.dumps(failure["Error"], ensure_ascii=False).encode()) <= MAX_ERROR_BYTES
    with pytest.raises(InvalidEvent, match="Failures is"):
        read({**PAGE, "Failures": [{"Query": "a", "Error": "no"}] * 4})
