"""An execution that is looked at again: what is asked of Step Functions, and what is known then."""

import json
from collections import Counter
from typing import Any

import pytest

from sidestep.aws import executions
from sidestep.aws.executions import ExecutionPoller
from sidestep.local.cloud import LocalCloud
from tests.local.machines import create_machine, run

MACHINE = {"StartAt": "One", "States": {"One": {"Type": "Pass", "Next": "Two"}, "Two": {"Type": "Succeed"}}}


def test_no_event_is_read_twice(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an execution of six events, in pages of four
    monkeypatch.setattr(executions, "MOST_EVENTS", 4)
    client = cloud.client("stepfunctions")
    asked: Counter[str] = Counter()

    def count(model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        asked[model.name] += 1

    client.meta.events.register("before-call", count)
    poller = ExecutionPoller(client, run(cloud, create_machine(cloud, json.dumps(MACHINE))).arn)

    # When
    first = poller.poll()
    whole = asked["GetExecutionHistory"]
    second = poller.poll()

    # Then
    assert [step.state for step in first.steps] == ["One", "Two"]
    assert second == first
    assert poller.history_complete
    assert (whole, asked["GetExecutionHistory"]) == (2, 3)
