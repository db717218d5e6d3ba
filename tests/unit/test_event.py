"""What the function takes for an event, and what it refuses."""

from datetime import UTC, datetime

import pytest

from query_database.errors import InvalidEvent
from query_database.event import run_from
from query_database.queries import Metric, Query

NOW = datetime(2026, 1, 31, 8, 5, 7, 123456, tzinfo=UTC)
DEPLOYED = {
    name: Query(name, "SELECT 1", (), 10, 100, "skip", "skip", {"A": Metric("Count", 60)}) for name in ("a", "b", "c")
}


def test_an_empty_event_asks_everything_now() -> None:
    # When
    run = run_from({}, DEPLOYED, NOW)

    # Then
    assert run.scheduled_time == "2026-01-31T08:05:07Z"
    assert [query.name for query in run.queries] == ["a", "b", "c"]


def test_the_schedule_chooses_time_and_queries() -> None:
    # When
    run = run_from({"ScheduledTime": "2026-01-31T08:05:00Z", "Queries": ["c", "a"]}, DEPLOYED, NOW)

    # Then
    assert run.scheduled_time == "2026-01-31T08:05:00Z"
    assert [query.name for query in run.queries] == ["a", "c"]


def test_times_of_other_zones_become_utc() -> None:
    assert (
        run_from({"ScheduledTime": "2026-01-31T09:05:00+01:00"}, DEPLOYED, NOW).scheduled_time
        == "2026-01-31T08:05:00Z"
    )


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([], "the input must be an object that may have ScheduledTime and Queries, not []"),
        ("SELECT 1", "the input must be an object"),
        ({"sql": "DROP TABLE users"}, "the input has sql; it may have ScheduledTime and Queries, nothing else"),
        ({"Queries": "a"}, "Queries must be a list of names, not 'a'; leave it out to ask all queries"),
        ({"Queries": []}, "Queries must be a list of names, not []"),
        ({"Queries": ["a", "z"]}, "Queries names ['z']; deployed are a, b, c"),
        ({"Queries": [["a"]]}, "Queries names [['a']]; deployed are a, b, c"),
        ({"ScheduledTime": "soon"}, "ScheduledTime is 'soon'; write for example 2026-01-31T08:05:00Z"),
        ({"ScheduledTime": 7}, "ScheduledTime is 7; write for example"),
        ({"ScheduledTime": "2026-01-31T08:05:00"}, "has no time zone; append Z for UTC"),
        ({"ScheduledTime": "2026-01-17T08:05:00Z"}, "CloudWatch takes nothing older than two weeks"),
        ({"ScheduledTime": "2026-01-31T10:05:08Z"}, "or more than two hours ahead; leave it out to measure now"),
    ],
)
def test_anything_else_is_refused(event: object, message: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        run_from(event, DEPLOYED, NOW)
    assert message in str(caught.value)
