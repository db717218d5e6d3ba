"""Every role of the shipped stack: who may take it on, and each of its statements in full."""

import json
import re
from typing import Any, Final

import pytest

from tests.infrastructure.conftest import Template, function, resources
from tests.infrastructure.test_template import as_list, text

ARN: Final = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:{}"

DESCRIBE_NETWORK: Final = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
CREATE_INTERFACE: Final = ["ec2:CreateNetworkInterface"]
MANAGE_INTERFACE: Final = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
]
DENIED_TO_CODE: Final = sorted(
    [*DESCRIBE_NETWORK, *CREATE_INTERFACE, *MANAGE_INTERFACE, "ec2:DetachNetworkInterface"]
)

LOG_DELIVERY_AND_TRACES: Final = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
]
"""What Step Functions wants for logs and traces (developer guide, "Using CloudWatch Logs" and "AWS X-Ray")."""

Statement = tuple[str, list[str], list[str], Any]
"""Effect, actions, resources and condition."""


def logical_id(template: Template, kind: str, *, part: str = "") -> str:
    """Return the name of the one resource of a type whose name has a part."""
    (name,) = [name for name, one in template["Resources"].items() if one["Type"] == kind and part in name]
    return str(name)


def statements_of_role(template: Template, role: str) -> list[Statement]:
    return [
        (
            statement["Effect"],
            sorted(as_list(statement["Action"])),
            [text(resource) for resource in as_list(statement["Resource"])],
            statement.get("Condition"),
        )
        for policy in resources(template, "AWS::IAM::Policy")
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def trusted_by(template: Template, role: str) -> tuple[str, Any]:
    """Return the one service that may take a role on, and under which condition."""
    (statement,) = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
    return statement["Principal"]["Service"], statement.get("Condition")


def of_a_function_in_the_vpc(template: Template, folder: str, construct: str) -> list[Statement]:
    """Return the statements that each function has: its log, and Lambda's way to attach it, closed to its code."""
    subnets = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::EC2::Subnet"]
    group = logical_id(template, "AWS::EC2::SecurityGroup", part="QueryDatabase")
    name, _ = function(template, folder)
    return [
        (
            "Allow",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"<{logical_id(template, 'AWS::Logs::LogGroup', part=construct)}.Arn>"],
            None,
        ),
        ("Allow", DESCRIBE_NETWORK, ["*"], None),
        (
            "Allow",
            CREATE_INTERFACE,
            [
                ARN.format("ec2", "network-interface/*"),
                ARN.format("ec2", f"security-group/<{group}.GroupId>"),
                *(ARN.format("ec2", f"subnet/<{subnet}>") for subnet in subnets),
            ],
            None,
        ),
        ("Allow", MANAGE_INTERFACE, [ARN.format("ec2", "*/*")], None),
        (
            "Deny",
            DENIED_TO_CODE,
            ["*"],
            {"ArnEquals": {"lambda:SourceFunctionArn": {"Fn::GetAtt": [name, "Arn"]}}},
        ),
    ]


def test_the_template_has_no_other_roles(template: Template) -> None:
    roles = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::IAM::Role"]
    assert sorted(role.partition("Role")[0] for role in roles) == [
        "PrepareDatabase",
        "QueryDatabase",
        "Scheduler",
        "Workflow",
    ]


def test_every_policy_is_covered_by_a_test(template: Template) -> None:
    for role in resources(template, "AWS::IAM::Role"):
        assert not role.get("ManagedPolicyArns")
        assert not role.get("Policies")
    for policy in resources(template, "AWS::IAM::Policy"):
        assert len(policy["Roles"]) == 1
        assert not policy.get("Users")
        assert not policy.get("Groups")


def test_the_query_function_has_the_least_privileges(template: Template) -> None:
    instance = logical_id(template, "AWS::RDS::DBInstance")
    check_query_function(template, f"<{instance}.DbiResourceId>/sidestep")


def check_query_function(template: Template, user: str) -> None:
    """Check the role of a query function that may connect as one user: the end of an rds-db ARN."""
    role = logical_id(template, "AWS::IAM::Role", part="QueryDatabase")
    assert trusted_by(template, role) == ("lambda.amazonaws.com", None)
    assert statements_of_role(template, role) == [
        *of_a_function_in_the_vpc(template, "query_database", "QueryDatabase"),
        ("Allow", ["rds-db:connect"], [ARN.format("rds-db", f"dbuser:{user}")], None),
    ]


def test_the_preparing_function_has_the_least_privileges(template: Template) -> None:
    # Given
    role = logical_id(template, "AWS::IAM::Role", part="PrepareDatabase")

    # Then
    assert trusted_by(template, role) == ("lambda.amazonaws.com", None)
    assert statements_of_role(template, role) == of_a_function_in_the_vpc(
        template, "prepare_database", "PrepareDatabase"
    )


