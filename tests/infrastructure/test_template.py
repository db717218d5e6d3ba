"""The template: no route out of the network, and minimal permissions."""

import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest

from sidestep import paths
from tests.infrastructure.conftest import Template, function, only, resources

SHIPPED = (paths.ROOT / "metrics.toml").read_text(encoding="utf-8")

NAMES = ("AlarmName", "DashboardName", "LogGroupName", "FunctionName", "StateMachineName", "TopicName", "RoleName")
"""Properties with names that are unique in an account and Region."""

WAYS_OUT = {
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::EIP",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::Route",
    "AWS::EC2::TransitGatewayAttachment",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::VPCPeeringConnection",
}

WITHOUT_A_RESOURCE = {
    "cloudwatch:PutMetricData": "metrics have no ARN; the namespace is a condition",
    "ec2:DescribeNetworkInterfaces": "describes; Lambda looks for the interface that it attaches",
    "ec2:DescribeSubnets": "describes; Lambda checks the subnets that it is given",
    "logs:CreateLogDelivery": "log deliveries have no ARN",
    "logs:DeleteLogDelivery": "log deliveries have no ARN",
    "logs:DescribeLogGroups": "describes; the log service checks the destination",
    "logs:DescribeResourcePolicies": "describes; resource policies belong to the account",
    "logs:GetLogDelivery": "log deliveries have no ARN",
    "logs:ListLogDeliveries": "log deliveries have no ARN",
    "logs:PutResourcePolicy": "resource policies belong to the account",
    "logs:UpdateLogDelivery": "log deliveries have no ARN",
    "xray:GetSamplingRules": "sampling rules belong to the account",
    "xray:GetSamplingTargets": "sampling rules belong to the account",
    "xray:PutTelemetryRecords": "traces have no ARN",
    "xray:PutTraceSegments": "traces have no ARN",
}
"""Every action with the resource "*", and the reason."""


def statements(template: Template) -> Iterator[dict[str, Any]]:
    for policy in resources(template, "AWS::IAM::Policy"):
        yield from policy["PolicyDocument"]["Statement"]


