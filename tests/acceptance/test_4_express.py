"""The other type of workflow."""

import pytest

from tests.acceptance import metrics_files
from tests.acceptance.metrics_files import ORDERS, PRICES
from tests.acceptance.project import Project, output
from tests.acceptance.stack import minutes_ago


@pytest.mark.essential
def test_the_workflow_becomes_an_express_workflow(project: Project) -> None:
    # Given
    project.write(metrics_files.EXPRESS)
    assert project.synthesize().returncode == 0

    # When
    done = project.deploy()

    # Then
    assert done.returncode == 0, output(done)
    client = project.cloud.client("stepfunctions")
    assert client.describe_state_machine(stateMachineArn=project.stack.state_machine)["type"] == "EXPRESS"


def test_an_express_run_publishes_every_series(project: Project) -> None:
    # Given
    moment = minutes_ago(120)

    # When
    done = project.sidestep("run", "shop", "--at", moment.isoformat())

    # Then
    assert done.returncode == 0, output(done)
    assert "SUCCEEDED" in done.stdout
    assert project.stack.value(moment, "Orders") == ORDERS
    assert {plan: project.stack.value(moment, "Price", {"Plan": plan}) for plan in PRICES} == PRICES


def test_watch_shows_express_runs(project: Project) -> None:
    # When
    done = project.sidestep("watch", "shop", "--once")

    # Then
    assert done.returncode == 0, output(done)
    assert "SUCCEEDED" in done.stdout
