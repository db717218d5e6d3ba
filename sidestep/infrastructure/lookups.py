"""Asks the account, once at synth, for what metrics.toml does not say about a database; cached in cdk.context.json.

The CDK's command line asks Cloud Control, with the lookup role of the bootstrap stack or the shell's credentials. The
names of the properties are those of CloudFormation's resource types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import ContextProvider
from constructs import Construct

from sidestep.config.databases import Cluster, Instance, LookedUp, Proxy
from sidestep.config.engines import ENGINES, POSTGRES, engine_called
from sidestep.config.errors import SettingsError

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
    engine: str
    host: str
    writer: str
    port: str | None
    resource_id: str
    security_groups: str


_PROPERTIES: Final[Mapping[type[LookedUp], _Properties]] = {
    Instance: _Properties(
        resource="AWS::RDS::DBInstance",
        engine="Engine",
        host="Endpoint.Address",
        writer="Endpoint.Address",
        port="Endpoint.Port",
        resource_id="DbiResourceId",
        security_groups="VPCSecurityGroups",
    ),
    Cluster: _Properties(
        resource="AWS::RDS::DBCluster",
        engine="Engine",
        host="ReadEndpoint.Address",
        writer="Endpoint.Address",
        port="Endpoint.Port",
        resource_id="DBClusterResourceId",
        security_groups="VpcSecurityGroupIds",
    ),
    Proxy: _Properties(
        resource="AWS::RDS::DBProxy",
        engine="EngineFamily",
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
        SettingsError: it has no security group, or another engine than the file says or means.
    """
    names = _PROPERTIES[type(database)]
    placeholders: dict[str, object] = {
        names.engine: database.engine.called[0],
        names.host: "unknown",
        names.writer: "unknown",
        names.resource_id: "unknown",
        names.security_groups: [UNKNOWN_GROUP],
    }
    if names.port:
        placeholders[names.port] = str(database.engine.port)
    found = _found(scope, names.resource, database.identifier, placeholders)
    _check_engine(database, found[names.engine])
    if not found[names.security_groups]:
        raise SettingsError(
            [f'{database.kind} "{database.identifier}" has no security group to let the function in; give it one']
        )
    return FoundDatabase(
        host=found[names.host],
        writer=found[names.writer],
        # There is no property for a proxy's (RDS user guide, "Connecting through RDS Proxy").
        port=int(found[names.port]) if names.port else database.engine.port,
        # A proxy's is the last part of its ARN.
        resource_id=found[names.resource_id].rpartition(":")[2],
        security_groups=found[names.security_groups],
    )


def _check_engine(database: LookedUp, called: str) -> None:
    """Check that what was found is of the engine that the file was read for.

    Raises:
        SettingsError: it is not.
    """
    what = f'{database.kind} "{database.identifier}"'
    engine = engine_called(called)
    if engine is None:
        spoken = " and ".join(one.title for one in ENGINES.values())
        raise SettingsError([f"{what} is of the engine {called}, which Sidestep does not speak; it speaks {spoken}"])
    if engine is not database.engine:
        remedy = (
            "name its database with the key database; schema is where in it queries find their tables"
            if engine is POSTGRES
            else "leave out the keys database and engine; schema is all that MySQL wants to know"
        )
        raise SettingsError([f"{what} is {engine.title}, but its table is one for {database.engine.title}: {remedy}"])


def _found(scope: Construct, resource: str, name: str, placeholders: Mapping[str, object]) -> Mapping[str, Any]:
    answer = ContextProvider.get_value(
        scope,
        provider=_CLOUD_CONTROL,
        props={"typeName": resource, "exactIdentifier": name, "propertiesToReturn": list(placeholders)},
        dummy_value=[dict(placeholders)],
    )
    found: Mapping[str, Any] = answer.value[0]
    return found
