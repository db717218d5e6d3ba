"""Runs of the deployed stack: started by hand and by the schedule, with their metrics and alarms."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.acceptance import metrics_files
from tests.acceptance.clouds.cloud import Feature
from tests.acceptance.metrics_files import ORDERS, PRICES, WIDE_PAGES, WIDE_SERIES
from tests.acceptance.project import Project, output
from tests.acceptance.stack import minutes_ago


def test_the_queries_are_checked(project: Project) -> None:
    # When
    done = project.sidestep("check", "--local")

    # Then
    assert done.returncode == 0, output(done)


def test_a_run_publishes_every_series(project: Project) -> None:
    # Given a time at which the schedule does not start anything
    moment = minutes_ago(150)

    # When
    done = project.sidestep("run", "shop", "--at", moment.isoformat())

    # Then
    assert done.returncode == 0, output(done)
    assert "SUCCEEDED" in done.stdout
    assert project.stack.value(moment, "Orders") == ORDERS
    assert {plan: project.stack.value(moment, "Price", {"Plan": plan}) for plan in PRICES} == PRICES
    assert project.stack.value(moment, "Sessions") >= 0


def test_a_result_is_published_in_several_pages(project: Project) -> None:
    # Given
    moment = minutes_ago(140)

    # When
    done = project.sidestep("run", "shop", "--query", "wide", "--at", moment.isoformat())

    # Then
    assert done.returncode == 0, output(done)
    execution = project.stack.execution_at(moment)
    assert project.stack.states_of(execution).count("PublishMetrics") == WIDE_PAGES
    values = [
        project.stack.value(moment, "Wide", metrics_files.wide_dimensions(number))
        for number in range(1, WIDE_SERIES + 1)
    ]
    assert values == list(range(1, WIDE_SERIES + 1))


@pytest.mark.needs(Feature.EVALUATED_ALARMS)
def test_a_value_above_its_threshold_sets_its_alarm(project: Project) -> None:
    # When
    done = project.sidestep("run", "shop", "--query", "orders")

    # Then
    assert done.returncode == 0, output(done)
    project.stack.wait_for(lambda: project.stack.alarm_state("orders/above/Orders") == "ALARM", "the alarm in ALARM")


@pytest.mark.needs(Feature.EVALUATED_ALARMS)
@pytest.mark.needs(Feature.METRIC_MATH_ALARMS)
def test_the_alarm_on_missing_metrics_is_ok_while_runs_succeed(project: Project) -> None:
    project.stack.wait_for(lambda: project.stack.alarm_state("missing") == "OK", "the alarm in OK")


def test_the_schedule_starts_executions(project: Project) -> None:
    project.stack.wait_for(lambda: list(started_by_the_schedule(project)), "an execution of the schedule")


@pytest.mark.needs(Feature.SCHEDULED_TIME)
def test_a_scheduled_run_publishes_values_for_its_scheduled_time(project: Project) -> None:
    # When
    moment = project.stack.wait_for(
        lambda: next((moment for moment, status in started_by_the_schedule(project) if status == "SUCCEEDED"), None),
        "a run of the schedule that succeeds",
    )

    # Then
    assert project.stack.value(datetime.fromisoformat(moment), "Orders") == ORDERS


def started_by_the_schedule(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the scheduled time and the status of each execution of the schedule, which names all of its queries."""
    for event, execution in project.stack.executions():
        if event.get("Queries") == ["sessions", "orders", "prices"]:
            yield event["ScheduledTime"], execution["status"]


def test_watch_shows_executions_and_metrics(project: Project) -> None:
    # When
    def look() -> str | None:
        done = project.sidestep("watch", "shop", "--once")
        assert done.returncode == 0, output(done)
        return done.stdout if "Price" in done.stdout else None  # CloudWatch lists a new metric after minutes

    shown = project.stack.wait_for(look, "a metric in `sidestep watch`")

    # Then
    assert "SUCCEEDED" in shown
