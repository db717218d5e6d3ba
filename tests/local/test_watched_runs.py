"""The latest executions of a workflow, and the requests that read them."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sidestep.aws.state_machine import DeployedWorkflow
from sidestep.commands.watch import latest_executions
from sidestep.commands.watch.latest_executions import ListedExecutions, LoggedExecutions
from sidestep.local.cloud import LocalCloud
from tests.local.machines import DEFINITION, create_machine, run
from tests.unit.aws.express_logs import asking, lines, publishing, succeeding

GROUP = "/aws/vendedlogs/states/sidestep-shop"
EXPRESS = DeployedWorkflow("shop", "sidestep-shop", "arn", DEFINITION, keeps_history=False, in_console=False)


def counted(client: Any) -> Counter[str]:  # noqa: ANN401 - a client
    """Count the requests of a client from now on, by name."""
    asked: Counter[str] = Counter()

    def count(model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        asked[model.name] += 1

    client.meta.events.register("before-call", count)
    return asked


def write_log(cloud: LocalCloud, written: list[str], moment: datetime) -> None:
    logs = cloud.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        logs.create_log_group(logGroupName=GROUP)
        logs.create_log_stream(logGroupName=GROUP, logStreamName="one")
    events = [{"timestamp": int(moment.timestamp() * 1000), "message": line} for line in written]
    logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)


def test_an_execution_that_has_ended_is_read_once(cloud: LocalCloud) -> None:
    # Given two runs that succeeded and one between them that failed
    good = {"StartAt": "Choice", "States": {"Choice": {"Type": "Choice", "Choices": [
        {"Variable": "$.bad", "IsPresent": True, "Next": "Bad"}], "Default": "Done"},
        "Bad": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}, "Done": {"Type": "Succeed"}}}  # fmt: skip
    machine = create_machine(cloud, json.dumps(good))
    client = cloud.client("stepfunctions")
    run(cloud, machine)
    arn = client.start_execution(stateMachineArn=machine, input='{"bad": 1}')["executionArn"]
    while client.describe_execution(executionArn=arn)["status"] == "RUNNING":
        pass
    run(cloud, machine)
    asked = counted(client)
    listed = ListedExecutions(client, machine)

    # When
    first = listed.poll()
    asked_first = dict(asked)
    second = listed.poll()

    # Then only the latest has its history read, and each is described for its scheduled time
    assert [one.status for one in first] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert first[1].cause == "on purpose"
    assert [step.state for step in first[2].steps] == ["Choice", "Done"]
    assert asked_first == {"ListExecutions": 1, "DescribeExecution": 3, "GetExecutionHistory": 1}
    assert second == first
    assert asked == {"ListExecutions": 2, "DescribeExecution": 3, "GetExecutionHistory": 1}

    # And later executions have their history
    run(cloud, machine)
    assert [len(one.steps) for one in listed.poll()] == [0, 0, 2, 2]
    assert asked["GetExecutionHistory"] == 2


def test_the_scheduled_time_is_known_of_the_executions_on_the_screen(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given one more execution than the screen shows
    monkeypatch.setattr(latest_executions, "SHOWN", 1)
    machine = create_machine(cloud)
    for minute in (0, 5):
        run(cloud, machine, {"ScheduledTime": f"2026-01-31T08:0{minute}:00Z"})
    listed = ListedExecutions(cloud.client("stepfunctions"), machine)

    # When it is polled again
    moments = [[one.scheduled for one in listed.poll()] for _ in range(2)]
    run(cloud, machine, {"ScheduledTime": "2026-01-31T08:10:00Z"})
    moments += [[one.scheduled for one in listed.poll()] for _ in range(2)]

    # Then
    second, third = (datetime(2026, 1, 31, 8, minute, tzinfo=UTC) for minute in (5, 10))
    assert moments == [[None, second], [None, second], [None, second, third], [None, second, third]]


def test_a_poll_of_a_log_continues_the_previous_one(cloud: LocalCloud) -> None:
    # Given a log with a run that ended and one that runs
    now = datetime.now(UTC)
    whole = (*asking(), *publishing(), *succeeding())
    write_log(cloud, lines("a", now - timedelta(minutes=10), *whole), now - timedelta(minutes=10))
    write_log(cloud, lines("b", now - timedelta(seconds=5), *asking()), now - timedelta(seconds=5))
    client = cloud.client("logs")
    logged = LoggedExecutions(client, EXPRESS, timedelta(hours=1))
    since: list[int] = []

    def note(params: dict[str, Any], **_: object) -> None:
        since.append(json.loads(params["body"])["startTime"])

    client.meta.events.register("before-call", note)

    # When
    first = logged.poll()
    write_log(cloud, lines("b", now - timedelta(seconds=5), *whole)[-7:], now)
    second = logged.poll()

    # Then
    assert [one.status for one in first] == ["SUCCEEDED", "RUNNING"]
    assert [one.status for one in second] == ["SUCCEEDED", "SUCCEEDED"]
    assert [len(one.steps) for one in second] == [4, 4]
    assert since[0] < (now - timedelta(minutes=59)).timestamp() * 1000
    assert since[1] > (now - timedelta(seconds=70)).timestamp() * 1000


def test_only_the_latest_runs_of_a_log_are_kept(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(latest_executions, "LISTED", 2)
    now = datetime.now(UTC)
    for number in range(3):
        start = now - timedelta(minutes=3 - number)
        write_log(cloud, lines(str(number), start, *asking()), start)

    # When
    kept = LoggedExecutions(cloud.client("logs"), EXPRESS, timedelta(hours=1)).poll()

    # Then
    assert [one.arn.split(":")[-2] for one in kept] == ["run-1", "run-2"]


def test_an_express_workflow_is_known_by_its_log(cloud: LocalCloud) -> None:
    assert isinstance(latest_executions.latest_executions(EXPRESS, cloud.client, timedelta(days=9)), LoggedExecutions)
    standard = DeployedWorkflow("shop", "sidestep-shop", "arn", DEFINITION, keeps_history=True, in_console=False)
    assert isinstance(
        latest_executions.latest_executions(standard, cloud.client, timedelta(days=9)), ListedExecutions
    )
