"""Stacks of other people's apps, with databases of each kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aws_cdk import App, RemovalPolicy, Stack, aws_ec2, aws_rds

from sidestep import Metric, Query, SqlMetrics, paths
from sidestep.infrastructure.app_database import AppDatabase
from tests.infrastructure.conftest import Template

BUILD: Final = paths.ROOT / paths.BUILD

MYSQL: Final = aws_rds.DatabaseInstanceEngine.mysql(version=aws_rds.MysqlEngineVersion.of("8.4.9", "8.4"))
AURORA_POSTGRES: Final = aws_rds.DatabaseClusterEngine.aurora_postgres(
    version=aws_rds.AuroraPostgresEngineVersion.VER_16_6
)

ORDERS: Final = Query(
    name="orders", sql="SELECT COUNT(*) AS Orders FROM orders", metrics={"Orders": Metric(unit="Count")}
)

KEYS: Final[dict[str, Any]] = {
    "queries": [ORDERS],
    "namespace": "Shop",
    "schedule": "rate(5 minutes)",
    "build": BUILD,
}
"""What is valid for every database, but for the name of its schema."""

FOR_MYSQL: Final[dict[str, Any]] = {"schema": "shop"}
FOR_POSTGRES: Final[dict[str, Any]] = {"database_name": "company"}


def new_vpc(stack: Stack) -> aws_ec2.Vpc:
    return aws_ec2.Vpc(
        stack,
        "Vpc",
        nat_gateways=0,
        create_internet_gateway=False,
        restrict_default_security_group=False,  # nothing uses it, and emptying it needs another function
        subnet_configuration=[
            aws_ec2.SubnetConfiguration(name="Isolated", subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED)
        ],
    )


def known_vpc(stack: Stack) -> aws_ec2.IVpc:
    return aws_ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0a1b2c3d",
        availability_zones=["eu-central-1a", "eu-central-1b"],
        private_subnet_ids=["subnet-000000b1", "subnet-000000b2"],
        private_subnet_route_table_ids=["rtb-1", "rtb-2"],
        isolated_subnet_ids=["subnet-000000c1", "subnet-000000c2"],
        isolated_subnet_route_table_ids=["rtb-3", "rtb-4"],
    )


def known_group(stack: Stack) -> aws_ec2.ISecurityGroup:
    return aws_ec2.SecurityGroup.from_security_group_id(stack, "KnownGroup", "sg-0000000d")


def new_instance(stack: Stack, vpc: aws_ec2.IVpc, **more: Any) -> aws_rds.DatabaseInstance:  # noqa: ANN401
    return aws_rds.DatabaseInstance(
        stack,
        "Instance",
        engine=MYSQL,
        vpc=vpc,
        vpc_subnets=aws_ec2.SubnetSelection(subnets=vpc.isolated_subnets),
        storage_encrypted=True,
        removal_policy=RemovalPolicy.DESTROY,
        **{"iam_authentication": True} | more,
    )


def new_replica(stack: Stack, vpc: aws_ec2.IVpc) -> aws_rds.DatabaseInstanceReadReplica:
    return aws_rds.DatabaseInstanceReadReplica(
        stack,
        "Replica",
        source_database_instance=new_instance(stack, vpc),
        instance_type=aws_ec2.InstanceType("t4g.small"),
        vpc=vpc,
        vpc_subnets=aws_ec2.SubnetSelection(subnets=vpc.isolated_subnets),
        storage_encrypted=True,
        iam_authentication=True,
    )


def known_instance(stack: Stack, _vpc: aws_ec2.IVpc, **more: Any) -> aws_rds.IDatabaseInstance:  # noqa: ANN401
    attributes: dict[str, Any] = {"engine": MYSQL, "instance_resource_id": "db-INSTANCE"}
    return aws_rds.DatabaseInstance.from_database_instance_attributes(
        stack,
        "KnownInstance",
        instance_identifier="orders-db",
        instance_endpoint_address="orders-db.x1.eu-central-1.rds.amazonaws.com",
        port=3307,
        security_groups=[known_group(stack)],
        **attributes | more,
    )


def new_cluster(stack: Stack, vpc: aws_ec2.IVpc, **more: Any) -> aws_rds.DatabaseCluster:  # noqa: ANN401
    return aws_rds.DatabaseCluster(
        stack,
        "Cluster",
        engine=AURORA_POSTGRES,
        vpc=vpc,
        vpc_subnets=aws_ec2.SubnetSelection(subnets=vpc.isolated_subnets),
        writer=aws_rds.ClusterInstance.serverless_v2("Writer"),
        storage_encrypted=True,
        **{"iam_authentication": True} | more,
    )


def known_cluster(stack: Stack, _vpc: aws_ec2.IVpc, **more: Any) -> aws_rds.IDatabaseCluster:  # noqa: ANN401
    attributes: dict[str, Any] = {
        "reader_endpoint_address": "orders-db.cluster-ro-x1.eu-central-1.rds.amazonaws.com",
        "port": 5433,
        "cluster_resource_identifier": "cluster-CLUSTER",
        "engine": AURORA_POSTGRES,
        "security_groups": [known_group(stack)],
    }
    return aws_rds.DatabaseCluster.from_database_cluster_attributes(
        stack, "KnownCluster", cluster_identifier="orders-db", **attributes | more
    )


def new_proxy(stack: Stack, vpc: aws_ec2.IVpc, **more: Any) -> aws_rds.DatabaseProxy:  # noqa: ANN401
    cluster = new_cluster(stack, vpc)
    assert cluster.secret
    return cluster.add_proxy(
        "Proxy",
        secrets=[cluster.secret],
        vpc=vpc,
        vpc_subnets=aws_ec2.SubnetSelection(subnets=vpc.isolated_subnets),
        **{"iam_auth": True} | more,
    )


def known_proxy(stack: Stack, _vpc: aws_ec2.IVpc) -> aws_rds.IDatabaseProxy:
    return aws_rds.DatabaseProxy.from_database_proxy_attributes(
        stack,
        "KnownProxy",
        db_proxy_arn="arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-0proxy",
        db_proxy_name="orders",
        endpoint="orders.proxy-x1.eu-central-1.rds.amazonaws.com",
        security_groups=[known_group(stack)],
    )


def known_serverless_cluster(stack: Stack, _vpc: aws_ec2.IVpc) -> aws_rds.IServerlessCluster:
    return aws_rds.ServerlessCluster.from_serverless_cluster_attributes(
        stack, "Serverless", cluster_identifier="orders"
    )


def known_shop(app: App, stack_id: str = "Shop", **more: Any) -> SqlMetrics:  # noqa: ANN401
    """Return the metrics of a database that exists already, in a stack of its own; no resource is a database's."""
    stack = Stack(app, stack_id)
    vpc = known_vpc(stack)
    keys = KEYS | FOR_MYSQL | {"vpc": vpc, "database": known_instance(stack, vpc)} | more
    return SqlMetrics(stack, "Orders", **keys)


def stack_with(
    app: App,
    create: Callable[[Stack, aws_ec2.IVpc], AppDatabase],
    *,
    network: Callable[[Stack], aws_ec2.IVpc] = new_vpc,
    **more: Any,  # noqa: ANN401
) -> SqlMetrics:
    """Return the metrics of a database, all in one stack."""
    stack = Stack(app, "Shop")
    vpc = network(stack)
    return SqlMetrics(stack, "Orders", vpc=vpc, database=create(stack, vpc), **KEYS | more)


def template_of(app: App, name: str = "Shop") -> Template:
    template: Template = app.synth().get_stack_by_name(name).template
    return template


def app_without_flags(folder: Path) -> App:
    """Return an app as an old one is: without feature flags."""
    return App(outdir=str(folder / "out"))
