"""The databases of metrics.toml on the local cloud: in responses of the APIs, and at their endpoints."""

import json
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials

from sidestep.config.databases import KINDS, Database
from sidestep.lambdas.engines.interface import Refused, Unreachable
from sidestep.lambdas.engines.mysql.session import connect
from sidestep.lambdas.query_database.endpoint import Endpoint, iam_token
from sidestep.local import runtime_client
from sidestep.local.cloud import ACCOUNT, REGION, LocalCloud
from sidestep.local.own_databases import create_databases

VPC = {"vpc_id": "vpc-0a1b2c3d", "schema": "orders"}
SUBNETS = ["subnet-0000000a", "subnet-0000000b"]
BY_HAND = {
    "endpoint": "orders.c0ffee.eu-central-2.rds.amazonaws.com",
    "resource_id": "db-ABC",
    "subnets": SUBNETS,
    "security_group": "sg-0000000d",
}


def table(**keys: object) -> Database:
    kind = next(kind for key, kind in KINDS.items() if key in keys)
    return kind.model_validate({**VPC, **keys})


def looked_up(cloud: LocalCloud, resource: str) -> dict[str, Any]:
    answer = cloud.client("cloudcontrol").get_resource(TypeName=resource, Identifier="orders-db")
    properties: dict[str, Any] = json.loads(answer["ResourceDescription"]["Properties"])
    return properties


def place(cloud: LocalCloud, kind: str) -> tuple[str, str]:
    """Return the endpoint's host and the resource id, as the CDK finds them."""
    match kind:
        case "instance":
            found = looked_up(cloud, "AWS::RDS::DBInstance")
            return found["Endpoint"]["Address"], found["DbiResourceId"]
        case "cluster":
            found = looked_up(cloud, "AWS::RDS::DBCluster")
            return found["ReadEndpoint"]["Address"], found["DBClusterResourceId"]
        case "proxy":
            found = looked_up(cloud, "AWS::RDS::DBProxy")
            return found["Endpoint"], found["DBProxyArn"].rpartition(":")[2]
        case _:
            return str(BY_HAND["endpoint"]), str(BY_HAND["resource_id"])


def role_for(cloud: LocalCloud, resource: str) -> Credentials:
    """Return credentials of a role that may connect to one database as sidestep."""
    iam = cloud.client("iam")
    arn = iam.create_role(RoleName=resource, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    statement = {
        "Effect": "Allow",
        "Action": "rds-db:connect",
        "Resource": f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:{resource}/sidestep",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_role_policy(RoleName=resource, PolicyName="connect", PolicyDocument=json.dumps(policy))
    issued = cloud.roles.issue_credentials(arn)
    return Credentials(issued["AWS_ACCESS_KEY_ID"], issued["AWS_SECRET_ACCESS_KEY"], issued["AWS_SESSION_TOKEN"])


@pytest.mark.parametrize("kind", ["instance", "cluster", "proxy", "endpoint"])
def test_an_embedded_database_listens_at_the_endpoint(
    cloud: LocalCloud, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a database that is already prepared
    keys = BY_HAND if kind == "endpoint" else {kind: "orders-db"}
    create_databases(cloud, {"orders": table(**keys)}, {})
    host, resource = place(cloud, kind)
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)  # restores what the next line changes
    runtime_client.resolve_names(cloud.hosts)
    roots = tmp_path / "roots.pem"
    cloud.authority.cert_pem.write_to_path(str(roots))
    endpoint = Endpoint("mysql", host, 3306, "sidestep", "orders", "orders", REGION, roots)

    # When
    token = iam_token(endpoint, role_for(cloud, resource))
    session = connect(endpoint.login(token))

    # Then a role for this database can log in, and the schema exists without a table
    with closing(session), pytest.raises(Refused, match=r"1146 Table 'orders\.customers' doesn't exist"):
        session.ask("SELECT COUNT(*) FROM customers", {}, 10)

    # And one for another database is not
    token = iam_token(endpoint, role_for(cloud, "db-OTHER"))
    with pytest.raises(Unreachable):
        connect(endpoint.login(token))


def test_a_network_has_the_ids_of_the_file(cloud: LocalCloud) -> None:
    # Given three databases that share a VPC, and in part its subnets and a group
    create_databases(
        cloud,
        {
            "orders": table(instance="orders-db", security_group="sg-0000000d", subnets=SUBNETS[:1]),
            "by-hand": table(**BY_HAND),
            "proxy": table(proxy="orders-db"),
        },
        {},
    )
    ec2 = cloud.client("ec2")

    # Then
    vpc = [{"Name": "vpc-id", "Values": [VPC["vpc_id"]]}]
    assert {one["SubnetId"] for one in ec2.describe_subnets(Filters=vpc)["Subnets"]} == set(SUBNETS)
    assert ec2.describe_security_groups(GroupIds=["sg-0000000d"])["SecurityGroups"][0]["VpcId"] == VPC["vpc_id"]
    assert looked_up(cloud, "AWS::RDS::DBInstance")["VPCSecurityGroups"] == ["sg-0000000d"]
    assert len(looked_up(cloud, "AWS::RDS::DBProxy")["VpcSecurityGroupIds"]) == 1


def test_a_network_without_ids_has_a_subnet_in_each_zone(cloud: LocalCloud) -> None:
    # When
    create_databases(cloud, {"orders": table(instance="orders-db")}, {})

    # Then
    subnets = cloud.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [VPC["vpc_id"]]}])["Subnets"]
    assert sorted(one["AvailabilityZone"] for one in subnets) == [f"{REGION}a", f"{REGION}b", f"{REGION}c"]


def test_nothing_listens_for_postgresql_without_a_server(cloud: LocalCloud) -> None:
    # When
    create_databases(cloud, {"orders": table(instance="orders-db", database="orders")}, {})

    # Then
    assert looked_up(cloud, "AWS::RDS::DBInstance")["Engine"] == "postgres"
    assert cloud.hosts == {}
