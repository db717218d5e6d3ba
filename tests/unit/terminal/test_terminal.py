"""What the terminal shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console, RenderableType

from sidestep import paths
from sidestep.aws.alarms import Alarm
from sidestep.aws.executions import Execution, Step, scheduled_in
from sidestep.aws.metrics import Series
from sidestep.terminal.executions import ExecutionRow, executions_table, reason, steps_text
from sidestep.terminal.metrics import alarms_text, metrics_table, plot
from sidestep.terminal.workflow import draw_workflow, tasks_of

START = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)


def shown(renderable: RenderableType) -> list[str]:
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]


def execution(
    *steps: Step, status: str = "SUCCEEDED", error: str | None = None, cause: str | None = None
) -> Execution:
    return Execution("arn", status, START, START + timedelta(seconds=0.25), error, cause, steps)


def step(state: str, milliseconds: int | None, failed_attempts: int = 0) -> Step:
    exited = None if milliseconds is None else START + timedelta(milliseconds=milliseconds)
    return Step(state, START, exited, failed_attempts)


def test_the_workflow_is_drawn_with_the_state_of_each_step() -> None:
    # Given a run in which a query failed, after a retry
    run = execution(
        step("QueryDatabase", 30, failed_attempts=1),
        step("PublishMetrics", 8),
        step("MorePages?", 1),
        step("QueriesFailed", None),
        status="FAILED",
    )

    # When / Then
    assert shown(draw_workflow(paths.WORKFLOW_FILE.read_text(), run)) == [
        "● QueryDatabase  30 ms  1 failed",
        "│",
        "● PublishMetrics  8 ms",
        "│",
        "● MorePages?  1 ms",
        "├─ yes → QueryDatabase",
        "├─ a query failed → ● QueriesFailed",
        "└─ no → ○ Published",
    ]


def test_a_running_state_is_marked() -> None:
    run = execution(step("QueryDatabase", None), status="RUNNING")
    assert shown(draw_workflow(paths.WORKFLOW_FILE.read_text(), run))[0] == "◉ QueryDatabase"


def test_a_plot_reaches_from_zero_to_its_largest_value() -> None:
    assert shown(plot([0, 4, 8, None, 16], height=2, width=2)) == ["        █", "  ▄ █ · █"]


def test_a_plot_of_nothing_but_zeros_is_flat() -> None:
    assert shown(plot([0, 0], height=1, width=2)) == [""]


def test_metrics_are_listed_with_their_scale_and_latest_value() -> None:
    # Given
    later = START + timedelta(minutes=5)
    published = {
        Series("ActiveSessions"): {START: 1.0, later: 2.0},
        Series("SessionsByPlan", (("Plan", "free"),)): {START: 1.0},
        Series("SessionsByPlan", (("Plan", "team"),)): {later: 3.0},
        Series("Trend"): {START: 2.5, later: -3.0},
    }

    # When
    lines = shown(metrics_table(published, [START, later], width=100))

    # Then
    assert [line.split() for line in lines if "to" in line.split()] == [
        ["ActiveSessions", "█", "█", "0", "to", "2", "2"],
        ["SessionsByPlan", "free", "█", "·", "0", "to", "1", "none"],
        ["team", "·", "█", "0", "to", "3", "3"],
        ["Trend", "█", "0", "to", "2.5", "-3"],
    ]


def test_on_a_narrow_terminal_the_latest_points_are_shown() -> None:
    # Given
    moments = [START + number * timedelta(minutes=5) for number in range(50)]
    published = {Series("Plan", (("Plan", "free"),)): dict.fromkeys(moments[:-1], 1.0) | {moments[-1]: 8.0}}

    # When
    _, line = shown(metrics_table(published, moments, width=40))

    # Then nothing is cut off
    assert line.endswith("8")
    assert line.split()[-5] == "█"
    assert line.count("▁") == 2
    assert len(line) <= 40


def test_names_are_shown_as_they_are() -> None:
    # Given names and a cause that a terminal or rich would obey
    published = {Series("[/red]", (("Plan", "[bold]"),)): {START: 1.0}}
    failed = execution(status="FAILED", error="Broken", cause="\x1b[2J[/red]")

    # When
    lines = shown(metrics_table(published, [START], width=100))
    (line,) = shown(executions_table([ExecutionRow("now", failed, "")], wrap=False))

    # Then
    assert lines[-1].split()[:2] == ["[/red]", "[bold]"]
    assert line.endswith(r"Broken: \x1b[2J[/red]")


def test_an_execution_is_a_line() -> None:
    (line,) = shown(executions_table([ExecutionRow("08:05", execution(), "4 values")], wrap=False))
    assert line.split() == ["08:05", "SUCCEEDED", "0.25", "s", "4", "values"]


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        ("QueriesFailed", '[{"Query":"a","Error":"x"},{"Query":"b","Error":"y"}]', "a: x; b: y"),
        ("DatabaseUnavailable", '{"errorMessage": "cannot connect"}', "DatabaseUnavailable: cannot connect"),
        ("States.Timeout", None, "States.Timeout: no cause given"),
        ("States.Runtime", "broken {", "States.Runtime: broken {"),
        ("States.Runtime", "[]", "States.Runtime: []"),
        ("States.Runtime", '"text"', 'States.Runtime: "text"'),
        ("Theirs", '{"theirs": 1}', 'Theirs: {"theirs": 1}'),
        ("QueriesFailed", '{"theirs": 1}', 'QueriesFailed: {"theirs": 1}'),
    ],
)
def test_a_failed_execution_has_its_reason(error: str, cause: str | None, words: str) -> None:
    assert reason(execution(status="FAILED", error=error, cause=cause)) == words


def test_a_run_is_summarized_by_its_tasks() -> None:
    # Given a run of two pages, one of which took a second attempt, and which is publishing the second
    run = execution(
        step("QueryDatabase", 900, failed_attempts=1),
        step("PublishMetrics", 8),
        step("MorePages?", 1),
        step("QueryDatabase", 300),
        step("PublishMetrics", None),
    )
    tasks = tasks_of(paths.WORKFLOW_FILE.read_text())

    # When / Then
    assert tasks == ("QueryDatabase", "PublishMetrics")
    assert steps_text(run, tasks) == "QueryDatabase 2 times 1.2 s (1 failed), PublishMetrics 2 times 8 ms"
    assert steps_text(execution(step("QueryDatabase", None)), tasks) == "QueryDatabase"
    assert steps_text(execution(), tasks) == ""


def test_a_brief_table_keeps_the_whole_time() -> None:
    # Given 37 characters, which are left beside the workflow on a terminal of 80
    console = Console(width=37, color_system=None)
    failed = execution(status="TIMED_OUT", error="States.Timeout")

    # When
    with console.capture() as capture:
        console.print(executions_table([ExecutionRow("2026-01-31T08:05:00Z", failed, "")], wrap=False, brief=True))

    # Then
    assert capture.get().split() == ["2026-01-31T08:05:00Z", "TIMED_OUT"]


@pytest.mark.parametrize(
    ("given", "scheduled"),
    [
        ('{"ScheduledTime": "2026-01-31T08:05:00Z"}', START),
        ('{"ScheduledTime": "2026-01-31T09:05:00+01:00", "Queries": ["a"]}', START),
        ('{"ScheduledTime": "2026-01-31T08:05:00"}', None),
        ('{"ScheduledTime": 5}', None),
        ("{}", None),
        ("[]", None),
        ("no JSON", None),
        (None, None),
    ],
)
def test_the_scheduled_time_is_read_from_the_input(given: str | None, scheduled: datetime | None) -> None:
    assert scheduled_in(given) == scheduled


def test_a_run_without_a_scheduled_time_measures_when_it_starts() -> None:
    assert execution().moment == START
    assert replace(execution(), scheduled=START - timedelta(days=1)).moment == START - timedelta(days=1)


def test_alarms_that_are_ok_are_counted() -> None:
    # Given
    since = "2026-01-31T08:05:00Z"
    fine = [Alarm(name, "OK", START) for name in ("a", "b")]
    ringing, new = Alarm("orders/above/Orders", "ALARM", START), Alarm("missing", "INSUFFICIENT_DATA", START)

    # When / Then
    assert shown(alarms_text([])) == ["there are none"]
    assert shown(alarms_text(fine[:1])) == ["● a OK"]
    assert shown(alarms_text(fine)) == ["● all 2 are OK"]
    assert shown(alarms_text([new, *fine, ringing])) == [
        f"● missing no data yet since {since}",
        f"● orders/above/Orders ALARM since {since}",
        "● the other 2 are OK",
    ]
