"""What the functions inside the VPC have in common: their runtime, their log, and how Lambda attaches them."""

from pathlib import Path
from typing import Final

from aws_cdk import Duration, RemovalPolicy, Stack, Token, aws_ec2, aws_iam, aws_lambda, aws_logs
from constructs import Construct

from sidestep.bundle.build import FUNCTIONS, PYTHON_VERSION
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.nag import acknowledge

MEMORY: Final = 128
"""MB; the smallest there is. The functions stream, so a long result needs hardly more than a short one."""


class VpcFunction(Construct):
    """A function with a role and a log group of its own, and the database's address in its environment.

    Attributes:
        role: the function's permissions.
        function: the function itself.
        security_group: what its network interfaces belong to.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        purpose: str,
        bundle: Path,
        timeout: int,
        database: DatabaseAccess,
        security_group: aws_ec2.ISecurityGroup | None = None,
    ) -> None:
        """Create the function, whose role may write its log and nothing else yet.

        Args:
            scope: its parent.
            construct_id: its name there.
            name: of its folder in lambdas/.
            purpose: what it does, for the console.
            bundle: the folder with its code.
            timeout: in seconds.
            database: where it goes.
            security_group: another function's; if left out, one that reaches the database's port and nothing else.
        """
        super().__init__(scope, construct_id)
        log_group = aws_logs.LogGroup(
            self, "Logs", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        self.security_group: Final = security_group or self._own_security_group(database)
        self.role: Final = self._role(f"Sidestep's function {name}", database, log_group)
        self.function: Final = aws_lambda.Function(
            self,
            "Function",
            description=f"{purpose} (Sidestep)",
            runtime=aws_lambda.Runtime(f"python{PYTHON_VERSION}", aws_lambda.RuntimeFamily.PYTHON),
            architecture=aws_lambda.Architecture.ARM_64,
            memory_size=MEMORY,
            timeout=Duration.seconds(timeout),
            handler=f"{FUNCTIONS}.{name}.handler.handler",
            code=aws_lambda.Code.from_asset(str(bundle)),
            environment={
                "DATABASE_HOST": database.host,
                "DATABASE_PORT": database.port,
                "DATABASE_ENGINE": database.engine.name,
                "DATABASE_NAME": database.database,
                "DATABASE_SCHEMA": database.schema,
                "DATABASE_USER": database.user,
                "DATABASE_CERTIFICATES": database.certificates,
            },
            role=self.role,
            log_group=log_group,
            vpc=database.vpc,
            vpc_subnets=database.subnets,
            security_groups=[self.security_group],
        )
        self._keep_code_from_the_network()

    def _own_security_group(self, database: DatabaseAccess) -> aws_ec2.SecurityGroup:
        group = aws_ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=database.vpc,
            allow_all_outbound=False,
            description="Sidestep functions: to the port of the database, to nothing else",
        )
        # EC2 gives a group without outbound rules one that allows everything. The rule for the database stands beside
        # the group in the template; this one, for an address that no packet has, keeps the group shut until then.
        group.add_egress_rule(aws_ec2.Peer.ipv4("255.255.255.255/32"), aws_ec2.Port.tcp(1), "Allows nothing")
        database.connections.allow_default_port_from(group, "Sidestep functions")
        return group

    def _role(self, description: str, database: DatabaseAccess, log_group: aws_logs.ILogGroup) -> aws_iam.Role:
        role = aws_iam.Role(
            self,
            "Role",
            description=description,
            assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        log_group.grant_write(role)
        for statement in self._network_interface_statements(database):
            role.add_to_policy(statement)
        ec2 = self._ec2_in_findings()
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

    def _ec2_in_findings(self) -> str:
        """Return how cdk-nag begins EC2's ARNs: with names in angle brackets for what is known at deployment only."""
        stack = Stack.of(self)
        known = {"AWS::Partition": stack.partition, "AWS::Region": stack.region, "AWS::AccountId": stack.account}
        partition, region, account = (
            f"<{name}>" if Token.is_unresolved(value) else value for name, value in known.items()
        )
        return f"arn:{partition}:ec2:{region}:{account}"

    def _network_interface_statements(self, database: DatabaseAccess) -> list[aws_iam.PolicyStatement]:
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
                    self._ec2_arn("security-group", self.security_group.security_group_id),
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

    def _keep_code_from_the_network(self) -> None:
        """Deny the function's own code what its role holds for the Lambda service only.

        Source: the same page, on lambda:SourceFunctionArn. In a policy of its own, since the function has to wait for
        the role's other policy, and this one names the function.
        """
        statement = aws_iam.PolicyStatement(
            sid="KeepCodeFromTheNetwork",
            effect=aws_iam.Effect.DENY,
            actions=[
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DetachNetworkInterface",
                "ec2:UnassignPrivateIpAddresses",
            ],
            resources=["*"],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": self.function.function_arn}},
        )
        aws_iam.Policy(self, "CodePolicy", statements=[statement], roles=[self.role])

    def _ec2_arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(service="ec2", resource=resource, resource_name=name)
