"""The event with the administrator's password: the valid forms, and that no error repeats a value."""

import traceback

import pytest

from sidestep.lambdas.prepare_database.errors import InvalidEvent
from sidestep.lambdas.prepare_database.event import Administrator, request_from

SECRET = "correct horse battery staple"
BOSS = {"User": "boss", "Password": SECRET}


def test_an_event_is_parsed() -> None:
    # When
    request = request_from({"Administrator": BOSS, "Tables": ["orders"]})

    # Then
    assert request.administrator == Administrator("boss", SECRET.encode())
    assert request.tables == ("orders",)
    assert SECRET not in repr(request)


def test_tables_can_be_left_out() -> None:
    assert request_from({"Administrator": BOSS}).tables == ()


@pytest.mark.parametrize(
    "event",
    [
        SECRET,
        [SECRET],
        {},
        {"Administrator": SECRET},
        {"Administrator": {"User": "boss"}},
        {"Administrator": {"User": "boss", "Password": ""}},
        {"Administrator": {"User": "boss", "Password": [SECRET]}},
        {"Administrator": {"User": "boss", "Password": SECRET + "\ud800"}},
        {"Administrator": {**BOSS, SECRET: 1}},
        {"Administrator": BOSS, SECRET: 1},
        {"Administrator": BOSS, "Sql": f"DROP TABLE {SECRET}"},
        {"Administrator": BOSS, "Tables": SECRET},
        {"Administrator": BOSS, "Tables": [1, SECRET]},
    ],
)
def test_anything_else_is_refused_without_its_values(event: object) -> None:
    # When
    with pytest.raises(InvalidEvent) as caught:
        request_from(event)

    # Then not even a hidden cause has one
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert "ud800" not in "".join(traceback.format_exception(caught.value))
