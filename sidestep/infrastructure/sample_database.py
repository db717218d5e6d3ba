"""The sample: a MySQL in a network without any way out, to try Sidestep on before it meets a real database."""

from typing import Final, cast

from aws_cdk import Duration, RemovalPolicy, aws_ec2, aws_rds
from constructs import Construct

from sidestep.config.certificates import RDS_ROOTS
from sidestep.config.databases import SAMPLE_SCHEMA, SAMPLE_USER, Sample
from sidestep.config.engines import MYSQL
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.nag import acknowledge

VERSION: Final = "8.4"
"""The major version of MySQL: RDS chooses the default minor version and upgrades it.

RDS withdraws minor versions over time; with a fixed one, new samples could then not be created (RDS user guide,
"MySQL on Amazon RDS versions").
"""

BUFFER_POOL: Final = 128 * 1024 * 1024
"""Bytes; MySQL's own default, and enough for the sample's data.

IAM authentication needs 300 to 1,000 MiB, which the buffers must leave free in a burstable class (RDS user guide,
"IAM database authentication"). From 1 GiB on, RDS's default is half of the memory ("Configuring buffer pool size and
redo log capacity in MySQL 8.4").
"""


class SampleDatabase(Construct):
    """RDS MySQL 8.4 with IAM authentication, in isolated subnets: no internet gateway, no NAT, no endpoint.

    Attributes:
        access: what the functions need to know of it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, database: Sample) -> None:
        """Create the network and the database. Its administrator's password is made and kept by RDS."""
        super().__init__(scope, construct_id)
        vpc = aws_ec2.Vpc(
            self,
            "Vpc",
            # RDS requires at least two for a subnet group.
            max_azs=None if database.availability_zones else 2,
            availability_zones=list(database.availability_zones) or None,
            nat_gateways=0,
            restrict_default_security_group=False,  # nothing uses the group, and emptying it takes one more function
            create_internet_gateway=False,
            subnet_configuration=[
                aws_ec2.SubnetConfiguration(name="Private", subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED)
            ],
        )
        subnets = aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED)
        instance = aws_rds.DatabaseInstance(
            self,
            "Instance",
            engine=aws_rds.DatabaseInstanceEngine.mysql(version=aws_rds.MysqlEngineVersion.of(VERSION, VERSION)),
            instance_type=aws_ec2.InstanceType(database.instance_class.removeprefix("db.")),
            vpc=vpc,
            vpc_subnets=subnets,
            security_groups=[self._security_group(vpc)],
            database_name=SAMPLE_SCHEMA,
            manage_master_user_password=True,
            credentials=aws_rds.Credentials.from_username("admin"),
            iam_authentication=True,
            # Events play the sample's customers (lambdas/prepare_database/statements.py).
            parameters={
                "require_secure_transport": "1",
                "event_scheduler": "ON",
                "innodb_buffer_pool_size": str(BUFFER_POOL),
            },
            storage_encrypted=True,
            storage_type=aws_rds.StorageType.GP3,
            allocated_storage=20,
            auto_minor_version_upgrade=True,
            backup_retention=Duration.days(1),
            delete_automated_backups=True,
            deletion_protection=False,
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(
            vpc,
            {
                "AwsSolutions-VPC7": "No packet enters or leaves this network, and runs are logged one by one; "
                "flow logs would add cost and tell nothing more.",
            },
        )
        acknowledge(
            instance,
            {
                "AwsSolutions-RDS3": "A sample to try Sidestep on, with nothing in it worth a second zone.",
                "AwsSolutions-RDS10": "A sample: `cdk destroy` is meant to take it away.",
                "AwsSolutions-RDS11": "The port is no secret; only the functions' security group reaches it.",
                "CloudFormation-Validate::E9006": "RDS accepts a major version; the validator lists minor ones only.",
            },
        )
        self.access: Final = DatabaseAccess(
            vpc=vpc,
            subnets=subnets,
            connections=instance.connections,
            host=instance.db_instance_endpoint_address,
            writer=instance.db_instance_endpoint_address,
            port=instance.db_instance_endpoint_port,
            engine=MYSQL,
            database=SAMPLE_SCHEMA,
            schema=SAMPLE_SCHEMA,
            user=SAMPLE_USER,
            resource_id=cast("str", instance.instance_resource_id),  # only imported instances may lack it
            certificates=RDS_ROOTS.name,
            administrator_secret=self._administrator_secret(instance),
        )

    def _administrator_secret(self, instance: aws_rds.DatabaseInstance) -> str:
        resource = cast("aws_rds.CfnDBInstance", instance.node.default_child)
        return resource.attr_master_user_secret_secret_arn

    def _security_group(self, vpc: aws_ec2.IVpc) -> aws_ec2.SecurityGroup:
        return aws_ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            allow_all_outbound=False,
            description="Sidestep sample database: from the functions, to nowhere",
        )
