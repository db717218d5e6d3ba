"""What a deployed stack is and does, as AWS's APIs show it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tests.acceptance.clouds.cloud import Cloud
from tests.acceptance.metrics_files import NAMESPACE

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

T = TypeVar("T")

MINUTE: Final = timedelta(minutes=1)

LISTS: Final = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName"),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "list_dashboards", "DashboardEntries[].DashboardName"),
    "AWS::EC2::SecurityGroup": ("ec2", "describe_security_groups", "SecurityGroups[].GroupId"),
    "AWS::EC2::VPC": ("ec2", "describe_vpcs", "Vpcs[].VpcId"),
    "AWS::IAM::Role": ("iam", "list_roles", "Roles[].RoleName"),
    "AWS::Lambda::Function": ("lambda", "list_functions", "Functions[].FunctionName"),
    "AWS::Logs::LogGroup": ("logs", "describe_log_groups", "logGroups[].logGroupName"),
    "AWS::RDS::DBInstance": ("rds", "describe_db_instances", "DBInstances[].DBInstanceIdentifier"),
    "AWS::RDS::DBParameterGroup": ("rds", "describe_db_parameter_groups", "DBParameterGroups[].DBParameterGroupName"),
    "AWS::RDS::DBSubnetGroup": ("rds", "describe_db_subnet_groups", "DBSubnetGroups[].DBSubnetGroupName"),
    "AWS::Scheduler::Schedule": ("scheduler", "list_schedules", "Schedules[].Name"),
    "AWS::StepFunctions::StateMachine": (
        "stepfunctions",
        "list_state_machines",
        "stateMachines[].stateMachineArn",
    ),
}
"""How to list the resources of a type: a service, a paginator and an expression for their physical ids."""


@dataclass(frozen=True)
class Stack:
    """A stack on a cloud, by its name."""

    cloud: Cloud
    name: str

    @property
    def state_machine(self) -> str:
        """The ARN of its state machine."""
        (stack,) = self.cloud.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return next(str(one["OutputValue"]) for one in stack["Outputs"] if one["OutputKey"] == "StateMachine")

    def wait_for(self, look: Callable[[], T | None], description: str) -> T:
        """Poll until `look` returns something, and return it."""
        deadline = time.monotonic() + self.cloud.facts.patience
        while not (found := look()):
            assert time.monotonic() < deadline, f"{description}: not within {self.cloud.facts.patience:g} s"
            time.sleep(1)
        return found

    def value(self, moment: datetime, metric: str, dimensions: Mapping[str, str] | None = None) -> float:
        """Wait for the value of a series at a time, and return it."""

        def look() -> list[float] | None:
            metric_data = self.cloud.client("cloudwatch").get_metric_data(
                MetricDataQueries=[{"Id": "one", "MetricStat": _average(metric, dimensions or {})}],
                StartTime=moment.replace(second=0),
                EndTime=moment.replace(second=0) + MINUTE,
            )
            values: list[float] = metric_data["MetricDataResults"][0]["Values"]
            return values

        (value,) = self.wait_for(look, f"{metric} at {moment}")
        return value

    def executions(self) -> "Iterator[tuple[dict[str, Any], DescribeExecutionOutputTypeDef]]":
        """Yield the input of each execution, and the execution; the newest comes first."""
        client = self.cloud.client("stepfunctions")
        for page in client.get_paginator("list_executions").paginate(stateMachineArn=self.state_machine):
            for entry in page["executions"]:
                execution = client.describe_execution(executionArn=entry["executionArn"])
                yield json.loads(execution["input"]), execution

    def execution_at(self, moment: datetime) -> "DescribeExecutionOutputTypeDef":
        """Return the only execution with a scheduled time."""
        text = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        (execution,) = [one for event, one in self.executions() if event.get("ScheduledTime") == text]
        return execution

    def states_of(self, execution: "DescribeExecutionOutputTypeDef") -> list[str]:
        """Return the states that an execution entered, in order."""
        pages = self.cloud.client("stepfunctions").get_paginator("get_execution_history")
        entered = pages.paginate(executionArn=execution["executionArn"]).search(
            "events[?stateEnteredEventDetails].stateEnteredEventDetails.name"
        )
        return list(entered)

    def alarm_state(self, name: str) -> str:
        """Return the state of an alarm."""
        alarms = self.cloud.client("cloudwatch").describe_alarms(AlarmNames=[f"{self.name}/{name}"])
        (alarm,) = alarms["MetricAlarms"]
        return str(alarm["StateValue"])

    def database(self) -> dict[str, Any]:
        """Return the sample's instance, as RDS describes it."""
        resources = self.cloud.client("cloudformation").describe_stack_resources(StackName=self.name)[
            "StackResources"
        ]
        (name,) = [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::RDS::DBInstance"]
        (instance,) = self.cloud.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        return dict(instance)

    def resources(self) -> set[tuple[str, str]]:
        """Return the type and the physical id of its resources, as far as LISTS has their types."""
        pages = self.cloud.client("cloudformation").get_paginator("list_stack_resources")
        resources = pages.paginate(StackName=self.name).search("StackResourceSummaries[]")
        return {
            (one["ResourceType"], one["PhysicalResourceId"])
            for one in resources
            if one["ResourceType"] in LISTS and one.get("PhysicalResourceId")
        }

    def existing(self, resources: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those of some resources that exist."""
        found = set()
        for kind in {kind for kind, _ in resources}:
            service, operation, identifiers = LISTS[kind]
            listed = self.cloud.client(service).get_paginator(operation).paginate().search(identifiers)
            found |= {(kind, identifier) for identifier in listed}
        return resources & found


def minutes_ago(minutes: int) -> datetime:
    """Return a time in whole minutes. CloudWatch shows a value soon if its time is at most three hours ago."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - minutes * MINUTE


def _average(metric: str, dimensions: Mapping[str, str]) -> dict[str, object]:
    pairs = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    series = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": pairs}
    return {"Metric": series, "Period": int(MINUTE.total_seconds()), "Stat": "Average"}
