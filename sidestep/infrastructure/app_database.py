"""The database of a CDK app: what the CDK knows of it, and what the app must add."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar, cast

from aws_cdk import ArnFormat, Stack, Token, aws_ec2, aws_rds

from sidestep.config.certificates import AMAZON_ROOTS, RDS_ROOTS
from sidestep.config.databases import AppLogin
from sidestep.config.engines import ENGINES, Engine, engine_from_alias
from sidestep.config.errors import ConfigError
from sidestep.infrastructure.database_access import DatabaseAccess

AppDatabase: TypeAlias = aws_rds.IDatabaseInstance | aws_rds.IDatabaseCluster | aws_rds.IDatabaseProxy
"""A database that the app creates, looks up or imports."""

T = TypeVar("T")

_PLACEHOLDER: Final = "TEST"
"""The beginning of the CDK's values of a database, which has no groups, until the command line has looked it up."""

_IAM_IS_OFF: Final = "database: its IAM authentication is off, but the function logs in with IAM tokens; "
_NO_ENDPOINT: Final = "database: was imported without its endpoint and port; pass them to "


@dataclass(frozen=True, kw_only=True)
class AppEndpoint:
    """What differs between the kinds of databases. None is unknown to the CDK.

    Attributes:
        host, port: the endpoint; without a port, it is the engine's default.
        engine: RDS's name of the engine.
        resource_id: the ID in rds-db ARNs.
        connections: the security groups.
        certificates: the name of the file with the authorities of its certificate.
    """

    host: str
    port: float | None
    engine: str | None
    resource_id: str | None
    connections: aws_ec2.Connections | None
    certificates: str = RDS_ROOTS.name


def endpoint_of(database: AppDatabase) -> AppEndpoint:
    """Return what the CDK knows of a database.

    Raises:
        ConfigError: the function could not connect to it.
    """
    if hasattr(database, "instance_identifier"):
        return _instance(cast("aws_rds.IDatabaseInstance", database))
    if hasattr(database, "db_proxy_name"):
        return _proxy(cast("aws_rds.IDatabaseProxy", database))
    if hasattr(database, "cluster_identifier") and hasattr(database, "grant_connect"):
        return _cluster(database)
    raise ConfigError(
        [
            f"database: is a {type(database).__name__}; pass a DatabaseInstance, DatabaseCluster or DatabaseProxy of "
            "aws_rds (a ServerlessCluster has no IAM authentication)"
        ]
    )


def engine_of(endpoint: AppEndpoint, engine: str | None) -> str:
    """Return the engine's name: `engine`, which the app passes, or that of the database.

    Raises:
        ConfigError: it is unknown, or Sidestep does not support it.
    """
    choices = " or ".join(f'engine="{name}"' for name in ENGINES)
    if engine:
        return engine
    if not endpoint.engine:
        raise ConfigError([f"engine: the CDK does not know it for this database; pass {choices}"])
    found = engine_from_alias(endpoint.engine)
    if not found:
        titles = " and ".join(one.title for one in ENGINES.values())
        raise ConfigError([f"database: has the engine {endpoint.engine}; Sidestep supports {titles}"])
    return found.name


def access_to(
    endpoint: AppEndpoint,
    login: AppLogin,
    *,
    vpc: aws_ec2.IVpc,
    subnets: aws_ec2.SubnetSelection | None,
    security_groups: Sequence[aws_ec2.ISecurityGroup] | None,
    resource_id: str | None,
) -> DatabaseAccess:
    """Return what the functions need to know; arguments of the app replace what the CDK knows.

    Raises:
        ConfigError: neither the CDK nor the app knows it.
    """
    resource_id = resource_id or endpoint.resource_id
    if not resource_id:
        raise ConfigError(
            [
                'resource_id: the CDK does not know it for this database; pass resource_id="db-..." (`aws rds '
                "describe-db-instances` prints it as DbiResourceId, describe-db-clusters as DbClusterResourceId)"
            ]
        )
    return DatabaseAccess(
        vpc=vpc,
        subnets=aws_ec2.SubnetSelection(subnets=_subnets(vpc, subnets)),
        connections=_connections(endpoint, login.engine, security_groups),
        host=endpoint.host,
        writer=endpoint.host,
        port=_as_text(endpoint.port or login.engine.port),
        engine=login.engine,
        database=login.database,
        schema=login.default_schema,
        user=login.user,
        resource_id=resource_id,
        certificates=endpoint.certificates,
    )


