"""What `sidestep run` starts a run with."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidestep.metrics_file import load_settings
from sidestep.mistakes import SettingsError
from sidestep.run.event import event_for
from tests.unit.metrics_files import HEAD, query, write

NOW = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
FILE = HEAD + "".join(query(name, f"metrics.{name.title()} = {{}}") for name in ("orders", "users", "carts"))


def event(folder: Path, *queries: str, at: str | None = None) -> object:
    settings = load_settings(write(folder, FILE))
    return event_for(settings, "shop", queries=queries, at=at, now=NOW, file="metrics.toml")


def test_without_a_word_it_is_everything_now(tmp_path: Path) -> None:
    assert event(tmp_path) == {}


def test_queries_are_in_the_order_of_the_file_and_once(tmp_path: Path) -> None:
    assert event(tmp_path, "carts", "orders", "carts") == {"Queries": ["orders", "carts"]}


def test_a_time_is_passed_on(tmp_path: Path) -> None:
    assert event(tmp_path, at="2026-01-31T09:00:00+01:00") == {"ScheduledTime": "2026-01-31T09:00:00+01:00"}


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "--at: ScheduledTime is ''; write for example"),
        ("\x1b[2J", r"--at: ScheduledTime is '\x1b[2J'; write for example"),
        (
            "2026-01-31T08:05:00",
            "--at: ScheduledTime is 2026-01-31T08:05:00, which has no time zone; append Z for UTC",
        ),
        (
            "2026-01-01T08:05:00Z",
            "--at: ScheduledTime is 2026-01-01T08:05:00+00:00, but CloudWatch takes nothing older",
        ),
        (
            "2026-01-31T10:06:00Z",
            "--at: ScheduledTime is 2026-01-31T10:06:00+00:00, but CloudWatch takes nothing older",
        ),
    ],
)
def test_a_time_that_cloudwatch_does_not_take_is_refused(tmp_path: Path, at: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        event(tmp_path, at=at)
    assert str(caught.value).startswith(words)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        event(tmp_path, "order", "", "carts", at="noon")
    assert caught.value.mistakes == [
        'metrics.toml: database.shop has no query "order" (did you mean "orders"?); it has orders, users, carts',
        'metrics.toml: database.shop has no query ""; it has orders, users, carts',
        "--at: ScheduledTime is 'noon'; write for example 2026-01-31T08:05:00Z",
    ]
