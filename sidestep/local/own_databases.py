"""Creates the databases and networks of metrics.toml on the local cloud, as they exist in an account."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.vpcs import VPC
from moto.rds.models import rds_backends

from sidestep.aws.administrator import find_secret, read_secret
from sidestep.config.databases import ByHand, Cluster, Database, Existing, Instance, Proxy, Sample
from sidestep.config.engines import MYSQL, Engine
from sidestep.connection.login import DatabaseConnection
from sidestep.lambdas.prepare_database.mysql import statements
from sidestep.lambdas.prepare_database.preparation import Preparation
from sidestep.local.cloud import ACCOUNT, REGION, LocalCloud
from sidestep.local.database import EmbeddedDatabase
from sidestep.local.gateways.gateway import Gateway
from sidestep.local.gateways.mysql import MySqlGateway
from sidestep.local.gateways.postgres import PostgresGateway
from sidestep.local.iam_authentication import TokenVerifier

Servers: TypeAlias = Mapping[str, DatabaseConnection]
"""The connections to real servers, by the names of their databases in metrics.toml."""

ADMINISTRATOR: Final = "admin"

ZONES: Final = "abc"
"""The last letters of the availability zones."""


@dataclass(frozen=True, slots=True)
class _Network:
    subnets: Sequence[str]
    security_group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Created:
    """A database of RDS.

    Attributes:
        hosts: its endpoints; queries use the first.
        resource: its id in rds-db ARNs.
        secret: the name or ARN of the administrator's secret.
    """

    hosts: Sequence[str]
    port: int
    resource: str
    secret: str


def own_secret(name: str) -> str:
    """Return the name of the administrator's secret for a database whose secret RDS does not manage."""
    return f"sidestep-local/{name}"


def create_databases(cloud: LocalCloud, databases: Mapping[str, Database], servers: Servers) -> None:
    """Create the networks and databases of metrics.toml, and listen at each endpoint.

    A gateway to a server listens if there is one, else an embedded database for MySQL. Nothing listens for
    PostgreSQL without a server. An embedded database without `prepare` already has its user.

    Raises:
        OptionError: a server cannot be reached.
    """
    for name, database in databases.items():
        if isinstance(database, Sample):
            continue
        created = _create(cloud, name, database)
        host = created.hosts[0].lower()
        verifier = TokenVerifier(
            host, created.port, REGION, partial(cloud.roles.holder_of, resource=created.resource)
        )
        if name in servers:
            gateway = _gateway(database.engine)
            certificate = cloud.certificate_for(*created.hosts)
            cloud.run_database(gateway(servers[name], certificate, verifier), created.hosts)
        elif database.engine is MYSQL:
            _embed(cloud, database, created, verifier)


def _gateway(engine: Engine) -> type[Gateway[object]]:
    return MySqlGateway if engine is MYSQL else PostgresGateway  # type: ignore[return-value]


def _embed(cloud: LocalCloud, database: Existing, created: _Created, verifier: TokenVerifier) -> None:
    embedded = EmbeddedDatabase(
        administrator=read_secret(created.secret, cloud.client),
        schema=database.default_schema,
        certificate=cloud.certificate_for(*created.hosts),
        verifier_for=lambda _: verifier,
    )
    if not database.prepare:
        preparation = Preparation(database.user, database.database, database.default_schema)
        for statement in (statements.creation(database.user), *statements.grants(preparation)):
            embedded.administer(statement)
    cloud.run_database(embedded, created.hosts)


def _create(cloud: LocalCloud, name: str, database: Existing) -> _Created:
    ec2 = ec2_backends[ACCOUNT][REGION]
    network = _network(ec2, database.vpc_id, database.subnets, database.security_group)
    match database:
        case Instance():
            return _create_instance(cloud, database, network)
        case Cluster():
            return _create_cluster(cloud, database, network)
        case Proxy():
            return _create_proxy(cloud, name, database, network)
        case ByHand():
            return _Created(
                hosts=[database.endpoint],
                port=database.port,
                resource=database.resource_id,
                secret=_keep_secret(cloud, name),
            )
        case _:
            raise TypeError(database)


def _create_instance(cloud: LocalCloud, database: Instance, network: _Network) -> _Created:
    identifier = database.instance
    cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=identifier,
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20,
        Engine=database.engine.called[0],
        MasterUsername=ADMINISTRATOR,
        ManageMasterUserPassword=True,
        EnableIAMDatabaseAuthentication=True,
        VpcSecurityGroupIds=[network.security_group],
    )
    instance = rds_backends[ACCOUNT][REGION].describe_db_instances(identifier)[0]
    instance.dbi_resource_id = f"db-{secrets.token_hex(13).upper()}"  # moto has the same id for all
    return _Created(
        hosts=[instance.address],
        port=instance.port or database.engine.port,
        resource=instance.dbi_resource_id,
        secret=find_secret(database, {}, cloud.client),
    )


