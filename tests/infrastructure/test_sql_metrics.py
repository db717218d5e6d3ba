"""The construct in other people's apps: which database it connects to, what it says of errors, and what it offers."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import (
    App,
    Environment,
    Stack,
    Stage,
    Token,
    aws_cloudwatch,
    aws_cloudwatch_actions,
    aws_ec2,
    aws_iam,
    aws_lambda,
    aws_rds,
    aws_sns,
)

from sidestep import Alarm, Metric, Query, SqlMetrics
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from tests.infrastructure import apps
from tests.infrastructure.apps import FOR_MYSQL, FOR_POSTGRES, ORDERS
from tests.infrastructure.conftest import Template, new_app, only, resources
from tests.infrastructure.test_least_privilege import (
    ARN,
    check_query_function,
    check_schedule,
    check_state_machine,
    logical_id,
    statements_of_role,
)
from tests.infrastructure.test_nag import findings_in
from tests.infrastructure.test_template import text

OPEN_ORDERS = Metric(unit="Count", rollup=True, alarm=Alarm(above=500, for_=3))

MISSPELT = Metric(unit="Cuont", rollup=True, alarm=OPEN_ORDERS.alarm)  # type: ignore[arg-type]

BY_COUNTRY = Query(
    name="orders_by_country",
    sql="SELECT country AS Country, COUNT(*) AS OpenOrders FROM orders GROUP BY country",
    dimensions=["Country"],
    fixed_dimensions={"Shop": "main"},
    metrics={"OpenOrders": OPEN_ORDERS},
)

FILE = """
namespace = "Shop"
schedule = "rate(5 minutes)"

