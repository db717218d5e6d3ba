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


def look_up(scope: Construct, database: LookedUp) -> FoundDatabase:
    """Look a database up; placeholders while the command line has not asked yet."""
    match database:
        case Instance():
            return _instance(scope, database)
        case Cluster():
            return _cluster(scope, database)
        case Proxy():
            return _proxy(scope, database)


def _instance(scope: Construct, database: Instance) -> FoundDatabase:
    found = _properties(
        scope,
        "AWS::RDS::DBInstance",
        database.instance,
        {
            "Endpoint.Address": "unknown",
            "Endpoint.Port": str(MYSQL_PORT),
            "DbiResourceId": "db-UNKNOWN",
            "VPCSecurityGroups": [UNKNOWN_GROUP],
        },
    )
    return FoundDatabase(
        host=found["Endpoint.Address"],
        writer=found["Endpoint.Address"],
        port=int(found["Endpoint.Port"]),
        resource_id=found["DbiResourceId"],
        security_groups=found["VPCSecurityGroups"],
    )


def _cluster(scope: Construct, database: Cluster) -> FoundDatabase:
    found = _properties(
        scope,
        "AWS::RDS::DBCluster",
        database.cluster,
        {
            "ReadEndpoint.Address": "unknown",
            "Endpoint.Address": "unknown",
            "Endpoint.Port": str(MYSQL_PORT),
            "DBClusterResourceId": "cluster-UNKNOWN",
            "VpcSecurityGroupIds": [UNKNOWN_GROUP],
        },
    )
    return FoundDatabase(
        host=found["ReadEndpoint.Address"],
        writer=found["Endpoint.Address"],
        port=int(found["Endpoint.Port"]),
        resource_id=found["DBClusterResourceId"],
        security_groups=found["VpcSecurityGroupIds"],
    )


def _proxy(scope: Construct, database: Proxy) -> FoundDatabase:
    found = _properties(
        scope,
        "AWS::RDS::DBProxy",
        database.proxy,
        {
            "Endpoint": "unknown",
            "DBProxyArn": "arn:aws:rds:region:account:db-proxy:prx-unknown",
            "VpcSecurityGroupIds": [UNKNOWN_GROUP],
        },
    )
    return FoundDatabase(
        host=found["Endpoint"],
        writer=found["Endpoint"],
        port=MYSQL_PORT,
        resource_id=found["DBProxyArn"].rpartition(":")[2],
        security_groups=found["VpcSecurityGroupIds"],
    )


def _properties(scope: Construct, resource: str, name: str, placeholders: Mapping[str, object]) -> Mapping[str, Any]:
    answer = ContextProvider.get_value(
        scope,
        provider=_CLOUD_CONTROL,
        props={"typeName": resource, "exactIdentifier": name, "propertiesToReturn": list(placeholders)},
        dummy_value=[dict(placeholders)],
    )
    found: Mapping[str, Any] = answer.value[0]
    return found
