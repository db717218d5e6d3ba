"""The gaps of moto that moto_patches fills: changes and deletions of stacks, and requests."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sidestep.local.cloud import LocalCloud, find_function
from sidestep.local.moto_patches import function_logs
from tests.local.machines import DEFINITION, ROLE, create_machine, run

Resource = dict[str, Any]

MACHINE: Resource = {
    "Type": "AWS::StepFunctions::StateMachine",
    "Properties": {"DefinitionString": DEFINITION, "RoleArn": ROLE},
}
SCHEDULE: Resource = {
    "Type": "AWS::Scheduler::Schedule",
    "Properties": {
        "ScheduleExpression": "rate(5 minutes)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": {"Ref": "Machine"}, "RoleArn": ROLE, "Input": "{}"},
    },
}
NETWORK: dict[str, Resource] = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Subnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"},
    },
    "RouteTable": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
    "Association": {
        "Type": "AWS::EC2::SubnetRouteTableAssociation",
        "Properties": {"RouteTableId": {"Ref": "RouteTable"}, "SubnetId": {"Ref": "Subnet"}},
    },
    "Group": {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "probe", "VpcId": {"Ref": "Vpc"}},
    },
}


def rule(kind: str, peer: str, port: int) -> Resource:
    group = {"Fn::GetAtt": ["Group", "GroupId"]}
    return {
        "Type": f"AWS::EC2::SecurityGroup{kind}",
        "Properties": {"GroupId": group, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, peer: group},
    }


def changed(resource: Resource, **properties: object) -> Resource:
    return {**resource, "Properties": {**resource["Properties"], **properties}}


class Stack:
    """A stack that is deployed by change sets, as the CDK's command line does."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.client = cloud.client("cloudformation")
        self._exists = False

    def deploy(self, resources: Mapping[str, Resource], **outputs: object) -> None:
        template = {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}}
        change_set = self.client.create_change_set(
            StackName="probe",
            ChangeSetName=f"change-{uuid.uuid4()}",
            ChangeSetType="UPDATE" if self._exists else "CREATE",
            TemplateBody=json.dumps(template),
        )["Id"]
        self.client.execute_change_set(ChangeSetName=change_set, StackName="probe")
        self._exists = True

    @property
    def status(self) -> str:
        return str(self._description["StackStatus"])

    @property
    def outputs(self) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self._description.get("Outputs", [])}

    def reason_of(self, status: str) -> str:
        events = self.client.describe_stack_events(StackName="probe")["StackEvents"]
        (reason,) = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == status]
        return str(reason)

    @property
    def _description(self) -> dict[str, Any]:
        (description,) = self.client.describe_stacks(StackName="probe")["Stacks"]
        return dict(description)


@pytest.fixture
def stack(cloud: LocalCloud) -> Stack:
    return Stack(cloud)


def test_outputs_are_those_of_the_last_change_set(stack: Stack) -> None:
    # When
    stack.deploy({"Machine": MACHINE}, Name={"Fn::GetAtt": ["Machine", "Name"]})
    first = stack.outputs
    stack.deploy({"Machine": changed(MACHINE, RoleArn=f"{ROLE}-2")}, Arn={"Ref": "Machine"})

    # Then
    assert list(first) == ["Name"]
    assert stack.outputs == {"Arn": f"arn:aws:states:eu-central-2:123456789012:stateMachine:{first['Name']}"}


def test_an_unknown_change_set_is_reported(stack: Stack) -> None:
    # Given
    stack.deploy({"Machine": MACHINE})

    # When
    stack.client.delete_change_set(ChangeSetName="absent", StackName="probe")
    with pytest.raises(ClientError) as caught:
        stack.client.describe_change_set(ChangeSetName="absent", StackName="probe")

    # Then
    assert caught.value.response["Error"]["Code"] == "ChangeSetNotFound"


def test_a_stack_that_cannot_be_created_reports_the_reason_and_is_removed(cloud: LocalCloud, stack: Stack) -> None:
    # When
    stack.deploy({"Machine": MACHINE, "Broken": changed(MACHINE, DefinitionString="{}")})

    # Then
    assert stack.status == "ROLLBACK_COMPLETE"
    assert stack.reason_of("CREATE_FAILED").startswith("InvalidDefinition: ")
    assert cloud.client("stepfunctions").list_state_machines()["stateMachines"] == []
    stack.client.delete_stack(StackName="probe")


