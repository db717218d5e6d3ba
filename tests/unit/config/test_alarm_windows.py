"""How far back alarms look."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import botocore.session
import pytest
from botocore.model import StructureShape

from sidestep.config.alarm_windows import (
    METRIC_DELAY,
    WALL_CLOCK_PERIODS,
    Window,
    window_for_alarm,
    window_for_missing_runs,
    window_for_runs,
)
from sidestep.config.limits import Timing, WorkflowType
from sidestep.config.schedule import Schedule

pytestmark = pytest.mark.slow  # each window is sought in two years of runs


def timing(expression: str, workflow: WorkflowType = "standard", jitter: int = 0) -> Timing:
    return Timing(Schedule(expression), workflow, jitter)


@pytest.mark.parametrize(
    ("expression", "window"),
    [
        ("rate(1 minute)", Window(300, 2)),
        ("rate(5 minutes)", Window(300, 4)),
        ("rate(1 hour)", Window(300, 26)),
        ("rate(1 day)", Window(3600, 26)),
        ("cron(0 8 ? * MON-FRI *)", Window(3600, 74)),
        ("cron(*/5 8-18 ? * MON-FRI *)", Window(3600, 62)),
        ("rate(6 days)", Window(3600, 146)),
        ("rate(7 days)", None),
        ("cron(0 8 1 * ? *)", None),
        ("cron(* * 1-2 * ? *)", None),
    ],
)
def test_the_window_is_the_longest_pause_and_the_possible_delay(expression: str, window: Window | None) -> None:
    assert window_for_missing_runs([timing(expression)]) == window


@pytest.mark.parametrize("workflow", ["standard", "express"])
@pytest.mark.parametrize(
    ("expression", "jitter"),
    [
        ("rate(1 minute)", 0),
        ("rate(2 minutes)", 0),
        ("rate(5 minutes)", 0),
        ("rate(9 hours)", 0),
        ("rate(5 minutes)", 180),
        ("rate(9 hours)", 3600),
    ],
)
def test_a_late_run_does_not_fire_the_alarm(expression: str, jitter: int, workflow: WorkflowType) -> None:
    # Given a fast and punctual run, and a next one with the maximum delay and duration
    schedule = timing(expression, workflow, jitter)
    latest = schedule.interval + jitter + schedule.delivery_limit + schedule.run_limit

    # When
    window = window_for_missing_runs([schedule])

    # Then the alarm still sees the first when the second is reported
    assert window is not None
    assert window.seconds >= latest + METRIC_DELAY


@pytest.mark.parametrize("minutes", range(1, 60 * 24 * 7, 97))
def test_no_window_is_longer_than_cloudwatch_looks_back(minutes: int) -> None:
    window = window_for_missing_runs([timing(f"rate({minutes} minutes)")])
    assert window is None or window.seconds <= (86_400 if window.period < 3600 else 604_800)


def test_of_several_schedules_the_one_with_the_shortest_pause_decides() -> None:
    often, seldom = timing("rate(5 minutes)"), timing("cron(0 8 1 * ? *)")
    assert window_for_missing_runs([seldom, often]) == window_for_missing_runs([often])


@pytest.mark.parametrize(
    ("expression", "runs", "dimensions", "furthest"),
    [
        ("rate(5 minutes)", 288, False, 86_400),
        ("rate(1 hour)", 168, False, 604_800),
        ("rate(5 minutes)", 36, True, 10_800),
        ("rate(1 day)", 7, True, 10_800),
    ],
)
def test_how_far_cloudwatch_looks_back(expression: str, runs: int, dimensions: bool, furthest: int) -> None:
    assert window_for_runs(timing(expression), runs).limit(dimensions=dimensions) == furthest


@pytest.mark.parametrize(
    ("expression", "timezone", "window"),
    [
        ("rate(1 minute)", "UTC", Window(60, 2, "UTC")),
        ("rate(24 hours)", "Europe/Berlin", Window(86_400, 2, "UTC")),
        ("cron(0 8 * * ? *)", "Europe/Berlin", Window(86_400, 2, "Europe/Berlin")),
        ("cron(30 2 ? * SUN *)", "America/New_York", Window(604_800, 2, "America/New_York")),
        ("cron(0 * * * ? *)", "Asia/Kolkata", Window(3600, 2, "Asia/Kolkata")),
        ("cron(0 8 ? * MON-FRI *)", "UTC", None),
        ("cron(0 8 1 * ? *)", "UTC", None),
        ("rate(10 minutes)", "UTC", None),
        ("rate(2 days)", "UTC", None),
    ],
)
def test_a_wall_clock_window_has_one_run_in_each_period(
    expression: str, timezone: str, window: Window | None
) -> None:
    assert window_for_alarm(Timing(Schedule(expression, timezone), "standard"), 2, "wall-clock") == window


@pytest.mark.parametrize("expression", ["cron(0 8 * * ? *)", "cron(30 23 * * ? *)", "cron(0 3 ? * SUN *)"])
@pytest.mark.parametrize("timezone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_each_day_or_week_of_the_time_zone_has_one_run_of_two_years(expression: str, timezone: str) -> None:
    # Given
    schedule = Schedule(expression, timezone)
    window = window_for_alarm(Timing(schedule, "standard"), 1, "wall-clock")
    assert window
    assert window.timezone
    zone, period = ZoneInfo(window.timezone), timedelta(seconds=window.period)

    # When
    count = timedelta(days=730) // period
    days = [run.astimezone(zone).date() for run in islice(schedule.occurrences(datetime.now(UTC)), count)]

    # Then
    periods = [(day - date(2001, 1, 1)) // period for day in days]  # a Monday
    assert periods == list(range(periods[0], periods[0] + count))


@pytest.mark.parametrize(
    ("expression", "timezone", "window"),
    [
        ("cron(0 8 ? * MON *)", "Europe/Berlin", Window(86_400, 7, "Europe/Berlin")),
        ("cron(0,30 8 ? * SUN *)", "UTC", Window(86_400, 7, "UTC")),
        ("cron(50 22 ? * MON *)", "UTC", Window(86_400, 7, "UTC")),
        ("cron(0 23 ? * MON *)", "UTC", None),
        ("cron(0 8 1,15 * ? *)", "UTC", None),
        ("rate(7 days)", "UTC", None),
    ],
)
def test_a_weekly_run_is_due_on_one_of_seven_days(expression: str, timezone: str, window: Window | None) -> None:
    assert window_for_missing_runs([Timing(Schedule(expression, timezone), "standard")]) == window


def test_wall_clock_periods_and_time_zones_are_those_of_the_service_model() -> None:
    # Given
    model = botocore.session.get_session().get_service_model("cloudwatch")
    window = model.shape_for("WallClockWindow")
    assert isinstance(window, StructureShape)

    # Then
    for period in WALL_CLOCK_PERIODS:
        assert f"({period:,} seconds)" in window.documentation
    longest = window.members["Timezone"].metadata["max"]
    assert max(len(zone) for zone in available_timezones()) <= longest
