"""A state machine and schedules, made through the API as a user would."""

import json
from datetime import timedelta

from sidestep.aws.executions import Execution, follow
from sidestep.local.cloud import LocalCloud

ROLE = "arn:aws:iam::123456789012:role/probe"
DEFINITION = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})


def create_machine(cloud: LocalCloud, definition: str = DEFINITION) -> str:
    """Create a state machine and return its ARN."""
    client = cloud.client("stepfunctions")
    return str(client.create_state_machine(name="probe", definition=definition, roleArn=ROLE)["stateMachineArn"])


def create_schedule(cloud: LocalCloud, name: str, expression: str, machine: str, *, jitter: int = 0) -> None:
    """Create a schedule; `jitter` is its flexible time window in minutes."""
    cloud.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": jitter} if jitter else {"Mode": "OFF"},
        Target={
            "Arn": machine,
            "RoleArn": ROLE,
            "Input": json.dumps({"schedule": name, "moment": "<aws.scheduler.scheduled-time>"}),
        },
    )


def started(cloud: LocalCloud, machine: str) -> list[tuple[str, str]]:
    """Return schedule and moment of all executions, by moment; other inputs are left out."""
    client = cloud.client("stepfunctions")
    arns = [entry["executionArn"] for entry in client.list_executions(stateMachineArn=machine)["executions"]]
    inputs = [json.loads(client.describe_execution(executionArn=arn)["input"]) for arn in arns]
    return sorted((event["moment"], event["schedule"]) for event in inputs if "schedule" in event)


def run(cloud: LocalCloud, machine: str, event: object = None) -> Execution:
    """Execute a state machine until it ends."""
    client = cloud.client("stepfunctions")
    arn = client.start_execution(stateMachineArn=machine, input=json.dumps(event or {}))["executionArn"]
    *_, end = follow(client, arn, interval=0.05, deadline=timedelta(seconds=30))
    return end