def test_the_state_machine_has_the_least_privileges(template: Template) -> None:
    check_state_machine(template, namespace="Sessions")


def check_state_machine(template: Template, *, namespace: str) -> None:
    """Check the role of a state machine that may publish metrics of one namespace."""
    role = logical_id(template, "AWS::IAM::Role", part="Workflow")
    query_function, _ = function(template, "query_database")
    service, condition = trusted_by(template, role)
    assert service == "states.amazonaws.com"
    assert condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert text(condition["ArnLike"]["aws:SourceArn"]) == ARN.format("states", "stateMachine:*")
    assert statements_of_role(template, role) == [
        (
            "Allow",
            ["cloudwatch:PutMetricData"],
            ["*"],
            {"StringEquals": {"cloudwatch:namespace": namespace}},
        ),
        ("Allow", LOG_DELIVERY_AND_TRACES, ["*"], None),
        ("Allow", ["lambda:InvokeFunction"], [f"<{query_function}.Arn>"], None),
    ]


def test_the_schedule_has_the_least_privileges(template: Template) -> None:
    check_schedule(template)


def check_schedule(template: Template) -> None:
    """Check the role of a schedule that may start the state machine."""
    role = logical_id(template, "AWS::IAM::Role", part="Scheduler")
    machine = logical_id(template, "AWS::StepFunctions::StateMachine")
    service, condition = trusted_by(template, role)
    assert service == "scheduler.amazonaws.com"
    assert {key: text(value) for key, value in condition["StringEquals"].items()} == {
        "aws:SourceAccount": "<AWS::AccountId>",
        "aws:SourceArn": ARN.format("scheduler", "schedule-group/default"),
    }
    assert statements_of_role(template, role) == [("Allow", ["states:StartExecution"], [f"<{machine}>"], None)]


def waits_for(template: Template, name: str) -> set[str]:
    """Return the types of all resources that CloudFormation creates before a resource."""
    found: set[str] = set()
    pending = [name]
    while pending:
        resource = template["Resources"][pending.pop()]
        named = set(re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"(\w+)"', json.dumps(resource)))
        before = (named | set(resource.get("DependsOn", []))) & template["Resources"].keys() - found
        found |= before
        pending += before
    return {template["Resources"][one]["Type"] for one in found}


@pytest.mark.parametrize(
    ("kind", "part", "actions"),
    [
        ("AWS::Lambda::Function", "QueryDatabase", {"ec2:CreateNetworkInterface", "logs:PutLogEvents"}),
        ("AWS::Lambda::Function", "PrepareDatabase", {"ec2:CreateNetworkInterface", "logs:PutLogEvents"}),
        ("AWS::StepFunctions::StateMachine", "", {"logs:CreateLogDelivery", "xray:PutTraceSegments"}),
    ],
)
def test_permissions_that_a_service_checks_at_creation_exist_early(
    template: Template, kind: str, part: str, actions: set[str]
) -> None:
    # Given the policies that a function or the state machine waits for
    waiting = template["Resources"][logical_id(template, kind, part=part)]
    policies = [name for name in waiting["DependsOn"] if template["Resources"][name]["Type"] == "AWS::IAM::Policy"]

    # Then they have these actions, and wait themselves for nothing that takes minutes
    statements = [
        statement
        for name in policies
        for statement in template["Resources"][name]["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert actions <= {action for statement in statements for action in as_list(statement["Action"])}
    late = {"AWS::RDS::DBInstance", "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"}
    assert not set.union(*(waits_for(template, name) for name in policies)) & late


def test_nothing_is_started_before_it_may_invoke_the_function(template: Template) -> None:
    # Given
    (schedule,) = [one for one in template["Resources"].values() if one["Type"] == "AWS::Scheduler::Schedule"]

    # Then
    assert logical_id(template, "AWS::IAM::Policy", part="InvokePolicy") in schedule["DependsOn"]


def test_only_the_state_machine_may_invoke_a_function(template: Template) -> None:
    # Given who may invoke anything, and what others than roles of this account were let in
    invoking = [
        role
        for role in (name for name, one in template["Resources"].items() if one["Type"] == "AWS::IAM::Role")
        for _, actions, _, _ in statements_of_role(template, role)
        if any(action.startswith("lambda:") for action in actions)
    ]

    # Then
    assert invoking == [logical_id(template, "AWS::IAM::Role", part="Workflow")]
    assert not resources(template, "AWS::Lambda::Permission")
    assert not resources(template, "AWS::Lambda::Url")
    assert not resources(template, "AWS::Lambda::EventSourceMapping")
