"""Asks the account, once at synth, for what metrics.toml does not say about a database; cached in cdk.context.json.

The CDK's command line asks Cloud Control, with the lookup role of the bootstrap stack or the shell's credentials. The
names of the properties are those of CloudFormation's resource types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import ContextProvider
from constructs import Construct

from sidestep.databases import Cluster, Instance, LookedUp, Proxy
from sidestep.mistakes import SettingsError

MYSQL_PORT: Final = 3306
"""What a proxy for MySQL listens on; there is no property for it (RDS user guide, "Connecting through RDS Proxy")."""


_CLOUD_CONTROL: Final = "cc-api-provider"
"""The command line's name for it; the CDK's constant of that name is another text in Python."""

UNKNOWN_GROUP: Final = "sg-00000000"
"""Until the command line has asked."""


@dataclass(frozen=True, kw_only=True)
class FoundDatabase:
    """What a lookup found: endpoints, the resource id of rds-db ARNs, and the ids of the security groups."""

    host: str
    writer: str
    port: int
    resource_id: str
    security_groups: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class _Properties:
    """Under which names Cloud Control tells what is looked for, by type of resource. A proxy tells no port."""

    resource: str
    host: str
    writer: str
    port: str | None
    resource_id: str
    security_groups: str


_PROPERTIES: Final[Mapping[type[LookedUp], _Properties]] = {
    Instance: _Properties(
        resource="AWS::RDS::DBInstance",
        host="Endpoint.Address",
        writer="Endpoint.Address",
        port="Endpoint.Port",
        resource_id="DbiResourceId",
        security_groups="VPCSecurityGroups",
    ),
    Cluster: _Properties(
        resource="AWS::RDS::DBCluster",
        host="ReadEndpoint.Address",
        writer="Endpoint.Address",
        port="Endpoint.Port",
        resource_id="DBClusterResourceId",
        security_groups="VpcSecurityGroupIds",
    ),
    Proxy: _Properties(
        resource="AWS::RDS::DBProxy",
        host="Endpoint",
        writer="Endpoint",
        port=None,
        resource_id="DBProxyArn",
        security_groups="VpcSecurityGroupIds",
    ),
}


def look_up(scope: Construct, database: LookedUp) -> FoundDatabase:
    """Look a database up; placeholders while the command line has not asked yet.

    Raises:
        SettingsError: it has no security group.
    """
    names = _PROPERTIES[type(database)]
    placeholders: dict[str, object] = {
        names.host: "unknown",
        names.writer: "unknown",
        names.resource_id: "unknown",
        names.security_groups: [UNKNOWN_GROUP],
    }
    if names.port:
        placeholders[names.port] = str(MYSQL_PORT)
    found = _found(scope, names.resource, database.identifier, placeholders)
    if not found[names.security_groups]:
        raise SettingsError(
            [f'{database.kind} "{database.identifier}" has no security group to let the function in; give it one']
        )
    return FoundDatabase(
        host=found[names.host],
        writer=found[names.writer],
        port=int(found[names.port]) if names.port else MYSQL_PORT,
        # A proxy's is the last part of its ARN.
        resource_id=found[names.resource_id].rpartition(":")[2],
        security_groups=found[names.security_groups],
    )


def _found(scope: Construct, resource: str, name: str, placeholders: Mapping[str, object]) -> Mapping[str, Any]:
    answer = ContextProvider.get_value(
        scope,
        provider=_CLOUD_CONTROL,
        props={"typeName": resource, "exactIdentifier": name, "propertiesToReturn": list(placeholders)},
        dummy_value=[dict(placeholders)],
    )
    found: Mapping[str, Any] = answer.value[0]
    return found
