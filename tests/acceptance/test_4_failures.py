"""What an Express workflow and a small database leave behind: the log of a failure, and the memory that was free."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.acceptance.clouds.cloud import Feature
from tests.acceptance.project import Project
from tests.acceptance.stack import minutes_ago

Claim = Callable[[str, str], None]


@pytest.mark.needs(Feature.EXPRESS_LOGS)
def test_the_log_of_a_failed_express_run_has_error_and_cause(project: Project, claim: Claim) -> None:
    # Given an execution with an event that the function refuses
    logs = project.cloud.client("logs")
    group = f"/aws/vendedlogs/states/{project.stack.name}"
    started = minutes_ago(0)
    event = json.dumps({"Queries": ["none"]})
    client = project.cloud.client("stepfunctions")
    client.start_execution(stateMachineArn=project.stack.state_machine, input=event)

    # When
    def look() -> list[dict[str, str]]:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(started.timestamp() * 1000), filterPattern="ExecutionFailed"
        )
        return [json.loads(line["message"])["details"] for page in pages for line in page["events"]]

    details, *_ = project.stack.wait_for(look, "the end of the execution in the log")

    # Then
    claim("express-log", f"details of ExecutionFailed: {details}")
    assert details["error"] == "InvalidEvent"
    assert details["cause"]


@pytest.mark.needs(Feature.DATABASE_METRICS)
def test_the_sample_had_free_memory_during_all_runs(project: Project, claim: Claim) -> None:
    # When
    sample = project.stack.database()
    now = datetime.now(UTC)
    statistics = project.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName="FreeableMemory",
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": sample["DBInstanceIdentifier"]}],
        StartTime=now - timedelta(hours=3),
        EndTime=now,
        Period=60,
        Statistics=["Minimum"],
    )

    # Then
    free = [point["Minimum"] / 2**20 for point in statistics["Datapoints"]]
    claim("micro-memory", f"{sample['DBInstanceClass']}: at least {min(free):.0f} MiB free in {len(free)} minutes")
    assert min(free) > 0