def _create_cluster(cloud: LocalCloud, database: Cluster, network: _Network) -> _Created:
    cluster = cloud.client("rds").create_db_cluster(
        DBClusterIdentifier=database.cluster,
        Engine=next(name for name in database.engine.called if name.startswith("aurora")),
        MasterUsername=ADMINISTRATOR,
        ManageMasterUserPassword=True,
        EnableIAMDatabaseAuthentication=True,
        VpcSecurityGroupIds=[network.security_group],
    )["DBCluster"]
    return _Created(
        hosts=[cluster["ReaderEndpoint"], cluster["Endpoint"]],
        port=cluster["Port"],
        resource=cluster["DbClusterResourceId"],
        secret=find_secret(database, {}, cloud.client),
    )


def _create_proxy(cloud: LocalCloud, name: str, database: Proxy, network: _Network) -> _Created:
    proxy = cloud.client("rds").create_db_proxy(
        DBProxyName=database.proxy,
        EngineFamily=database.engine.called[-1],
        Auth=[{"IAMAuth": "REQUIRED"}],
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/proxy",
        VpcSubnetIds=list(network.subnets),
        VpcSecurityGroupIds=[network.security_group],
    )["DBProxy"]
    return _Created(
        hosts=[proxy["Endpoint"]],
        port=database.engine.port,
        resource=proxy["DBProxyArn"].rpartition(":")[2],
        secret=_keep_secret(cloud, name),
    )


def _keep_secret(cloud: LocalCloud, name: str) -> str:
    """Store the administrator in a secret that RDS does not manage; return its name."""
    content = {"username": ADMINISTRATOR, "password": secrets.token_urlsafe()}
    cloud.client("secretsmanager").create_secret(Name=own_secret(name), SecretString=json.dumps(content))
    return own_secret(name)


def _network(ec2: EC2Backend, vpc_id: str, subnets: Sequence[str], security_group: str | None) -> _Network:
    """Return the network of a database; create missing parts, with the ids of metrics.toml. EC2's API generates ids.

    Args:
        ec2: moto's backend.
        vpc_id: the id of the VPC.
        subnets: the ids of its subnets; if empty, the VPC gets one in each zone, with a generated id.
        security_group: the id of its security group; generated if None.
    """
    if vpc_id not in ec2.vpcs:
        _create_vpc(ec2, vpc_id)
    there = {subnet.id for subnet in ec2.describe_subnets(filters={"vpc-id": vpc_id})}
    wanted: Sequence[str | None] = subnets or ([] if there else [None] * len(ZONES))
    created = [_create_subnet(ec2, vpc_id, one) for one in wanted if one not in there]
    group = _create_group(ec2, vpc_id, security_group)
    return _Network(subnets or [*there, *created], group)


def _create_vpc(ec2: EC2Backend, vpc_id: str) -> None:
    ec2.vpcs[vpc_id] = VPC(ec2, vpc_id, "10.0.0.0/16", is_default=False)  # type: ignore[abstract]
    ec2.create_route_table(vpc_id, main=True)
    ec2.create_network_acl(vpc_id, default=True)
    ec2.create_security_group("default", "default VPC security group", vpc_id=vpc_id, is_default=True)


def _create_subnet(ec2: EC2Backend, vpc_id: str, subnet_id: str | None) -> str:
    number = len(ec2.describe_subnets(filters={"vpc-id": vpc_id}))
    zone = ec2.region_name + ZONES[number % len(ZONES)]
    subnet = ec2.create_subnet(vpc_id, f"10.0.{number}.0/24", availability_zone=zone)
    if subnet_id is not None:
        del ec2.subnets[zone][subnet.id]
        subnet.id = subnet_id
        ec2.subnets[zone][subnet_id] = subnet
    return str(subnet.id)


def _create_group(ec2: EC2Backend, vpc_id: str, group_id: str | None) -> str:
    if group_id is None:
        name = f"database-{len(ec2.groups[vpc_id])}"
        return str(ec2.create_security_group(name, "the database", vpc_id=vpc_id).id)
    if group_id not in ec2.groups[vpc_id]:
        group = SecurityGroup(ec2, group_id, group_id, "the database", vpc_id=vpc_id)  # type: ignore[abstract]
        ec2.groups[vpc_id][group_id] = group
    return group_id
