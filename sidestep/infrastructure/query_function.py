"""The function inside the VPC, with a role that may reach one user of one database and nothing else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack, aws_ec2, aws_iam, aws_lambda, aws_logs
from constructs import Construct

from sidestep.infrastructure.acknowledgements import acknowledge
from sidestep.infrastructure.bundling import bundle_query_database
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.settings import Query
from sidestep.timing import function_timeout

MEMORY: Final = 128
"""MB; the smallest there is. The function streams, so a long result needs hardly more than a short one."""


class QueryFunction(Construct):
    """lambdas/query_database, bundled with the queries of one database.

    Attributes:
        function: the function itself.
        timeout: the seconds it may take.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, queries: Sequence[Query], database: DatabaseAccess, build: Path
    ) -> None:
        """Create the function, its role, its log group and its way to the database."""
        super().__init__(scope, construct_id)
        self.timeout: Final = function_timeout(query.timeout for query in queries)
        log_group = aws_logs.LogGroup(
            self, "Logs", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        security_group = self._security_group(database.vpc)
        self.function: Final = aws_lambda.Function(
            self,
            "Function",
            description="Asks the database and returns one page of metric data (Sidestep)",
            runtime=aws_lambda.Runtime.PYTHON_3_13,
            architecture=aws_lambda.Architecture.ARM_64,
            memory_size=MEMORY,
            timeout=Duration.seconds(self.timeout),
            handler="query_database.handler.handler",
            code=aws_lambda.Code.from_asset(str(bundle_query_database(queries=queries, build=build))),
            environment={
                "DATABASE_HOST": database.host,
                "DATABASE_PORT": database.port,
                "DATABASE_SCHEMA": database.schema,
                "DATABASE_USER": database.user,
                "DATABASE_CERTIFICATES": database.certificates,
            },
            role=self._role(database, security_group, log_group),
            log_group=log_group,
            vpc=database.vpc,
            vpc_subnets=database.subnets,
            security_groups=[security_group],
        )
        acknowledge(
            self.function,
            {"AwsSolutions-L1": "Python 3.13 is what the bundle is built for; AWS supports it until 2029."},
        )
        database.connections.allow_default_port_from(security_group, "Sidestep's query function")

    def _security_group(self, vpc: aws_ec2.IVpc) -> aws_ec2.SecurityGroup:
        group = aws_ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            allow_all_outbound=False,
            description="Sidestep query function: to the port of the database, to nothing else",
        )
        # EC2 gives a group without outbound rules one that allows everything. The rule for the database stands beside
        # the group in the template; this one, for an address that no packet has, keeps the group shut until then.
        group.add_egress_rule(aws_ec2.Peer.ipv4("255.255.255.255/32"), aws_ec2.Port.tcp(1), "Allows nothing")
        return group

    def _role(
        self, database: DatabaseAccess, security_group: aws_ec2.ISecurityGroup, log_group: aws_logs.ILogGroup
    ) -> aws_iam.Role:
        role = aws_iam.Role(
            self,
            "Role",
            description="Sidestep's query function",
            assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        log_group.grant_write(role)
        for statement in (
            self._connect_statement(database),
            *self._network_interface_statements(database, security_group),
        ):
            role.add_to_policy(statement)
        ec2 = "arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>"
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": "EC2's describing actions know no resource.",
                f"AwsSolutions-IAM5[Resource::{ec2}:network-interface/*]": "The interface does not exist yet when "
                "Lambda asks to create it; subnets and security group are named.",
                f"AwsSolutions-IAM5[Resource::{ec2}:*/*]": "Lambda deletes and addresses interfaces of any id "
                "(Lambda developer guide, VPC access).",
            },
        )
        return role

    def _connect_statement(self, database: DatabaseAccess) -> aws_iam.PolicyStatement:
        user = Stack.of(self).format_arn(
            service="rds-db",
            resource="dbuser",
            resource_name=f"{database.resource_id}/{database.user}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return aws_iam.PolicyStatement(sid="ConnectToDatabase", actions=["rds-db:connect"], resources=[user])

    def _network_interface_statements(
        self, database: DatabaseAccess, security_group: aws_ec2.ISecurityGroup
    ) -> list[aws_iam.PolicyStatement]:
        """Return what the Lambda service needs to attach the function to the VPC.

        Source: Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC". It wants
        DeleteNetworkInterface on every resource id of the account and region; the describing actions know no
        resource at all (Service Authorization Reference, Amazon EC2).
        """
        subnets = database.vpc.select_subnets(subnets=database.subnets.subnets).subnet_ids
        return [
            aws_iam.PolicyStatement(
                sid="DescribeNetwork",
                actions=["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
                resources=["*"],
            ),
            aws_iam.PolicyStatement(
                sid="CreateNetworkInterface",
                actions=["ec2:CreateNetworkInterface"],
                resources=[
                    self._ec2_arn("network-interface", "*"),
                    self._ec2_arn("security-group", security_group.security_group_id),
                    *(self._ec2_arn("subnet", subnet) for subnet in subnets),
                ],
            ),
            aws_iam.PolicyStatement(
                sid="ManageNetworkInterface",
                actions=[
                    "ec2:DeleteNetworkInterface",
                    "ec2:AssignPrivateIpAddresses",
                    "ec2:UnassignPrivateIpAddresses",
                ],
                resources=[self._ec2_arn("*", "*")],
            ),
        ]

    def _ec2_arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(service="ec2", resource=resource, resource_name=name)