def test_a_failed_change_reports_the_reason_and_can_be_repeated(stack: Stack) -> None:
    # Given
    stack.deploy({"Machine": MACHINE})

    # When
    stack.deploy({"Machine": changed(MACHINE, DefinitionString="{}")})

    # Then
    assert stack.status == "UPDATE_FAILED"
    assert stack.reason_of("UPDATE_FAILED").startswith("InvalidDefinition: ")
    stack.deploy({"Machine": changed(MACHINE, RoleArn=f"{ROLE}-2")})
    assert stack.status == "UPDATE_COMPLETE"


def test_a_state_machine_changes_in_place_and_is_still_executed(cloud: LocalCloud, stack: Stack) -> None:
    # Given
    stack.deploy({"Machine": MACHINE}, Arn={"Ref": "Machine"})
    arn = stack.outputs["Arn"]
    run(cloud, arn)

    # When
    definition = DEFINITION.replace("Done", "${Last}")
    stack.deploy(
        {"Machine": changed(MACHINE, DefinitionString=definition, DefinitionSubstitutions={"Last": "Finished"})},
        Arn={"Ref": "Machine"},
    )

    # Then
    assert stack.outputs["Arn"] == arn
    assert [step.state for step in run(cloud, arn).steps] == ["Finished"]
    assert len(cloud.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]) == 2


def test_a_state_machine_of_another_type_has_the_same_arn(cloud: LocalCloud, stack: Stack) -> None:
    # Given
    stack.deploy({"Machine": MACHINE}, Arn={"Ref": "Machine"})
    arn = stack.outputs["Arn"]

    # When
    stack.deploy({"Machine": changed(MACHINE, StateMachineType="EXPRESS")}, Arn={"Ref": "Machine"})

    # Then
    assert stack.status == "UPDATE_COMPLETE"
    (machine,) = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    assert machine["stateMachineArn"] == stack.outputs["Arn"] == arn
    assert run(cloud, arn).status == "SUCCEEDED"


def test_a_schedule_changes_in_place_and_is_removed(cloud: LocalCloud, stack: Stack) -> None:
    # Given
    scheduler = cloud.client("scheduler")
    stack.deploy({"Machine": MACHINE, "Schedule": SCHEDULE})
    (before,) = scheduler.list_schedules()["Schedules"]

    # When
    stack.deploy({"Machine": MACHINE, "Schedule": changed(SCHEDULE, ScheduleExpression="rate(1 hour)")})

    # Then
    (after,) = scheduler.list_schedules()["Schedules"]
    assert after["Arn"] == before["Arn"]
    assert scheduler.get_schedule(Name=after["Name"])["ScheduleExpression"] == "rate(1 hour)"

    # And when
    stack.deploy({"Machine": MACHINE})

    # Then
    assert scheduler.list_schedules()["Schedules"] == []


def test_another_name_is_another_resource(cloud: LocalCloud, stack: Stack) -> None:
    # Given
    stack.deploy({"Machine": MACHINE, "Schedule": changed(SCHEDULE, Name="old")})

    # When
    stack.deploy({"Machine": MACHINE, "Schedule": changed(SCHEDULE, Name="new")})

    # Then
    assert [entry["Name"] for entry in cloud.client("scheduler").list_schedules()["Schedules"]] == ["new"]


@pytest.mark.parametrize(
    ("kind", "peer", "permissions"),
    [
        ("Egress", "DestinationSecurityGroupId", "IpPermissionsEgress"),
        ("Ingress", "SourceSecurityGroupId", "IpPermissions"),
    ],
)
def test_a_rule_of_a_security_group_changes_and_is_removed(
    cloud: LocalCloud, stack: Stack, kind: str, peer: str, permissions: str
) -> None:
    # Given
    def ports() -> list[int]:
        groups = cloud.client("ec2").describe_security_groups(GroupIds=[stack.outputs["Group"]])["SecurityGroups"]
        return [entry["FromPort"] for entry in groups[0][permissions] if entry["IpProtocol"] == "tcp"]

    group = {"Fn::GetAtt": ["Group", "GroupId"]}
    seen = []

    # When
    for rules in ({"Rule": rule(kind, peer, 3306)}, {"Rule": rule(kind, peer, 3307)}, {}):
        stack.deploy({**NETWORK, **rules}, Group=group)
        seen.append(ports())

    # Then
    assert seen == [[3306], [3307], []]