[[query]]
name = "orders_by_country"
sql = "SELECT country AS Country, COUNT(*) AS OpenOrders FROM orders GROUP BY country"
dimensions = ["Country"]
fixed_dimensions = { Shop = "main" }
metrics.OpenOrders = { unit = "Count", rollup = true, alarm = { above = 500, for = 3 } }
"""

SQL_SERVER = aws_rds.DatabaseInstanceEngine.SQL_SERVER_EX

Create = Callable[[Stack, aws_ec2.IVpc], Any]


@pytest.fixture
def app(tmp_path: Path) -> App:
    return new_app(tmp_path / "out")


def environment(template: Template) -> dict[str, str]:
    variables = only(template, "AWS::Lambda::Function")["Environment"]["Variables"]
    return {name.removeprefix("DATABASE_").lower(): text(value) for name, value in variables.items()}


def user_in_policy(template: Template) -> str:
    """Return the end of the rds-db ARN that the function may connect as."""
    role = logical_id(template, "AWS::IAM::Role", part="QueryDatabase")
    ((arn,),) = [
        found for _, actions, found, _ in statements_of_role(template, role) if actions == ["rds-db:connect"]
    ]
    return arn.removeprefix(ARN.format("rds-db", "dbuser:"))


def without_names(value: str) -> str:
    """Replace logical ids by the first word of them."""
    return re.sub(r"<([A-Z][a-z]+)\w*", r"<\1", value)


@pytest.mark.parametrize(
    ("create", "login", "host", "port", "user", "roots"),
    [
        (
            apps.new_instance,
            FOR_MYSQL,
            "<Instance.Endpoint.Address>",
            "<Instance.Endpoint.Port>",
            "<Instance.DbiResourceId>",
            "rds",
        ),
        (
            apps.new_replica,
            FOR_MYSQL | {"engine": "mysql"},
            "<Replica.Endpoint.Address>",
            "<Replica.Endpoint.Port>",
            "<Replica.DbiResourceId>",
            "rds",
        ),
        (apps.known_instance, FOR_MYSQL, "orders-db.x1.eu-central-1.rds.amazonaws.com", "3307", "db-INSTANCE", "rds"),
        (
            apps.new_cluster,
            FOR_POSTGRES,
            "<Cluster.ReadEndpoint.Address>",
            "<Cluster.Endpoint.Port>",
            "<Cluster.DBClusterResourceId>",
            "rds",
        ),
        (
            apps.known_cluster,
            FOR_POSTGRES,
            "orders-db.cluster-ro-x1.eu-central-1.rds.amazonaws.com",
            "5433",
            "cluster-CLUSTER",
            "rds",
        ),
        (apps.new_proxy, FOR_POSTGRES, "<Cluster.Endpoint>", "5432", "part 6 of <Cluster.DBProxyArn>", "amazon"),
    ],
)
def test_the_function_connects_to_a_database_of_the_app(
    tmp_path: Path, create: Create, login: dict[str, Any], host: str, port: str, user: str, roots: str
) -> None:
    # Given an app without feature flags, which decide on attributes of the CDK's databases
    app = apps.app_without_flags(tmp_path)

    # When
    apps.stack_with(app, create, **login)
    template = apps.template_of(app)

    # Then
    found = environment(template)
    assert (without_names(found["host"]), without_names(found["port"])) == (host, port)
    assert found["certificates"] == f"{roots}-roots.pem"
    assert (found["engine"], found["name"], found["schema"], found["user"]) == (
        ("mysql", "shop", "shop", "sidestep") if "schema" in login else ("postgres", "company", "public", "sidestep")
    )
    assert without_names(user_in_policy(template)) == f"{user}/sidestep"


def test_what_the_cdk_does_not_know_is_an_argument(app: App) -> None:
    # Given a proxy and an instance, of which an app knows little more than the names
    proxied, instance = Stack(app, "Proxied"), Stack(app, "Instance")
    keys = apps.KEYS | {"schema": "shop", "engine": "mysql", "user": "metrics"}

    # When
    vpc = apps.known_vpc(proxied)
    database = apps.known_proxy(proxied, vpc)
    group = aws_ec2.SecurityGroup.from_security_group_id(proxied, "Group", "sg-0000000d")
    SqlMetrics(proxied, "A", vpc=vpc, database=database, security_groups=[group], **keys)
    vpc = apps.known_vpc(instance)
    unknown = apps.known_instance(instance, vpc, engine=None, instance_resource_id=None)
    SqlMetrics(instance, "A", vpc=vpc, database=unknown, resource_id="db-GIVEN", **keys)

    # Then
    template = apps.template_of(app, "Proxied")
    assert environment(template)["host"] == "orders.proxy-x1.eu-central-1.rds.amazonaws.com"
    assert (environment(template)["port"], environment(template)["certificates"]) == ("3306", "amazon-roots.pem")
    assert user_in_policy(template) == "prx-0proxy/metrics"
    assert only(template, "AWS::EC2::SecurityGroupIngress")["GroupId"] == "sg-0000000d"
    assert user_in_policy(apps.template_of(app, "Instance")) == "db-GIVEN/metrics"


@pytest.mark.parametrize("create", [apps.new_instance, apps.new_proxy, apps.known_cluster])
def test_the_function_and_the_database_admit_each_other_at_one_port(app: App, create: Create) -> None:
    # When
    login = FOR_MYSQL if create is apps.new_instance else FOR_POSTGRES
    metrics = apps.stack_with(app, create, **login)
    template = apps.template_of(app)

    # Then
    own = logical_id(template, "AWS::EC2::SecurityGroup", part="QueryDatabase")
    (egress,) = resources(template, "AWS::EC2::SecurityGroupEgress")
    ingress = [
        rule
        for rule in resources(template, "AWS::EC2::SecurityGroupIngress")
        if text(rule["SourceSecurityGroupId"]) == f"<{own}.GroupId>"
    ]
    assert text(egress["GroupId"]) == f"<{own}.GroupId>"
    assert [rule["GroupId"] for rule in ingress] == [egress["DestinationSecurityGroupId"]]
    assert {text(rule[key]) for rule in (egress, *ingress) for key in ("FromPort", "ToPort")} == {
        environment(template)["port"]
    }
    assert len(metrics.connections.security_groups) == 1


def test_the_function_is_in_the_most_private_subnets_or_in_those_of_the_app(app: App) -> None:
    # When
    apps.known_shop(app, "Default")
    by_type = aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_WITH_EGRESS)
    apps.known_shop(app, "Selected", subnets=by_type)

    # Then
    def subnets(stack: str) -> object:
        return only(apps.template_of(app, stack), "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"]

    assert subnets("Default") == ["subnet-000000c1", "subnet-000000c2"]
    assert subnets("Selected") == ["subnet-000000b1", "subnet-000000b2"]


def test_public_subnets_are_used_if_there_are_no_others(app: App) -> None:
    # Given
    stack = Stack(app, "Shop")
    vpc = aws_ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0a1b2c3d",
        availability_zones=["eu-central-1a"],
        public_subnet_ids=["subnet-000000a1"],
        public_subnet_route_table_ids=["rtb-1"],
    )

    # When
    database = apps.known_instance(stack, vpc)
    SqlMetrics(stack, "Orders", vpc=vpc, database=database, **apps.KEYS | FOR_MYSQL)

    # Then
    function = only(apps.template_of(app), "AWS::Lambda::Function")
    assert function["VpcConfig"]["SubnetIds"] == ["subnet-000000a1"]


def test_a_database_may_be_in_another_stack(app: App) -> None:
    # Given
    data, shop = Stack(app, "Data"), Stack(app, "Metrics")
    vpc = apps.new_vpc(data)
    database = apps.new_instance(data, vpc)

    # When
    SqlMetrics(shop, "Orders", vpc=vpc, database=database, **apps.KEYS | FOR_MYSQL)
    template = apps.template_of(app, "Metrics")

    # Then only the stack with the metrics depends on the other one
    assert not resources(apps.template_of(app, "Data"), "AWS::Lambda::Function")
    assert [stack.node.id for stack in shop.dependencies] == ["Data"]
    assert not data.dependencies
    assert resources(template, "AWS::EC2::SecurityGroupIngress")


@pytest.mark.parametrize(
    ("create", "keys", "name", "facts"),
    [
        (apps.known_instance, {}, "schema", []),
        (apps.known_instance, {"schema": "shop", "database_name": "x"}, "database_name", ["PostgreSQL"]),
        (apps.known_cluster, {}, "database_name", ["PostgreSQL"]),
        (apps.known_instance, {"schema": "shop", "user": "root"}, "user", ["'root'"]),
        (apps.known_instance, {"schema": "shop", "engine": "mariadb"}, "engine", ['"mysql"']),
        (apps.known_instance, {"schema": "shop", "name": "a/b"}, "name", ["'a/b'"]),
        (apps.known_instance, {"schema": "shop", "fixed_dimensions": {"": "x"}}, "fixed_dimensions.", ["''"]),
        (apps.known_instance, {"schema": "shop", "namespace": "AWS/Shop"}, "namespace", ["'AWS/Shop'"]),
        (apps.known_instance, {"schema": "shop", "schedule": None}, "schedule", []),
        (apps.known_instance, {"schema": "shop", "notify": "me@example.com"}, "notify", ["list"]),
        (apps.known_instance, {"schema": "shop", "certificates": "none.pem"}, "certificates", ["none.pem"]),
        (apps.known_instance, {"schema": "shop", "queries": []}, "query", []),
        (apps.known_instance, {"schema": "shop", "metrics": "metrics.toml"}, "", ["metrics", "queries"]),
        (apps.known_instance, {"schema": "shop", "queries": None}, "", ["metrics", "queries"]),
        (lambda s, v: apps.known_instance(s, v, engine=None), FOR_MYSQL, "engine", ['"mysql"', '"postgres"']),
        (
            lambda s, v: apps.known_instance(s, v, instance_resource_id=None),
            FOR_MYSQL,
            "resource_id",
            ["DbiResourceId"],
        ),
        (lambda s, v: apps.known_instance(s, v, engine=SQL_SERVER), FOR_MYSQL, "database", ["sqlserver-ex"]),
        (
            lambda s, v: apps.known_cluster(s, v, cluster_resource_identifier=None),
            FOR_POSTGRES,
            "resource_id",
            ["DbClusterResourceId"],
        ),
        (
            lambda s, v: apps.known_cluster(s, v, reader_endpoint_address=None),
            FOR_POSTGRES,
            "database",
            ["reader_endpoint_address"],
        ),
        (lambda s, v: apps.known_cluster(s, v, security_groups=[]), FOR_POSTGRES, "security_groups", []),
        (apps.known_proxy, FOR_MYSQL | {"engine": "mysql"}, "security_groups", []),
        (apps.known_proxy, FOR_MYSQL, "engine", ['"mysql"', '"postgres"']),
        (
            lambda s, v: apps.new_instance(s, v, iam_authentication=False),
            FOR_MYSQL,
            "database",
            ["iam_authentication=True"],
        ),
        (
            lambda s, v: apps.new_cluster(s, v, iam_authentication=None),
            FOR_POSTGRES,
            "database",
            ["iam_authentication=True"],
        ),
        (lambda s, v: apps.new_proxy(s, v, iam_auth=False), FOR_POSTGRES, "database", ["iam_auth=True"]),
        (apps.known_serverless_cluster, FOR_MYSQL, "database", ["ServerlessCluster"]),
    ],
)
def test_an_error_names_the_construct_and_the_argument(
    app: App, create: Create, keys: dict[str, Any], name: str, facts: list[str]
) -> None:
    # When
    with pytest.raises(ConfigError) as caught:
        apps.stack_with(app, create, network=apps.known_vpc, **keys)

    # Then
    (message,) = caught.value.errors
    assert message.startswith(f"Shop/Orders: {name}")
    assert all(fact in message for fact in facts), message


def test_a_database_is_not_validated_before_it_is_looked_up(app: App) -> None:
    # Given the CDK's placeholders, of which some are not valid
    stack = Stack(app, "Shop", env=Environment(account="123456789012", region="eu-central-1"))
    database = aws_rds.DatabaseInstance.from_lookup(stack, "Database", instance_identifier="orders-db")

    # When
    keys = apps.KEYS | FOR_MYSQL | {"engine": "mysql"}
    SqlMetrics(stack, "Orders", vpc=apps.known_vpc(stack), database=database, **keys)

    # Then
    assembly = app.synth()
    manifest = json.loads((Path(assembly.directory) / "manifest.json").read_text(encoding="utf-8"))
    assert [lookup["props"]["exactIdentifier"] for lookup in manifest["missing"]] == ["orders-db"]


def test_a_vpc_without_known_subnets_needs_the_argument(app: App) -> None:
    # Given
    stack = Stack(app, "Shop")
    vpc = aws_ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-0a1b2c3d", availability_zones=["eu-central-1a"])

    # When / Then
    with pytest.raises(ConfigError, match="Shop/Orders: subnets"):
        SqlMetrics(stack, "Orders", vpc=vpc, database=apps.known_instance(stack, vpc), **apps.KEYS | FOR_MYSQL)


@pytest.mark.parametrize(("create", "refused"), [(apps.known_instance, True), (apps.known_proxy, False)])
def test_a_region_needs_roots_unless_the_database_is_a_proxy(app: App, create: Create, refused: bool) -> None:
    # Given a Region whose roots are not shipped, which is known at synth
    stack = Stack(app, "Shop", env=Environment(account="123456789012", region="us-gov-west-1"))
    vpc = apps.known_vpc(stack)
    group = apps.known_group(Stack(app, "Groups", env=Environment(account="123456789012", region="us-gov-west-1")))
    keys = apps.KEYS | FOR_MYSQL | {"engine": "mysql", "vpc": vpc, "security_groups": [group]}

    # When / Then
    if refused:
        with pytest.raises(ConfigError, match=r"Shop/Orders: certificates: .*us-gov-west-1"):
            SqlMetrics(stack, "Orders", database=create(stack, vpc), **keys)
    else:
        SqlMetrics(stack, "Orders", database=create(stack, vpc), **keys)


def test_objects_give_the_settings_of_a_file(tmp_path: Path) -> None:
    # Given
    file = tmp_path / "metrics.toml"
    file.write_text(FILE, encoding="utf-8")
    typed, read = new_app(tmp_path / "typed"), new_app(tmp_path / "read")

    # When
    apps.known_shop(typed, queries=[BY_COUNTRY])
    apps.known_shop(read, queries=None, metrics=file, namespace=None, schedule=None)

    # Then
    assert apps.template_of(typed) == apps.template_of(read)


def test_an_argument_replaces_a_key_of_the_file(app: App, tmp_path: Path) -> None:
    # Given
    file = tmp_path / "metrics.toml"
    file.write_text(FILE, encoding="utf-8")

    # When
    stage: dict[str, Any] = {"fixed_dimensions": {"Stage": "test"}, "schedule": "rate(1 hour)", "namespace": None}
    metrics = apps.known_shop(app, queries=None, metrics=str(file), jitter="15 minutes", **stage)

    # Then
    schedule = only(apps.template_of(app), "AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(1 hour)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    metric = metrics.metric("OpenOrders", dimensions={"Country": "DE"})
    assert metric.namespace == "Shop"
    assert metric.dimensions == {"Country": "DE", "Shop": "main", "Stage": "test"}


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        ("country AS Country", "land AS Land", {"sql": BY_COUNTRY.sql.replace("country AS Country", "land AS Land")}),
        ('"Count"', '"Cuont"', {"metrics": {"OpenOrders": MISSPELT}}),
        ("for = 3", "for = 0", {"metrics": {"OpenOrders": replace(OPEN_ORDERS, alarm=Alarm(above=500, for_=0))}}),
        ('dimensions = ["Country"]', 'timeout = 601\ndimensions = ["Country"]', {"timeout": 601}),
    ],
)
def test_an_object_gives_the_message_of_the_file(
    app: App, tmp_path: Path, before: str, after: str, wrong: dict[str, Any]
) -> None:
    # Given
    file = tmp_path / "metrics.toml"
    file.write_text(FILE.replace(before, after, 1) + "[database.shop]\nsample = true\n", encoding="utf-8")
    with pytest.raises(ConfigError) as of_the_file:
        load_settings(file)

    # When
    with pytest.raises(ConfigError) as of_the_objects:
        apps.known_shop(app, queries=[Query(**(vars(BY_COUNTRY) | wrong))])

    # Then
    assert [message.replace(str(file), "Shop/Orders", 1) for message in of_the_file.value.errors] == (
        of_the_objects.value.errors
    )


def test_a_file_keeps_its_name_in_messages_and_may_not_have_databases(app: App, tmp_path: Path) -> None:
    # Given
    file = tmp_path / "metrics.toml"
    file.write_text(f"{FILE}\ntimout = 5\n[database.shop]\nsample = true\n", encoding="utf-8")

    # When
    with pytest.raises(ConfigError) as caught:
        apps.known_shop(app, queries=None, metrics=file, namespace=None, schedule=None)

    # Then
    database, timeout = caught.value.errors
    assert database.startswith(f"Shop/Orders: {file}: database: ")
    assert timeout.startswith(f'Shop/Orders: {file}: query "orders_by_country": timout: ')


def test_a_missing_file_is_named(app: App) -> None:
    with pytest.raises(ConfigError, match=r"Shop/Orders: none\.toml: "):
        apps.known_shop(app, queries=None, metrics="none.toml")


def test_a_warning_about_a_query_is_an_annotation(app: App) -> None:
    # When
    apps.known_shop(
        app, queries=[replace(ORDERS, sql="SELECT 1 AS Orders FROM orders WHERE day = ':scheduled_time'")]
    )

    # Then
    (stack,) = app.synth().stacks
    assert any(":scheduled_time" in str(message.entry.data) for message in stack.messages)


def test_a_metric_has_its_query_s_dimensions_and_period(app: App) -> None:
    # Given
    metrics = apps.known_shop(app, queries=[BY_COUNTRY, ORDERS])

    # When
    one = metrics.metric("OpenOrders", dimensions={"Country": "DE"}, color="#1f77b4")
    total = metrics.metric("OpenOrders")
    plain = metrics.metric("Orders", statistic="Maximum")
    one.create_alarm(metrics, "Backlog", threshold=500, evaluation_periods=3)

    # Then
    assert (one.namespace, one.metric_name, one.statistic, one.color) == ("Shop", "OpenOrders", "Average", "#1f77b4")
    assert one.dimensions == {"Country": "DE", "Shop": "main"}
    assert total.dimensions == {"Shop": "main"}
    assert (plain.dimensions or {}, plain.statistic, plain.period.to_seconds()) == ({}, "Maximum", 300)
    alarms = resources(apps.template_of(app), "AWS::CloudWatch::Alarm")
    assert [alarm["Threshold"] for alarm in alarms if alarm.get("MetricName") == "OpenOrders"] == [500]


@pytest.mark.parametrize(
    ("name", "dimensions", "facts"),
    [
        ("OpenOrder", {}, ['"OpenOrders"?']),
        ("OpenOrders", {"Land": "DE"}, ["(Country)", "(Land)"]),
        ("OpenOrders", {"Country": "DE", "Shop": "other"}, ["(Country)"]),
        ("Orders", {"Country": "DE"}, ["()", "(Country)"]),
    ],
)
def test_a_metric_that_is_not_declared_is_an_error(
    app: App, name: str, dimensions: dict[str, str], facts: list[str]
) -> None:
    # Given
    metrics = apps.known_shop(app, queries=[BY_COUNTRY, ORDERS])

    # When
    with pytest.raises(ConfigError) as caught:
        metrics.metric(name, dimensions=dimensions)

    # Then
    (message,) = caught.value.errors
    assert message.startswith("Shop/Orders: ")
    assert all(fact in message for fact in facts), message


def test_grant_run_allows_starting_the_state_machine_only(app: App) -> None:
    # Given
    metrics = apps.known_shop(app)
    role = aws_iam.Role(metrics, "Operator", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))

    # When
    metrics.grant_run(role)
    template = apps.template_of(app)

    # Then
    machine = logical_id(template, "AWS::StepFunctions::StateMachine")
    assert statements_of_role(template, logical_id(template, "AWS::IAM::Role", part="Operator")) == [
        ("Allow", ["states:StartExecution"], [f"<{machine}>"], None)
    ]


def test_alarms_take_an_action_of_the_app(app: App) -> None:
    # Given
    metrics = apps.known_shop(app, queries=[BY_COUNTRY])
    topic = aws_sns.Topic(metrics, "Topic")

    # When
    metrics.add_alarm_action(aws_cloudwatch_actions.SnsAction(topic))
    template = apps.template_of(app)

    # Then
    found = resources(template, "AWS::CloudWatch::Alarm")
    assert len(found) == len(metrics.alarms) == 2
    assert [len(alarm["AlarmActions"]) for alarm in found] == [1, 1]


@pytest.mark.parametrize("none", [None, False])
def test_alarms_and_dashboard_may_be_left_out(app: App, none: Any) -> None:  # noqa: ANN401
    # When
    metrics = apps.known_shop(app, queries=[BY_COUNTRY], alarms=False, dashboard=none, notify=["me@example.com"])
    template = apps.template_of(app)

    # Then
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert not kinds & {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::SNS::Topic"}
    assert (metrics.alarms, metrics.dashboard) == ([], None)


def test_a_dashboard_of_the_app_takes_the_widgets(app: App) -> None:
    # Given
    metrics = apps.known_shop(app, queries=[BY_COUNTRY, ORDERS])

    # When
    aws_cloudwatch.Dashboard(metrics, "Mine", dashboard_name="mine").add_widgets(*metrics.widgets)

    # Then
    bodies = {
        str(one["DashboardName"]): text(one["DashboardBody"])
        for one in resources(apps.template_of(app), "AWS::CloudWatch::Dashboard")
    }
    titles = [
        [widget["properties"].get("title") for widget in json.loads(body)["widgets"]] for body in bodies.values()
    ]
    assert titles[0] == titles[1]
    assert len(titles[0]) > 4


def test_names_are_unique_and_deterministic(tmp_path: Path) -> None:
    # Given two constructs in a stack, and two stages
    def names() -> list[str]:
        app = App(outdir=str(tmp_path))
        found = []
        for scope in (app, Stage(app, "Test"), Stage(app, "Prod")):
            stack = Stack(scope, "Shop")
            vpc = apps.known_vpc(stack)
            database = apps.known_instance(stack, vpc)
            for construct in ("Orders", "Customers"):
                metrics = SqlMetrics(stack, construct, vpc=vpc, database=database, **apps.KEYS | FOR_MYSQL)
                found.append(metrics.name)
        return found

    # When
    found = names()

    # Then
    assert found == names()
    assert len(set(found)) == 6
    assert [re.sub("[0-9A-F]{8}$", "*", name) for name in found] == [
        *("Shop-Orders-*", "Shop-Customers-*"),
        *("Test-Shop-Orders-*", "Test-Shop-Customers-*"),
        *("Prod-Shop-Orders-*", "Prod-Shop-Customers-*"),
    ]


def test_a_name_given_by_the_app_is_used(app: App) -> None:
    # When
    metrics = apps.known_shop(app, name="orders")
    template = apps.template_of(app)

    # Then
    assert metrics.name == "orders"
    assert only(template, "AWS::CloudWatch::Dashboard")["DashboardName"] == "orders"
    assert only(template, "AWS::CloudWatch::Alarm")["AlarmName"] == "orders/missing"
    assert "/aws/vendedlogs/states/orders" in [
        group.get("LogGroupName") for group in resources(template, "AWS::Logs::LogGroup")
    ]


def test_outputs_have_what_commands_look_for(app: App) -> None:
    # When
    metrics = apps.known_shop(app)
    template = apps.template_of(app)

    # Then
    (output,) = [value for name, value in template["Outputs"].items() if name.startswith("OrdersStateMachine")]
    assert output["Value"] == {"Ref": logical_id(template, "AWS::StepFunctions::StateMachine")}
    assert isinstance(metrics.function, aws_lambda.Function)
    assert Token.is_unresolved(metrics.state_machine.state_machine_arn)


@pytest.mark.parametrize(
    ("create", "login", "user"),
    [
        (apps.new_instance, FOR_MYSQL, "<Instance.DbiResourceId>"),
        (apps.known_instance, FOR_MYSQL, "db-INSTANCE"),
        (apps.new_proxy, FOR_POSTGRES, "part 6 of <Cluster.DBProxyArn>"),
    ],
)
def test_the_roles_have_the_least_privileges(app: App, create: Create, login: dict[str, Any], user: str) -> None:
    # When
    apps.stack_with(app, create, **login)
    template = apps.template_of(app)

    # Then
    assert without_names(user_in_policy(template)) == f"{user}/sidestep"
    check_query_function(template, user_in_policy(template))
    check_state_machine(template, namespace="Shop")
    check_schedule(template)


@pytest.mark.parametrize("flags", [True, False])
@pytest.mark.parametrize(
    ("create", "login"),
    [(apps.new_instance, FOR_MYSQL), (apps.known_instance, FOR_MYSQL), (apps.new_proxy, FOR_POSTGRES)],
)
def test_every_finding_about_the_construct_is_acknowledged(
    tmp_path: Path, create: Create, login: dict[str, Any], flags: bool
) -> None:
    # Given
    app = new_app(tmp_path / "out") if flags else apps.app_without_flags(tmp_path)

    # When
    apps.stack_with(app, create, notify=["ops@example.com"], **login)

    # Then
    assert [finding for finding in findings_in(app) if finding[1].startswith("Shop/Orders")] == []


def test_a_name_in_the_file_is_that_of_the_construct(app: App, tmp_path: Path) -> None:
    # Given
    file = tmp_path / "metrics.toml"
    file.write_text(f'name = "orders-prod"\n{FILE}', encoding="utf-8")

    # When
    apps.known_shop(app, queries=None, metrics=file, namespace=None, schedule=None)

    # Then
    (stack,) = app.synth().stacks
    (dashboard,) = resources(stack.template, "AWS::CloudWatch::Dashboard")
    assert dashboard["DashboardName"] == "orders-prod"