def as_list(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [value]


def text(value: object) -> str:
    """Join what CloudFormation would join, with the names of references in angle brackets."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(text(part) for part in parts)
        case {"Fn::Select": [number, {"Fn::Split": [_, whole]}]}:
            return f"part {number} of {text(whole)}"
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case _:
            return str(value)


def test_there_is_no_route_out_of_the_network(template: Template) -> None:
    assert not WAYS_OUT & {resource["Type"] for resource in template["Resources"].values()}
    assert all(subnet["MapPublicIpOnLaunch"] is False for subnet in resources(template, "AWS::EC2::Subnet"))
    assert only(template, "AWS::RDS::DBInstance")["PubliclyAccessible"] is False


def test_the_function_reaches_the_databases_port_and_nothing_else(template: Template) -> None:
    # Given the two groups, and the rules beside them
    groups = resources(template, "AWS::EC2::SecurityGroup")
    egress = only(template, "AWS::EC2::SecurityGroupEgress")
    ingress = only(template, "AWS::EC2::SecurityGroupIngress")

    # Then a group by itself admits no packet in either direction: no packet has this address
    assert len(groups) == 2
    for group in groups:
        assert "SecurityGroupIngress" not in group
        assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["255.255.255.255/32"]

    # And beside them stands one rule each, from the one to the other, for the database's own port
    assert egress["DestinationSecurityGroupId"] == ingress["GroupId"]
    assert ingress["SourceSecurityGroupId"] == egress["GroupId"]
    assert ingress["GroupId"] != egress["GroupId"]
    for rule in (egress, ingress):
        assert rule["IpProtocol"] == "tcp"
        assert rule["FromPort"] == rule["ToPort"]
        assert rule["FromPort"]["Fn::GetAtt"][1] == "Endpoint.Port"


def test_ec2_accepts_every_description(template: Template) -> None:
    # Given the characters of EC2's API reference, AuthorizeSecurityGroupIngress and CreateSecurityGroup
    allowed = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
    kinds = ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")

    # Then
    rules = [rule for kind in kinds for rule in resources(template, kind)]
    groups = resources(template, "AWS::EC2::SecurityGroup")
    inline = [rule for group in groups for rule in group["SecurityGroupEgress"]]
    for text in [one["Description"] for one in (*rules, *inline)] + [group["GroupDescription"] for group in groups]:
        assert allowed.fullmatch(text), text


def test_the_database_is_encrypted_and_authenticates_with_iam(template: Template) -> None:
    # When
    instance = only(template, "AWS::RDS::DBInstance")

    # Then
    assert (instance["Engine"], instance["EngineVersion"]) == ("mysql", "8.4")  # RDS chooses the minor version
    assert instance["AutoMinorVersionUpgrade"] is True
    assert only(template, "AWS::RDS::DBParameterGroup")["Family"] == "mysql8.4"
    assert instance["DBInstanceClass"] == "db.t4g.micro"
    assert instance["StorageEncrypted"] is True
    assert instance["EnableIAMDatabaseAuthentication"] is True
    assert instance["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in instance
    assert only(template, "AWS::RDS::DBParameterGroup")["Parameters"] == {
        "event_scheduler": "ON",
        "innodb_buffer_pool_size": "134217728",  # what is left of a micro's memory is for IAM authentication
        "require_secure_transport": "1",
    }


@pytest.mark.slow
def test_the_sample_has_the_class_and_the_zones_that_the_file_names(
    synthesized: Callable[[str], dict[str, Template]],
) -> None:
    # When
    keys = 'instance_class = "db.t3.small"\navailability_zones = ["us-east-1d", "us-east-1a", "us-east-1f"]'
    template = synthesized(SHIPPED.replace("sample = true ", f"sample = true\n{keys} "))["sidestep-shop"]

    # Then
    zones = ["us-east-1d", "us-east-1a", "us-east-1f"]
    assert only(template, "AWS::RDS::DBInstance")["DBInstanceClass"] == "db.t3.small"
    assert [subnet["AvailabilityZone"] for subnet in resources(template, "AWS::EC2::Subnet")] == zones
    assert len(function(template, "query_database")[1]["VpcConfig"]["SubnetIds"]) == len(zones)


def test_there_is_no_secret_in_the_template(template: Template) -> None:
    assert not resources(template, "AWS::SecretsManager::Secret")
    assert "resolve:secretsmanager" not in json.dumps(template)


def test_the_query_function_has_its_settings(template: Template) -> None:
    # When
    _, found = function(template, "query_database")

    # Then
    assert (found["Runtime"], found["Architectures"], found["MemorySize"]) == ("python3.14", ["arm64"], 128)
    assert found["Timeout"] == 30
    assert set(found["Environment"]["Variables"]) == {
        "DATABASE_HOST", "DATABASE_PORT", "DATABASE_ENGINE", "DATABASE_NAME", "DATABASE_SCHEMA", "DATABASE_USER",
        "DATABASE_CERTIFICATES",
    }  # fmt: skip
    assert len(found["VpcConfig"]["SubnetIds"]) == 2


def test_no_statement_names_every_resource_without_a_reason(template: Template) -> None:
    # When
    unbound = {
        action
        for statement in statements(template)
        if statement["Effect"] == "Allow" and "*" in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }

    # Then
    assert unbound == set(WITHOUT_A_RESOURCE)


@pytest.mark.slow
def test_the_service_authorization_reference_has_no_resource_for_these_actions() -> None:
    # Given AWS's list of actions and the resources they know, as cfn-lint ships it
    reference = json.loads(
        files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text(encoding="utf-8")
    )

    # Then only PutMetricData has got one lately, a CloudWatch dataset, which metrics are not
    for action in WITHOUT_A_RESOURCE:
        service, _, name = action.partition(":")
        known = reference[service]["Actions"][name.lower()].get("Resources") or []
        assert known == (["dataset"] if action == "cloudwatch:PutMetricData" else []), action


def test_no_action_is_a_wildcard(template: Template) -> None:
    assert not [
        action for statement in statements(template) for action in as_list(statement["Action"]) if "*" in action
    ]


def test_the_workflow_is_the_file_with_its_time_limits(template: Template) -> None:
    # When
    machine = only(template, "AWS::StepFunctions::StateMachine")

    # Then the file's own limits are those of the shipped metrics.toml
    assert json.loads(machine["DefinitionString"]) == json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))
    assert machine["DefinitionSubstitutions"]["Namespace"] == "Sessions"
    assert set(machine["DefinitionSubstitutions"]) == {"Namespace", "QueryFunctionArn"}
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_the_workflow_logs_no_values(template: Template) -> None:
    logging = only(template, "AWS::StepFunctions::StateMachine")["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)


def test_logs_end_after_a_month(template: Template) -> None:
    groups = resources(template, "AWS::Logs::LogGroup")
    assert [group["RetentionInDays"] for group in groups] == [30, 30, 30]
    assert "/aws/vendedlogs/states/sidestep-shop" in [group.get("LogGroupName") for group in groups]


def test_the_schedule_starts_the_workflow_with_its_time_and_queries(template: Template) -> None:
    # When
    schedule = only(template, "AWS::Scheduler::Schedule")

    # Then
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == ("rate(5 minutes)", "UTC")
    assert json.loads(schedule["Target"]["Input"]) == {
        "ScheduledTime": "<aws.scheduler.scheduled-time>",
        "Queries": ["active_sessions", "sessions_by_plan"],
    }
    assert schedule["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 240, "MaximumRetryAttempts": 2}
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_the_outputs_are_links_into_the_console_and_what_commands_look_for(template: Template) -> None:
    outputs = {name: text(output["Value"]) for name, output in template["Outputs"].items()}
    assert set(outputs) == {"Executions", "Metrics", "StateMachine", "PrepareFunction", "AdministratorSecret"}
    assert outputs["Executions"].startswith("https://<AWS::Region>.console.aws.amazon.com/states/home")
    assert outputs["Metrics"].endswith("namespace=~'Sessions")
    (machine,) = [
        name for name, one in template["Resources"].items() if one["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    assert outputs["StateMachine"] == f"<{machine}>"


def test_one_key_makes_the_workflow_express(synthesized: Callable[[str], dict[str, Template]]) -> None:
    # When
    templates = synthesized(f'workflow = "express"\n{SHIPPED}')

    # Then
    machine = only(templates["sidestep-shop"], "AWS::StepFunctions::StateMachine")
    assert machine["StateMachineType"] == "EXPRESS"
    assert json.loads(machine["DefinitionString"])["TimeoutSeconds"] == 295


def test_the_time_limits_follow_schedule_and_queries(synthesized: Callable[[str], dict[str, Template]]) -> None:
    # When
    templates = synthesized(
        SHIPPED.replace("rate(5 minutes)", "rate(1 minute)").replace("timeout = 10 ", "timeout = 5 ")
    )

    # Then
    template = templates["sidestep-shop"]
    definition = json.loads(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    assert definition["TimeoutSeconds"] == 55
    assert definition["States"]["QueryDatabase"]["TimeoutSeconds"] == 30
    (not_ready,) = [
        retrier
        for retrier in definition["States"]["QueryDatabase"]["Retry"]
        if "Lambda.ResourceNotReadyException" in retrier["ErrorEquals"]
    ]
    assert (not_ready["IntervalSeconds"], not_ready["MaxAttempts"]) == (20, 1)
    assert function(template, "query_database")[1]["Timeout"] == 25
    assert only(template, "AWS::Scheduler::Schedule")["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] == 60


def test_jitter_is_a_flexible_time_window_and_keeps_the_scheduled_time(
    synthesized: Callable[[str], dict[str, Template]],
) -> None:
    # When
    template = synthesized(f'jitter = "2 minutes"\n{SHIPPED}')["sidestep-shop"]

    # Then
    schedule = only(template, "AWS::Scheduler::Schedule")
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 2}
    assert json.loads(schedule["Target"]["Input"])["ScheduledTime"] == "<aws.scheduler.scheduled-time>"
    assert schedule["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] == 360

    # And a run ends before the next one may start
    definition = json.loads(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    assert definition["TimeoutSeconds"] == 300 - 120 - 5


def test_a_run_of_many_pages_is_not_cut_off(synthesized: Callable[[str], dict[str, Template]]) -> None:
    # Given a frequent query and a rare one with a hundred further pages, which a manual start asks together
    text = SHIPPED.replace("max_series = 100 ", "max_series = 100_000 ").replace(
        'dimensions = ["Plan"]', 'dimensions = ["Plan"]\nschedule = "rate(1 day)"'
    )

    # When
    template = synthesized(text.replace("rate(5 minutes)", "rate(1 minute)"))["sidestep-shop"]

    # Then
    definition = json.loads(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    assert definition["TimeoutSeconds"] == 30 + 15 + 100 * 2
    assert definition["States"]["QueryDatabase"]["TimeoutSeconds"] == 35


def test_each_database_has_a_stack_with_its_own_queries(synthesized: Callable[[str], dict[str, Template]]) -> None:
    # Given a second database that one of the queries asks
    text = (
        SHIPPED.replace("[database.shop]", "[database.crm]\nsample = true\n[database.shop]")
        .replace('name = "active_sessions"', 'name = "active_sessions"\ndatabase = "shop"')
        .replace('name = "sessions_by_plan"', 'name = "sessions_by_plan"\ndatabase = "crm"')
    )

    # When
    templates = synthesized(text)

    # Then
    inputs = {
        name: json.loads(only(template, "AWS::Scheduler::Schedule")["Target"]["Input"])["Queries"]
        for name, template in templates.items()
    }
    assert inputs == {"sidestep-shop": ["active_sessions"], "sidestep-crm": ["sessions_by_plan"]}


@pytest.mark.slow
def test_a_cron_schedule_has_its_time_zone(synthesized: Callable[[str], dict[str, Template]]) -> None:
    # When
    text = SHIPPED.replace("rate(5 minutes)", "cron(0 8 ? * MON-FRI *)")
    templates = synthesized(f'timezone = "Europe/Berlin"\n{text}')

    # Then
    schedule = only(templates["sidestep-shop"], "AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 8 ? * MON-FRI *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"


def test_two_stages_with_names_of_their_own_share_no_name(synthesized: Callable[[str], dict[str, Template]]) -> None:
    # Given
    named = {stage: f'name = "shop-{stage}"\n{SHIPPED}' for stage in ("test", "prod")}

    # When
    stacks = {stage: synthesized(text) for stage, text in named.items()}

    # Then
    assert [list(stack) for stack in stacks.values()] == [["shop-test-shop"], ["shop-prod-shop"]]
    names = [
        {
            resource["Properties"][key]
            for resource in template["Resources"].values()
            for key in NAMES
            if key in resource.get("Properties", {})
        }
        for stack in stacks.values()
        for template in stack.values()
    ]
    assert names[0].isdisjoint(names[1])
    assert len(names[0]) == len(names[1]) >= 3
