"""Somebody's own database: looked up by the CDK's command line, prepared and asked, on the local cloud."""

import json
from copy import deepcopy
from typing import Any

import boto3

from tests.end_to_end.shell import Shell, run

OWN: dict[str, Any] = {
    "Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        **{
            f"Subnet{zone}": {
                "Type": "AWS::EC2::Subnet",
                "Properties": {
                    "VpcId": {"Ref": "Vpc"},
                    "CidrBlock": f"10.0.{number}.0/24",
                    "AvailabilityZone": f"us-east-1{zone}",
                },
            }
            for number, zone in enumerate("ab")
        },
        "SecurityGroup": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "GroupDescription": "the database"},
        },
        "SubnetGroup": {
            "Type": "AWS::RDS::DBSubnetGroup",
            "Properties": {
                "DBSubnetGroupDescription": "private",
                "SubnetIds": [{"Ref": "Subneta"}, {"Ref": "Subnetb"}],
            },
        },
        "Database": {
            "Type": "AWS::RDS::DBInstance",
            "Properties": {
                "DBInstanceIdentifier": "orders-db",
                "DBInstanceClass": "db.t4g.small",
                "Engine": "mysql",
                "AllocatedStorage": "20",
                "MasterUsername": "admin",
                "ManageMasterUserPassword": True,
                "EnableIAMDatabaseAuthentication": True,
                "DBSubnetGroupName": {"Ref": "SubnetGroup"},
                "VPCSecurityGroups": [{"Fn::GetAtt": ["SecurityGroup", "GroupId"]}],
            },
        },
    },
    "Outputs": {"VpcId": {"Value": {"Ref": "Vpc"}}},
}
"""A stack that has nothing to do with Sidestep."""

METRICS = """
    namespace = "Shop"
    schedule = "rate(1 day)"

    [database.orders]
    instance = "orders-db"
    vpc_id = "{vpc_id}"
    schema = "sample"
    prepare = true

    [[query]]
    name = "orders"
    sql = "SELECT COUNT(*) AS Orders FROM orders"
    metrics = {{ Orders = {{ unit = "Count" }} }}
"""


def made_ready(shell: Shell, engine: str) -> str:
    """Create the database and its network, and bootstrap the account; return the network's id."""
    own = deepcopy(OWN)
    own["Resources"]["Database"]["Properties"]["Engine"] = engine
    cloudformation = boto3.Session().client("cloudformation")
    cloudformation.create_stack(StackName="own", TemplateBody=json.dumps(own))
    (output,) = cloudformation.describe_stacks(StackName="own")["Stacks"][0]["Outputs"]
    assert shell.cdk("bootstrap", "aws://123456789012/us-east-1").returncode == 0
    return output["OutputValue"]


def test_a_database_is_looked_up_prepared_and_asked(shell: Shell) -> None:
    # Given a database in a network, and an account that is made ready
    session = boto3.Session()
    vpc_id = made_ready(shell, "mysql")

    # When
    shell.deploy(METRICS.format(vpc_id=vpc_id))

    # Then what was found is written down, for whoever synthesizes without credentials
    cached = json.loads((shell.project / "cdk.context.json").read_text(encoding="utf-8"))
    assert len([key for key in cached if key.startswith(("cc-api-provider:", "vpc-provider:"))]) == 2

    # And the function is where the database is, which lets it in
    (query_function,) = [
        one
        for one in session.client("lambda").list_functions()["Functions"]
        if one["Handler"].startswith("query_database")
    ]
    assert len(query_function["VpcConfig"]["SubnetIds"]) == 2
    (group,) = [
        one
        for one in session.client("ec2").describe_security_groups()["SecurityGroups"]
        if one["Description"] == "the database"
    ]
    (rule,) = group["IpPermissions"]
    assert rule["UserIdGroupPairs"][0]["GroupId"] == query_function["VpcConfig"]["SecurityGroupIds"][0]

    # When the operator, whose password RDS keeps, prepares it
    metrics_file = str(shell.folder / "metrics.toml")
    prepared = shell.sidestep("prepare", "orders", "--file", metrics_file)

    # Then the user may read; that there is no such table is the database's own answer
    assert (prepared.returncode, prepared.stderr) == (0, "")
    assert "GRANT SELECT ON `sample`.* TO `sidestep`@`%`" in prepared.stdout
    execution = run(session.client("stepfunctions"))
    assert execution.error == "QueriesFailed"
    assert "1146 Table 'sample.orders' doesn't exist" in (execution.cause or "")


def test_a_postgresql_is_looked_up_and_deployed(shell: Shell) -> None:
    # Given: only its name is PostgreSQL, for there is none on the local cloud
    metrics = METRICS.format(vpc_id=made_ready(shell, "postgres"))
    assert "its table is one for MySQL: name its database with the key database" in shell.fail_to_deploy(metrics)

    # When
    shell.deploy(metrics.replace("schema =", "database ="))

    # Then the function is told what it asks
    session = boto3.Session()
    functions = session.client("lambda").list_functions()["Functions"]
    (function,) = [one for one in functions if one["Handler"].startswith("query_database")]
    environment = function["Environment"]["Variables"]
    (instance,) = session.client("rds").describe_db_instances()["DBInstances"]
    assert environment["DATABASE_PORT"] == str(instance["Endpoint"]["Port"])
    assert {name: environment[f"DATABASE_{name}"] for name in ("ENGINE", "NAME", "SCHEMA")} == {
        "ENGINE": "postgres",
        "NAME": "sample",
        "SCHEMA": "public",
    }

    # And a run says, in PostgreSQL's words, why there is no answer
    execution = run(boto3.Session().client("stepfunctions"))
    assert execution.error == "DatabaseUnavailable"
    assert "cannot connect to localhost" in (execution.cause or "")
    assert "the server does not speak SSL (TLS), or is no PostgreSQL" in (execution.cause or "")
