"""A change that breaks a query and raises a threshold."""

import json

import pytest

from tests.acceptance import metrics_files
from tests.acceptance.clouds.cloud import Feature
from tests.acceptance.metrics_files import ORDERS
from tests.acceptance.project import Project, output
from tests.acceptance.stack import minutes_ago


@pytest.mark.essential
def test_a_change_is_deployed(project: Project) -> None:
    # Given
    machine = project.stack.state_machine
    project.write(metrics_files.CHANGED)
    assert project.synthesize().returncode == 0

    # When
    done = project.deploy()

    # Then the state machine is still the same
    assert done.returncode == 0, output(done)
    assert project.stack.state_machine == machine


def test_no_difference_is_left_after_a_deployment(project: Project) -> None:
    # When
    done = project.cdk("diff", "--fail", "--app", str(project.assembly))

    # Then
    assert done.returncode == 0, output(done)


def test_a_broken_query_fails_the_run_and_hides_no_other(project: Project) -> None:
    # Given
    moment = minutes_ago(130)

    # When
    done = project.sidestep("run", "shop", "--at", moment.isoformat())

    # Then
    assert done.returncode == 1, output(done)
    assert "QueriesFailed" in done.stdout
    execution = project.stack.execution_at(moment)
    assert execution["error"] == "QueriesFailed"
    (failure,) = json.loads(execution["cause"])
    assert failure["Query"] == "prices"
    assert "1054" in failure["Error"]
    assert "tier" in failure["Error"]

    # And the other values are published
    assert project.stack.value(moment, "Orders") == ORDERS
    assert project.stack.value(moment, "FailedQueries", {"Query": "prices"}) == 1


@pytest.mark.needs(Feature.EVALUATED_ALARMS)
def test_a_value_below_its_new_threshold_resets_its_alarm(project: Project) -> None:
    # When
    done = project.sidestep("run", "shop", "--query", "orders")

    # Then
    assert done.returncode == 0, output(done)
    project.stack.wait_for(lambda: project.stack.alarm_state("orders/above/Orders") == "OK", "the alarm in OK")
