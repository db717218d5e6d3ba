"""Databases that were there before the stack: found once, reached by one rule, verified with the right roots."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from sidestep import paths
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from sidestep.infrastructure.environment import Environment
from sidestep.infrastructure.stack import SidestepStack
from tests.infrastructure.conftest import Template, only, resources

QUERY = """
namespace = "Shop"
schedule = "rate(5 minutes)"

[[query]]
name = "orders"
sql = "SELECT COUNT(*) AS Orders FROM orders"
metrics = { Orders = { unit = "Count" } }

[database.shop]
vpc_id = "vpc-0a1b2c3d"
schema = "shop"
"""

POSTGRES = QUERY.replace('schema = "shop"', 'database = "company"')

BY_HAND = f"""{QUERY}
endpoint = "orders.cluster-x1.eu-central-1.rds.amazonaws.com"
port = 3307
resource_id = "db-ABCDEFGHIJKL"
subnets = ["subnet-000000a1", "subnet-000000b2"]
security_group = "sg-0000000d"
"""

SHELL = Environment("123456789012", "eu-central-1")

VPC = {
    "vpcId": "vpc-0a1b2c3d",
    "vpcCidrBlock": "10.0.0.0/16",
    "ownerAccountId": "123456789012",
    "availabilityZones": [],
    "subnetGroups": [
        {
            "name": kind,
            "type": kind,
            "subnets": [
                {"subnetId": f"subnet-0000{digit}0{zone}{number}", "availabilityZone": f"eu-central-1{zone}"}
                for zone in "ab"
                for number in (1, 2)
            ],
        }
        for digit, kind in enumerate(("Public", "Private", "Isolated"))
    ],
}

FOUND: dict[str, dict[str, Any]] = {
    "AWS::RDS::DBInstance": {
        "Engine": "mariadb",
        "Endpoint.Address": "orders-db.x1.eu-central-1.rds.amazonaws.com",
        "Endpoint.Port": "3306",
        "DbiResourceId": "db-INSTANCE",
        "VPCSecurityGroups": ["sg-0000000d", "sg-0000000f"],
    },
    "AWS::RDS::DBCluster": {
        "Engine": "aurora-mysql",
        "Endpoint.Address": "orders-db.cluster-x1.eu-central-1.rds.amazonaws.com",
        "ReadEndpoint.Address": "orders-db.cluster-ro-x1.eu-central-1.rds.amazonaws.com",
        "Endpoint.Port": "3306",
        "DBClusterResourceId": "cluster-CLUSTER",
        "VpcSecurityGroupIds": ["sg-0000000d"],
    },
    "AWS::RDS::DBProxy": {
        "EngineFamily": "MYSQL",
        "Endpoint": "orders-db.proxy-x1.eu-central-1.rds.amazonaws.com",
        "DBProxyArn": "arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-0proxy",
        "VpcSecurityGroupIds": ["sg-0000000d"],
    },
}
"""What Cloud Control answers, by type of resource."""

ENGINES = {
    "AWS::RDS::DBInstance": "postgres",
    "AWS::RDS::DBCluster": "aurora-postgresql",
    "AWS::RDS::DBProxy": "POSTGRESQL",
}
"""What it calls PostgreSQL."""


def as_postgresql(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the answers for databases that differ in their engine, and listen where that does."""
    return {
        kind: answers
        | {name: ENGINES[kind] for name in answers if name.startswith("Engine")}
        | {name: "5432" for name in answers if name == "Endpoint.Port"}
        for kind, answers in found.items()
    }


@pytest.fixture
def found() -> dict[str, dict[str, Any]]:
    """Give what Cloud Control answers, which a test may change."""
    return deepcopy(FOUND)