def _instance(database: aws_rds.IDatabaseInstance) -> AppEndpoint:
    own = database.node.default_child
    created = own if isinstance(own, aws_rds.CfnDBInstance) else None
    if created and not Stack.of(created).resolve(created.enable_iam_database_authentication):
        raise ConfigError([f"{_IAM_IS_OFF}create the instance with iam_authentication=True"])
    return AppEndpoint(
        host=database.instance_endpoint.hostname,
        port=database.instance_endpoint.port,
        engine=database.engine.engine_type if database.engine else None,
        # Not instance_resource_id of a created instance: for a replica, it is an ARN in apps without a feature flag
        # (@aws-cdk/aws-rds:setCorrectValueForDatabaseInstanceReadReplicaInstanceResourceId).
        resource_id=created.attr_dbi_resource_id if created else database.instance_resource_id,
        connections=database.connections,
    )


def _cluster(database: aws_rds.IDatabaseCluster) -> AppEndpoint:
    """Return the reader endpoint, as for a cluster in a file."""
    own = database.node.default_child
    created = own if isinstance(own, aws_rds.CfnDBCluster) else None
    if created and not Stack.of(created).resolve(created.enable_iam_database_authentication):
        raise ConfigError([f"{_IAM_IS_OFF}create the cluster with iam_authentication=True"])
    reader = _known(lambda: database.cluster_read_endpoint)
    if not reader:
        raise ConfigError([f"{_NO_ENDPOINT}from_database_cluster_attributes (reader_endpoint_address, port)"])
    return AppEndpoint(
        host=reader.hostname,
        port=reader.port,
        engine=database.engine.engine_type if database.engine else None,
        resource_id=_known(lambda: database.cluster_resource_identifier),
        connections=database.connections,
    )


def _proxy(database: aws_rds.IDatabaseProxy) -> AppEndpoint:
    """Return the endpoint of a proxy, which has a public certificate and always the default port of its engine.

    Source: RDS user guide, "Connecting to a database through RDS Proxy".
    """
    own = database.node.default_child
    created = own if isinstance(own, aws_rds.CfnDBProxy) else None
    if created and not _has_iam_authentication(created):
        raise ConfigError([f"{_IAM_IS_OFF}create the proxy with iam_auth=True"])
    parts = Stack.of(database).split_arn(database.db_proxy_arn, ArnFormat.COLON_RESOURCE_NAME)
    return AppEndpoint(
        host=database.endpoint,
        port=None,
        engine=created.engine_family if created else None,
        resource_id=parts.resource_name,
        connections=getattr(database, "connections", None),  # an imported proxy has none
        certificates=AMAZON_ROOTS.name,
    )


def _as_text(port: float) -> str:
    """Return a port for an environment variable; CloudFormation may know it only at deployment."""
    return Token.as_string(port) if Token.is_unresolved(port) else str(int(port))


def _has_iam_authentication(proxy: aws_rds.CfnDBProxy) -> bool:
    """Return whether clients may log in with IAM tokens (RDS API reference, UserAuthConfig)."""
    secrets = Stack.of(proxy).resolve(proxy.auth) or []
    return proxy.default_auth_scheme == "IAM_AUTH" or any(one.get("iamAuth") != "DISABLED" for one in secrets)


def _known(read: Callable[[], T]) -> T | None:
    """Return an attribute; None if the database was imported without it."""
    try:
        return read()
    except RuntimeError:  # jsii's, for each error of the CDK
        return None


def _connections(
    endpoint: AppEndpoint, engine: Engine, groups: Sequence[aws_ec2.ISecurityGroup] | None
) -> aws_ec2.Connections:
    known = endpoint.connections.security_groups if endpoint.connections else []
    admitting = list(groups or known)
    if not admitting and not endpoint.host.startswith(_PLACEHOLDER):
        raise ConfigError(
            [
                "security_groups: the CDK does not know those of this database; pass the group that shall admit the "
                "function"
            ]
        )
    port = aws_ec2.Port.tcp(endpoint.port or engine.port)
    return aws_ec2.Connections(security_groups=admitting, default_port=port)


def _subnets(vpc: aws_ec2.IVpc, selection: aws_ec2.SubnetSelection | None) -> list[aws_ec2.ISubnet]:
    """Return the selected subnets; by default one per zone, all of the most private type in the VPC."""
    if selection:
        chosen = vpc.select_subnets(
            availability_zones=selection.availability_zones,
            one_per_az=selection.one_per_az,
            subnet_filters=selection.subnet_filters,
            subnet_group_name=selection.subnet_group_name,
            subnets=selection.subnets,
            subnet_type=selection.subnet_type,
        ).subnets
    else:
        private = vpc.isolated_subnets or vpc.private_subnets or vpc.public_subnets
        chosen = vpc.select_subnets(subnets=private, one_per_az=True).subnets if private else []
    if not chosen:
        raise ConfigError(["subnets: the app knows no subnets of the VPC; pass those of the function"])
    return chosen
