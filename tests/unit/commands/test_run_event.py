"""The input of an execution that `sidestep run` starts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidestep.commands.run.event import event_for, event_of_a_stack
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from sidestep.terminal.executions import time_text
from tests.unit.metrics_files import HEAD, query, write

OFTEN = 'schedule = "rate(5 minutes)"'
NOW = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
FILE = HEAD + "".join(query(name, f"metrics.{name.title()} = {{}}") for name in ("orders", "users", "carts"))


def event(folder: Path, *queries: str, at: str | None = None, schedule: str = OFTEN, file: str = FILE) -> object:
    settings = load_settings(write(folder, file.replace(OFTEN, schedule)))
    return event_for(settings, "shop", queries=queries, at=at, now=NOW, file="metrics.toml")


def test_without_options_all_queries_run_now(tmp_path: Path) -> None:
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
def test_a_date_means_its_first_run(tmp_path: Path, schedule: str, at: str, scheduled: str) -> None:
    assert event(tmp_path, at=at, schedule=schedule) == {"ScheduledTime": scheduled}


def test_a_date_takes_one_schedule(tmp_path: Path) -> None:
    # Given a query with a schedule of its own
    own = 'schedule = "cron(0 6 * * ? *)"'
    file = HEAD + query("orders", "metrics.Orders = {}") + query("users", own, "metrics.Users = {}")

    # When / Then
    with pytest.raises(ConfigError, match="--query"):
        event(tmp_path, at="2026-01-30", file=file)
    assert event(tmp_path, "users", at="2026-01-30", file=file) == {
        "ScheduledTime": "2026-01-30T06:00:00Z",
        "Queries": ["users"],
    }


@pytest.mark.parametrize(
    ("at", "facts"),
    [
        ("", ["''", "2026-01-31T08:05:00Z"]),
        ("\x1b[2J", [r"'\x1b[2J'", "2026-01-31T08:05:00Z"]),
        ("31 Jan 08:05", ["'31 Jan 08:05'", "2026-01-31T08:05:00Z"]),
        ("tomorrow noon", ["'tomorrow noon'", "2026-01-31T08:05:00Z"]),
        ("2026-01-31T08:05:00", ["'2026-01-31T08:05:00'", "no time zone"]),
        ("2026-01-31T08:05Z UTC", ["'2026-01-31T08:05Z UTC'", "two time zones"]),
        ("2026-01-31 08:05 Europe/Berln", ["'2026-01-31 08:05 Europe/Berln'", "'Europe/Berln'"]),
        ("2026-01-01T08:05:00Z", ["2026-01-01T08:05:00Z", "CloudWatch"]),
        ("2026-01-31T10:06:00Z", ["2026-01-31T10:06:00Z", "CloudWatch"]),
        ("2026-01-01", ["2026-01-01", "2026-01-01T00:00:00Z", "CloudWatch"]),
    ],
)
def test_a_time_that_cloudwatch_rejects_is_an_error(tmp_path: Path, at: str, facts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        event(tmp_path, at=at)
    assert str(caught.value).startswith("--at ")
    assert [fact for fact in facts if fact not in str(caught.value)] == []


def test_a_day_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--at .*2026-01-31"):
        event(tmp_path, at="2026-01-31", schedule='schedule = "cron(0 8 ? * MON-FRI *)"')


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        event(tmp_path, "order", "", "carts", at="noon")
    order, empty, at = caught.value.errors
    assert all(message.startswith("metrics.toml: database.shop ") for message in (order, empty))
    assert all(message.endswith("orders, users, carts") for message in (order, empty))
    assert '"order" (did you mean "orders"?)' in order
    assert '""' in empty
    assert "--at is 'noon'" in at


def test_in_the_stack_of_another_app_queries_are_passed_on_as_they_are() -> None:
    assert event_of_a_stack(queries=(), at=None, now=NOW) == {}
    given = event_of_a_stack(queries=["orders", "any"], at="2026-01-31 09:00 Europe/Berlin", now=NOW)
    assert given == {"Queries": ["orders", "any"], "ScheduledTime": "2026-01-31T08:00:00Z"}


@pytest.mark.parametrize("at", ["2026-01-31", "noon", "2025-01-31T08:00:00Z"])
def test_in_the_stack_of_another_app_the_time_has_to_be_complete(at: str) -> None:
    with pytest.raises(ConfigError, match=f"--at.*{at}"):
        event_of_a_stack(queries=(), at=at, now=NOW)
