"""The sample: a MySQL database in an isolated network, to try Sidestep without a database of your own."""

from typing import Final, cast

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations, aws_ec2, aws_rds
from constructs import Construct

from sidestep.config.certificates import RDS_ROOTS
from sidestep.config.databases import SAMPLE_SCHEMA, SAMPLE_USER, Sample
from sidestep.config.engines import MYSQL
from sidestep.infrastructure.database_access import DatabaseAccess

VERSION: Final = "8.4"
"""MySQL's major version. RDS chooses the minor version and upgrades it.

RDS retires minor versions; with a fixed one, new samples would then fail (RDS user guide, "MySQL on Amazon RDS
versions").
"""

BUFFER_POOL: Final = 128 * 1024 * 1024
"""Bytes: MySQL's own default, and enough for the sample's data.

IAM authentication needs 300 to 1,000 MiB, which the buffer pool must leave free in a burstable class (RDS user guide,
"IAM database authentication"). From 1 GiB on, RDS's default is half of the memory ("Configuring buffer pool size and
redo log capacity in MySQL 8.4").
"""


class SampleDatabase(Construct):
    """RDS for MySQL 8.4 with IAM authentication, in isolated subnets without internet gateway, NAT or endpoint.

    Attributes:
        access: what the functions need to know of it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, database: Sample) -> None:
        """Create the network and the database. RDS generates and stores the administrator's password."""
        super().__init__(scope, construct_id)
        vpc = aws_ec2.Vpc(
            self,
            "Vpc",
            # A subnet group of RDS needs at least two zones.
            max_azs=None if database.availability_zones else 2,
            availability_zones=list(database.availability_zones) or None,
            nat_gateways=0,
            restrict_default_security_group=False,  # nothing uses the group; emptying it needs another function
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
            # Events simulate the sample's customers (lambdas/prepare_database/mysql/statements.py).
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
        Validations.of(vpc).acknowledge(
            Acknowledgment(
                id="AwsSolutions-VPC7",
                reason="No packet enters or leaves this network, and each run is logged; flow logs add only cost.",
            )
        )
        Validations.of(instance).acknowledge(
            Acknowledgment(id="AwsSolutions-RDS3", reason="The data of a sample needs no second zone."),
            Acknowledgment(id="AwsSolutions-RDS10", reason="`cdk destroy` must delete the sample."),
            Acknowledgment(id="AwsSolutions-RDS11", reason="Only the functions' security group reaches the port."),
            Acknowledgment(
                id="CloudFormation-Validate::E9006",
                reason="RDS accepts a major version; the validator knows minor versions only.",
            ),
        )
        resource = cast("aws_rds.CfnDBInstance", instance.node.default_child)
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
            resource_id=cast("str", instance.instance_resource_id),  # None for imported instances only
            certificates=RDS_ROOTS.name,
            administrator_secret=resource.attr_master_user_secret_secret_arn,
        )

    def _security_group(self, vpc: aws_ec2.IVpc) -> aws_ec2.SecurityGroup:
        return aws_ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            allow_all_outbound=False,
            description="Sidestep sample database: from the functions, to nowhere",
        )
