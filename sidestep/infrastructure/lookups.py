"""Looks up what metrics.toml does not say about a database and its VPC, once at synth; cached in cdk.context.json.

The CDK's command line makes the requests, with the lookup role of the bootstrap stack or the shell's credentials. For
databases it uses Cloud Control, whose properties have the names of CloudFormation's resource types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import ContextProvider
from constructs import Construct

from sidestep.config.databases import Cluster, Instance, LookedUp, Proxy
from sidestep.config.engines import ENGINES, POSTGRES, engine_from_alias
from sidestep.config.errors import ConfigError

_CLOUD_CONTROL: Final = "cc-api-provider"
"""The command line's name for it. The CDK has a constant for it, but its value in Python is different."""

_PLACEHOLDER_GROUP: Final = "sg-00000000"
_PLACEHOLDER_SUBNETS: Final = {
    "subnetGroups": [
        {"type": "Isolated", "subnets": [{"subnetId": "subnet-00000000", "availabilityZone": "unknown"}]}
    ]
}
"""Values until the command line has looked up the real ones."""

_SUBNET_TYPES: Final = ("Isolated", "Private", "Public")
"""The command line's types of subnets, by their routes: the most private first. Each leads to the database."""


@dataclass(frozen=True, kw_only=True)
class FoundDatabase:
    """A database's endpoints, its ID in rds-db ARNs, and the IDs of its security groups."""

    host: str
    writer: str
    port: int
    resource_id: str
    security_groups: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class _Properties:
    """The names of properties in Cloud Control, for one type of resource. A proxy has no port there."""

    resource: str
    engine: str = "Engine"
    host: str = "Endpoint.Address"
    writer: str = "Endpoint.Address"
    port: str | None = "Endpoint.Port"
    resource_id: str
    security_groups: str = "VpcSecurityGroupIds"


_PROPERTIES: Final[Mapping[type[LookedUp], _Properties]] = {
    Instance: _Properties(
        resource="AWS::RDS::DBInstance", resource_id="DbiResourceId", security_groups="VPCSecurityGroups"
    ),
    Cluster: _Properties(
        resource="AWS::RDS::DBCluster", host="ReadEndpoint.Address", resource_id="DBClusterResourceId"
    ),
    Proxy: _Properties(
        resource="AWS::RDS::DBProxy",
        engine="EngineFamily",
        host="Endpoint",
        writer="Endpoint",
        port=None,
        resource_id="DBProxyArn",
    ),
}


def look_up(scope: Construct, database: LookedUp) -> FoundDatabase:
    """Look up a database. Returns placeholders before the command line has the result.

    Raises:
        ConfigError: it has no security group, or another engine than its table.
    """
    names = _PROPERTIES[type(database)]
    placeholders: dict[str, object] = {
        names.engine: database.engine.rds_names[0],
        names.host: "unknown",
        names.writer: "unknown",
        names.resource_id: "unknown",
        names.security_groups: [_PLACEHOLDER_GROUP],
    }
    if names.port:
        placeholders[names.port] = str(database.engine.port)
    found = _properties(scope, names.resource, database.identifier, placeholders)
    _check_engine(database, found[names.engine])
    if not found[names.security_groups]:
        raise ConfigError(
            [f'{database.kind} "{database.identifier}" has no security group that could admit the function; add one']
        )
    return FoundDatabase(
        host=found[names.host],
        writer=found[names.writer],
        # A proxy always has its engine's default port (RDS user guide, "Connecting through RDS Proxy").
        port=int(found[names.port]) if names.port else database.engine.port,
        # A proxy's ID is the last part of its ARN.
        resource_id=found[names.resource_id].rpartition(":")[2],
        security_groups=found[names.security_groups],
    )


def most_private_subnets(scope: Construct, vpc_id: str) -> list[str]:
    """Return the IDs of one subnet per zone, all of the most private type in the VPC.

    The CDK's own lookup of a VPC is not used: its placeholders fail the CDK's validation, and that error would hide
    the message about missing credentials.

    Raises:
        ConfigError: the VPC has no subnets.
    """
    answer = ContextProvider.get_value(
        scope,
        provider="vpc-provider",
        props={"filter": {"vpc-id": vpc_id}, "returnAsymmetricSubnets": True},
        dummy_value=_PLACEHOLDER_SUBNETS,
    )
    groups: list[dict[str, Any]] = answer.value["subnetGroups"]
    if not groups:
        raise ConfigError([f"the VPC {vpc_id} has no subnets; the function needs one"])
    most_private = min((group["type"] for group in groups), key=_SUBNET_TYPES.index)
    by_zone: dict[str, str] = {}
    for group in groups:
        for subnet in group["subnets"] if group["type"] == most_private else ():
            by_zone.setdefault(subnet["availabilityZone"], subnet["subnetId"])
    return list(by_zone.values())


def _properties(
    scope: Construct, resource: str, identifier: str, placeholders: Mapping[str, object]
) -> Mapping[str, Any]:
    answer = ContextProvider.get_value(
        scope,
        provider=_CLOUD_CONTROL,
        props={"typeName": resource, "exactIdentifier": identifier, "propertiesToReturn": list(placeholders)},
        dummy_value=[dict(placeholders)],
    )
    found: Mapping[str, Any] = answer.value[0]
    return found


def _check_engine(database: LookedUp, rds_name: str) -> None:
    """Check that the database has the engine of its table.

    Raises:
        ConfigError: it does not.
    """
    what = f'{database.kind} "{database.identifier}"'
    engine = engine_from_alias(rds_name)
    if engine is None:
        supported = " and ".join(one.title for one in ENGINES.values())
        raise ConfigError([f"{what} has the engine {rds_name}; Sidestep supports {supported}"])
    if engine is not database.engine:
        remedy = (
            "add the key database with the name of the database; schema is a schema in it"
            if engine is POSTGRES
            else "remove the keys database and engine, and write schema"
        )
        raise ConfigError([f"{what} is {engine.title}, but its table is for {database.engine.title}; {remedy}"])