def test_a_network_is_deleted_with_all_its_parts(cloud: LocalCloud, stack: Stack) -> None:
    # Given
    ec2 = cloud.client("ec2")

    def counts() -> list[int]:
        return [
            len(ec2.describe_vpcs()["Vpcs"]),
            len(ec2.describe_route_tables()["RouteTables"]),
            len(ec2.describe_security_groups()["SecurityGroups"]),
        ]

    before = counts()
    rules = {
        "Egress": rule("Egress", "DestinationSecurityGroupId", 3306),
        "Ingress": rule("Ingress", "SourceSecurityGroupId", 3306),
    }
    stack.deploy({**NETWORK, **rules})
    assert counts() != before

    # When
    stack.client.delete_stack(StackName="probe")

    # Then
    assert counts() == before


def test_a_resource_that_moto_cannot_change_is_kept(cloud: LocalCloud, stack: Stack) -> None:
    # Given a log group: moto has no change for it
    logs: Resource = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}}
    stack.deploy({"Logs": logs}, Name={"Ref": "Logs"})
    name = stack.outputs["Name"]

    # When
    stack.deploy({"Logs": changed(logs, RetentionInDays=30)}, Name={"Ref": "Logs"})

    # Then
    assert stack.outputs["Name"] == name
    stack.client.delete_stack(StackName="probe")
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []


def test_a_database_of_a_long_logical_id_has_a_valid_name(cloud: LocalCloud, stack: Stack) -> None:
    # Given an id with which CloudFormation has to shorten the name
    database: Resource = {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {"DBInstanceClass": "db.t4g.micro", "Engine": "mysql"},
    }

    # When
    stack.deploy({"Database" * 8: database})

    # Then
    (instance,) = cloud.client("rds").describe_db_instances()["DBInstances"]
    assert instance["DBInstanceIdentifier"].startswith("probe-database")
    assert len(instance["DBInstanceIdentifier"]) == 63


def test_executions_need_no_name(cloud: LocalCloud, stack: Stack) -> None:
    # Given
    stack.deploy({"Machine": MACHINE}, Arn={"Ref": "Machine"})

    # When
    arns = {run(cloud, stack.outputs["Arn"]).arn for _ in range(3)}

    # Then
    assert len(arns) == 3


def test_a_history_has_the_order_and_pages_of_the_request(cloud: LocalCloud) -> None:
    # Given an execution of six events
    client = cloud.client("stepfunctions")
    passing = {"StartAt": "One", "States": {"One": {"Type": "Pass", "Next": "Two"}, "Two": {"Type": "Succeed"}}}
    arn = run(cloud, create_machine(cloud, json.dumps(passing))).arn
    whole = client.get_execution_history(executionArn=arn)

    # When
    pages = list(
        client.get_paginator("get_execution_history").paginate(
            executionArn=arn, reverseOrder=True, includeExecutionData=False, PaginationConfig={"PageSize": 2}
        )
    )

    # Then
    assert "nextToken" not in whole
    assert [event["id"] for event in whole["events"]] == [1, 2, 3, 4, 5, 6]
    assert [[event["id"] for event in page["events"]] for page in pages] == [[6, 5], [4, 3], [2, 1]]
    assert "input" in whole["events"][1]["stateEnteredEventDetails"]
    assert "input" not in pages[2]["events"][0]["stateEnteredEventDetails"]
    assert pages[2]["events"][0]["stateEnteredEventDetails"]["name"] == "One"

    # And an invalid token is refused
    with pytest.raises(ClientError, match="InvalidToken"):
        client.get_execution_history(executionArn=arn, nextToken="7")


def test_a_function_has_the_log_group_that_its_stack_names(cloud: LocalCloud, stack: Stack) -> None:
    # Given a function that gets a log group, and then another one
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    s3.put_object(Bucket="code", Key="code", Body=b"PK")
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"S3Bucket": "code", "S3Key": "code"},
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Runtime": "python3.13",
        },
    }
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    deployed = None

    for logical_id, group in (("One", "/sidestep/one"), ("Two", "/sidestep/two")):
        # When
        logs = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": group}}
        there = changed(function, LoggingConfig={"LogGroup": {"Ref": logical_id}})
        stack.deploy({logical_id: logs, "Role": role, "Function": there}, Name={"Ref": "Function"})
        deployed = find_function(stack.outputs["Name"])
        assert deployed is not None
        function_logs.deliver(deployed, f"a line for {group}")

        # Then each has the lines of its time
        events = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
        assert [event["message"] for event in events] == [f"a line for {group}"]

    # When the group is gone, Then a line is dropped
    assert deployed is not None
    cloud.client("logs").delete_log_group(logGroupName=group)
    function_logs.deliver(deployed, "too late")
