"""How far back alarms look."""

import pytest

from sidestep.config.alarm_windows import METRIC_DELAY, Window, window_for_missing_runs, window_for_runs
from sidestep.config.limits import Timing, WorkflowType
from sidestep.config.schedule import Schedule


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
        ("cron(0 8 ? * MON *)", None),
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
