"""What `sidestep run` starts a run with."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidestep.commands.run.event import event_for
from sidestep.config.errors import SettingsError
from sidestep.config.loader import load_settings
from sidestep.terminal.executions import time_text
from tests.unit.metrics_files import HEAD, query, write

OFTEN = 'schedule = "rate(5 minutes)"'
NOW = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
FILE = HEAD + "".join(query(name, f"metrics.{name.title()} = {{}}") for name in ("orders", "users", "carts"))


def event(folder: Path, *queries: str, at: str | None = None, schedule: str = OFTEN, file: str = FILE) -> object:
    settings = load_settings(write(folder, file.replace(OFTEN, schedule)))
    return event_for(settings, "shop", queries=queries, at=at, now=NOW, file="metrics.toml")


def test_without_a_word_it_is_everything_now(tmp_path: Path) -> None:
    assert event(tmp_path) == {}


def test_queries_are_in_the_order_of_the_file_and_once(tmp_path: Path) -> None:
    assert event(tmp_path, "carts", "orders", "carts") == {"Queries": ["orders", "carts"]}


@pytest.mark.parametrize(
    ("at", "scheduled"),
    [
        ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z"),
        (time_text(NOW), "2026-01-31T08:05:00Z"),
        ("2026-01-31T09:00:00+01:00", "2026-01-31T08:00:00Z"),
        ("2026-01-31 09:00+01:00", "2026-01-31T08:00:00Z"),
        ("2026-01-31 09:00 Europe/Berlin", "2026-01-31T08:00:00Z"),
        ("2026-01-31T08:00 UTC", "2026-01-31T08:00:00Z"),
        ("2026-01-31T08:00:00.9Z", "2026-01-31T08:00:00Z"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
    ],
)
def test_a_time_is_passed_on_in_utc(tmp_path: Path, at: str, scheduled: str) -> None:
    assert event(tmp_path, at=at) == {"ScheduledTime": scheduled}


@pytest.mark.parametrize(
    ("schedule", "at", "scheduled"),
    [
        ('schedule = "cron(0 8 ? * MON-FRI *)"\ntimezone = "Europe/Berlin"', "2026-01-30", "2026-01-30T07:00:00Z"),
        ('schedule = "cron(0 0 * * ? *)"\ntimezone = "Europe/Berlin"', "2026-01-30", "2026-01-29T23:00:00Z"),
        ('schedule = "cron(30 0/6 * * ? *)"', "2026-01-30", "2026-01-30T00:30:00Z"),
        ('schedule = "rate(7 days)"', "2026-01-30", "2026-01-30T00:00:00Z"),
    ],
)
def test_a_date_is_its_first_run(tmp_path: Path, schedule: str, at: str, scheduled: str) -> None:
    assert event(tmp_path, at=at, schedule=schedule) == {"ScheduledTime": scheduled}


def test_a_date_takes_one_schedule(tmp_path: Path) -> None:
    # Given a query with a schedule of its own
    own = 'schedule = "cron(0 6 * * ? *)"'
    file = HEAD + query("orders", "metrics.Orders = {}") + query("users", own, "metrics.Users = {}")

    # When / Then
    with pytest.raises(SettingsError, match="--query"):
        event(tmp_path, at="2026-01-30", file=file)
    assert event(tmp_path, "users", at="2026-01-30", file=file) == {
        "ScheduledTime": "2026-01-30T06:00:00Z",
        "Queries": ["users"],
    }


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "--at is ''; write 2026-"),
        ("\x1b[2J", r"--at is '\x1b[2J'; write 2026-"),
        ("31 Jan 08:05", "--at is '31 Jan 08:05'; write 2026-"),
        ("tomorrow noon", "--at is 'tomorrow noon'; write 2026-"),
        ("2026-01-31T08:05:00", "--at is '2026-01-31T08:05:00', which has no time zone; write"),
        ("2026-01-31T08:05Z UTC", "--at is '2026-01-31T08:05Z UTC', which has two time zones; write"),
        ("2026-01-31 08:05 Europe/Berln", "--at is '2026-01-31 08:05 Europe/Berln': 'Europe/Berln' is not an IANA"),
        ("2026-01-01T08:05:00Z", "--at is 2026-01-01T08:05:00Z; CloudWatch "),
        ("2026-01-31T10:06:00Z", "--at is 2026-01-31T10:06:00Z; CloudWatch "),
        ("2026-01-01", "--at is 2026-01-01, which is 2026-01-01T00:00:00Z; CloudWatch "),
    ],
)
def test_a_time_that_cloudwatch_does_not_take_is_refused(tmp_path: Path, at: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        event(tmp_path, at=at)
    assert str(caught.value).startswith(words)


def test_a_day_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--at is 2026-01-31, when nothing is scheduled"):
        event(tmp_path, at="2026-01-31", schedule='schedule = "cron(0 8 ? * MON-FRI *)"')


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        event(tmp_path, "order", "", "carts", at="noon")
    assert caught.value.mistakes == [
        'metrics.toml: database.shop has no query "order" (did you mean "orders"?); it has orders, users, carts',
        'metrics.toml: database.shop has no query ""; it has orders, users, carts',
        "--at is 'noon'; write 2026-01-31, 2026-01-31T08:05:00Z or \"2026-01-31 08:05 Europe/Berlin\"",
    ]