@pytest.fixture
def stack_of(tmp_path: Path, found: dict[str, dict[str, Any]]) -> Callable[[str], Template]:
    """Return a function from a metrics.toml to its one template, with all lookups answered."""

    def synthesized(text: str, context: dict[str, Any]) -> Any:  # noqa: ANN401 - the CDK's assembly
        metrics_file = tmp_path / "metrics.toml"
        metrics_file.write_text(text, encoding="utf-8")
        settings = load_settings(metrics_file)
        flags = json.loads((paths.ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
        app = App(context=flags | context, outdir=str(tmp_path / f"out-{len(context)}"))
        for name, database in settings.databases.items():
            SidestepStack(
                app, database=name, settings=settings, build=paths.ROOT / paths.BUILD, environment=SHELL.of(database)
            )
        return app.synth()

    def answer(lookup: dict[str, Any]) -> object:
        properties = lookup["props"]
        if lookup["provider"] == "vpc-provider":
            assert properties["filter"] == {"vpc-id": VPC["vpcId"]}
            return VPC
        assert lookup["provider"] == "cc-api-provider"
        assert properties["exactIdentifier"] == "orders-db"
        return [{name: found[properties["typeName"]][name] for name in properties["propertiesToReturn"]}]

    def stack_of(text: str) -> Template:
        # Like the command line: synthesize, look up what is missing, synthesize again
        manifest = json.loads((Path(synthesized(text, {}).directory) / "manifest.json").read_text(encoding="utf-8"))
        answers = {lookup["key"]: answer(lookup) for lookup in manifest.get("missing", [])}
        (stack,) = synthesized(text, answers | {"answered": True}).stacks
        template: Template = stack.template
        return template

    return stack_of


def environment(template: Template) -> dict[str, str]:
    variables: dict[str, str] = only(template, "AWS::Lambda::Function")["Environment"]["Variables"]
    return variables


def may_connect_to(template: Template) -> str:
    (resource,) = [
        statement["Resource"]
        for policy in resources(template, "AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "rds-db:connect"
    ]
    return json.dumps(resource)


each_kind = pytest.mark.parametrize(
    ("kind", "host", "resource_id", "certificates"),
    [
        ("instance", "orders-db.x1.eu-central-1.rds.amazonaws.com", "db-INSTANCE", "rds-roots.pem"),
        ("cluster", "orders-db.cluster-ro-x1.eu-central-1.rds.amazonaws.com", "cluster-CLUSTER", "rds-roots.pem"),
        ("proxy", "orders-db.proxy-x1.eu-central-1.rds.amazonaws.com", "prx-0proxy", "amazon-roots.pem"),
    ],
)


@each_kind
def test_a_database_is_looked_up(
    stack_of: Callable[[str], Template], kind: str, host: str, resource_id: str, certificates: str
) -> None:
    # When
    template = stack_of(f'{QUERY}\n{kind} = "orders-db"')

    # Then
    assert environment(template) == {
        "DATABASE_HOST": host,
        "DATABASE_PORT": "3306",
        "DATABASE_ENGINE": "mysql",
        "DATABASE_NAME": "shop",
        "DATABASE_SCHEMA": "shop",
        "DATABASE_USER": "sidestep",
        "DATABASE_CERTIFICATES": certificates,
    }
    assert f"dbuser:{resource_id}/sidestep" in may_connect_to(template)
    assert not resources(template, "AWS::RDS::DBInstance")
    assert not resources(template, "AWS::EC2::VPC")


@each_kind
@pytest.mark.parametrize(("key", "schema"), [("", "public"), ('schema = "sales"', "sales")])
def test_a_postgresql_is_looked_up(
    stack_of: Callable[[str], Template],
    found: dict[str, dict[str, Any]],
    kind: str,
    host: str,
    resource_id: str,
    certificates: str,
    key: str,
    schema: str,
) -> None:
    # Given
    found.update(as_postgresql(found))

    # When
    template = stack_of(f'{POSTGRES}\n{kind} = "orders-db"\n{key}')

    # Then
    assert environment(template) == {
        "DATABASE_HOST": host,
        "DATABASE_PORT": "5432",
        "DATABASE_ENGINE": "postgres",
        "DATABASE_NAME": "company",
        "DATABASE_SCHEMA": schema,
        "DATABASE_USER": "sidestep",
        "DATABASE_CERTIFICATES": certificates,
    }
    assert f"dbuser:{resource_id}/sidestep" in may_connect_to(template)
    ingress = only(template, "AWS::EC2::SecurityGroupIngress")
    assert (ingress["FromPort"], ingress["ToPort"]) == (5432, 5432)


def test_the_port_is_the_looked_up_one(stack_of: Callable[[str], Template], found: dict[str, dict[str, Any]]) -> None:
    # Given
    found.update(as_postgresql(found))
    found["AWS::RDS::DBInstance"]["Endpoint.Port"] = "5433"

    # When
    template = stack_of(f'{POSTGRES}\ninstance = "orders-db"')

    # Then
    assert environment(template)["DATABASE_PORT"] == "5433"
    assert only(template, "AWS::EC2::SecurityGroupEgress")["ToPort"] == 5433


@pytest.mark.parametrize(
    ("kind", "name"), [("instance", "DBInstance"), ("cluster", "DBCluster"), ("proxy", "DBProxy")]
)
def test_a_looked_up_engine_that_differs_from_the_file_is_an_error(
    stack_of: Callable[[str], Template], found: dict[str, dict[str, Any]], kind: str, name: str
) -> None:
    # Given a table for MySQL, and one for PostgreSQL, each of which finds the other
    with pytest.raises(ConfigError) as for_postgres:
        stack_of(f'{POSTGRES}\n{kind} = "orders-db"')
    found[f"AWS::RDS::{name}"] = as_postgresql(found)[f"AWS::RDS::{name}"]
    with pytest.raises(ConfigError) as for_mysql:
        stack_of(f'{QUERY}\n{kind} = "orders-db"')

    # Then
    for caught, found_engine, remedy in (
        (for_postgres, "MySQL", "keys database and engine"),
        (for_mysql, "PostgreSQL", "key database"),
    ):
        (error,) = caught.value.errors
        assert error.startswith(f'{kind} "orders-db" is {found_engine}, ')
        assert remedy in error


@pytest.mark.parametrize(
    ("kind", "resource", "name", "engine"),
    [
        ("instance", "AWS::RDS::DBInstance", "Engine", "oracle-se2"),
        ("instance", "AWS::RDS::DBInstance", "Engine", "sqlserver-ex"),
        ("cluster", "AWS::RDS::DBCluster", "Engine", "neptune"),
        ("proxy", "AWS::RDS::DBProxy", "EngineFamily", "SQLSERVER"),
    ],
)
def test_an_engine_that_is_not_supported_is_an_error(
    stack_of: Callable[[str], Template],
    found: dict[str, dict[str, Any]],
    kind: str,
    resource: str,
    name: str,
    engine: str,
) -> None:
    # Given
    found[resource][name] = engine

    # When
    with pytest.raises(ConfigError) as caught:
        stack_of(f'{QUERY}\n{kind} = "orders-db"')

    # Then
    (error,) = caught.value.errors
    assert error.startswith(f'{kind} "orders-db" has the engine {engine}')
    assert "MySQL and PostgreSQL" in error


@pytest.mark.parametrize(("key", "port"), [("", 5432), ("port = 6432", 6432)])
def test_a_postgresql_given_by_hand_has_its_usual_port(
    stack_of: Callable[[str], Template], key: str, port: int
) -> None:
    # When
    template = stack_of(
        BY_HAND.replace("port = 3307", key).replace('schema = "shop"', 'engine = "postgres"\ndatabase = "company"')
    )

    # Then
    assert environment(template)["DATABASE_PORT"] == str(port)
    assert (environment(template)["DATABASE_ENGINE"], environment(template)["DATABASE_NAME"]) == (
        "postgres",
        "company",
    )
    assert only(template, "AWS::EC2::SecurityGroupIngress")["FromPort"] == port


def test_a_cluster_is_queried_at_its_reader_and_prepared_at_its_writer(stack_of: Callable[[str], Template]) -> None:
    # When
    template = stack_of(f'{QUERY}\ncluster = "orders-db"\nprepare = true')

    # Then
    hosts = {
        one["Handler"].split(".")[1]: one["Environment"]["Variables"]["DATABASE_HOST"].split(".")[1]
        for one in resources(template, "AWS::Lambda::Function")
    }
    assert hosts == {"query_database": "cluster-ro-x1", "prepare_database": "cluster-x1"}


def test_the_most_private_subnets_are_chosen_one_per_zone(stack_of: Callable[[str], Template]) -> None:
    template = stack_of(f'{QUERY}\ninstance = "orders-db"')
    assert only(template, "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"] == [
        "subnet-000020a1",
        "subnet-000020b1",
    ]


def test_subnets_by_their_ids(stack_of: Callable[[str], Template]) -> None:
    template = stack_of(f'{QUERY}\ninstance = "orders-db"\nsubnets = ["subnet-000000c3"]')
    assert only(template, "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"] == ["subnet-000000c3"]


def test_a_database_given_by_hand_needs_no_lookup(stack_of: Callable[[str], Template]) -> None:
    # When
    template = stack_of(BY_HAND)

    # Then
    assert environment(template)["DATABASE_HOST"] == "orders.cluster-x1.eu-central-1.rds.amazonaws.com"
    assert environment(template)["DATABASE_PORT"] == "3307"
    assert "dbuser:db-ABCDEFGHIJKL/sidestep" in may_connect_to(template)
    assert only(template, "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"] == ["subnet-000000a1", "subnet-000000b2"]
    assert only(template, "AWS::EC2::SecurityGroup")["VpcId"] == "vpc-0a1b2c3d"


def test_one_security_group_rule_admits_the_function(stack_of: Callable[[str], Template]) -> None:
    # When
    template = stack_of(BY_HAND)

    # Then
    ingress = only(template, "AWS::EC2::SecurityGroupIngress")
    egress = only(template, "AWS::EC2::SecurityGroupEgress")
    assert (ingress["GroupId"], ingress["FromPort"], ingress["ToPort"]) == ("sg-0000000d", 3307, 3307)
    assert (egress["DestinationSecurityGroupId"], egress["FromPort"], egress["ToPort"]) == ("sg-0000000d", 3307, 3307)
    assert ingress["SourceSecurityGroupId"] == egress["GroupId"]


def test_the_databases_group_may_be_managed_elsewhere(stack_of: Callable[[str], Template]) -> None:
    # When
    template = stack_of(f"{BY_HAND}\ningress = false")

    # Then the stack touches nothing of the database's
    assert not resources(template, "AWS::EC2::SecurityGroupIngress")
    assert only(template, "AWS::EC2::SecurityGroupEgress")["DestinationSecurityGroupId"] == "sg-0000000d"


def test_of_several_groups_one_can_be_named(stack_of: Callable[[str], Template]) -> None:
    template = stack_of(f'{QUERY}\ninstance = "orders-db"\nsecurity_group = "sg-0000000e"')
    assert only(template, "AWS::EC2::SecurityGroupIngress")["GroupId"] == "sg-0000000e"


def test_each_distinct_schedule_names_its_queries(stack_of: Callable[[str], Template]) -> None:
    # Given a query with a schedule of its own
    text = f"""{BY_HAND}
[[query]]
name = "nightly"
schedule = "cron(0 3 * * ? *)"
timezone = "Europe/Berlin"
timeout = 300
sql = "SELECT SUM(amount) AS Turnover FROM orders"
metrics = {{ Turnover = {{}} }}
"""

    # When
    template = stack_of(text)

    # Then
    schedules = {
        (one["ScheduleExpression"], one["ScheduleExpressionTimezone"]): json.loads(one["Target"]["Input"])["Queries"]
        for one in resources(template, "AWS::Scheduler::Schedule")
    }
    assert schedules == {
        ("rate(5 minutes)", "UTC"): ["orders"],
        ("cron(0 3 * * ? *)", "Europe/Berlin"): ["nightly"],
    }

    # And the one state machine leaves the longer run the time that it needs
    definition = json.loads(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    assert definition["TimeoutSeconds"] == 335
    assert only(template, "AWS::Lambda::Function")["Timeout"] == 320
