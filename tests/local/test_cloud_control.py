"""The CDK's lookups of databases on the local cloud."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sidestep.local.cloud import LocalCloud


@pytest.fixture
def network(cloud: LocalCloud) -> dict[str, Any]:
    """A VPC with two subnets and a security group."""
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in range(2)
    ]
    group = ec2.create_security_group(GroupName="database", Description="-", VpcId=vpc)["GroupId"]
    return {"subnets": subnets, "group": group}


def look_up(cloud: LocalCloud, resource: str) -> dict[str, Any]:
    answer = cloud.client("cloudcontrol").get_resource(TypeName=resource, Identifier="orders-db")
    properties: dict[str, Any] = json.loads(answer["ResourceDescription"]["Properties"])
    return properties


@pytest.mark.parametrize("engine", ["mysql", "postgres"])
def test_an_instance_is_found(cloud: LocalCloud, network: dict[str, Any], engine: str) -> None:
    # Given
    rds = cloud.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders-db",
        DBInstanceClass="db.t4g.small",
        Engine=engine,
        VpcSecurityGroupIds=[network["group"]],
    )

    # When
    found = look_up(cloud, "AWS::RDS::DBInstance")

    # Then
    (instance,) = rds.describe_db_instances()["DBInstances"]
    assert found == {
        "Engine": engine,
        "Endpoint": {"Address": instance["Endpoint"]["Address"], "Port": str(instance["Endpoint"]["Port"])},
        "DbiResourceId": instance["DbiResourceId"],
        "VPCSecurityGroups": [network["group"]],
    }


@pytest.mark.parametrize("engine", ["aurora-mysql", "aurora-postgresql"])
def test_a_cluster_is_found(cloud: LocalCloud, network: dict[str, Any], engine: str) -> None:
    # Given
    cloud.client("rds").create_db_cluster(
        DBClusterIdentifier="orders-db",
        Engine=engine,
        MasterUsername="admin",
        MasterUserPassword="not a secret",
        VpcSecurityGroupIds=[network["group"]],
    )

    # When
    found = look_up(cloud, "AWS::RDS::DBCluster")

    # Then
    assert found["Engine"] == engine
    assert found["DBClusterResourceId"].startswith("cluster-")
    assert "cluster-ro-" in found["ReadEndpoint"]["Address"]
    assert found["VpcSecurityGroupIds"] == [network["group"]]


@pytest.mark.parametrize("family", ["MYSQL", "POSTGRESQL"])
def test_a_proxy_is_found(cloud: LocalCloud, network: dict[str, Any], family: str) -> None:
    # Given
    cloud.client("rds").create_db_proxy(
        DBProxyName="orders-db",
        EngineFamily=family,
        Auth=[{"IAMAuth": "REQUIRED"}],
        RoleArn="arn:aws:iam::123456789012:role/proxy",
        VpcSubnetIds=network["subnets"],
        VpcSecurityGroupIds=[network["group"]],
    )

    # When
    found = look_up(cloud, "AWS::RDS::DBProxy")

    # Then
    assert found["EngineFamily"] == family
    assert ":db-proxy:prx-" in found["DBProxyArn"]
    assert found["VpcSecurityGroupIds"] == [network["group"]]


@pytest.mark.parametrize(
    ("resource", "error"),
    [("AWS::RDS::DBInstance", "ResourceNotFoundException"), ("AWS::EC2::VPC", "TypeNotFoundException")],
)
def test_an_unknown_resource_is_reported(cloud: LocalCloud, resource: str, error: str) -> None:
    with pytest.raises(ClientError) as caught:
        look_up(cloud, resource)
    assert caught.value.response["Error"]["Code"] == error
