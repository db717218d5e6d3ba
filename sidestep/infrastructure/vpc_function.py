"""The base of the functions in the VPC: runtime, log group, role and network."""

from pathlib import Path
from typing import Final

from aws_cdk import (
    Acknowledgment,
    Duration,
    RemovalPolicy,
    Stack,
    Token,
    Validations,
    aws_ec2,
    aws_iam,
    aws_lambda,
    aws_logs,
)
from constructs import Construct

from sidestep.bundle.build import FUNCTIONS, PYTHON_VERSION
from sidestep.infrastructure.database_access import DatabaseAccess

MEMORY: Final = 128
"""MB, the minimum. The functions stream results, so a long one needs hardly more than a short one."""


class VpcFunction(Construct):
    """A function with its own role and log group, and the database's endpoint in its environment.

    Attributes:
        role: the function's permissions.
        function: the function itself.
        security_group: the security group of its network interfaces.
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
        log_group_name: str | None = None,
    ) -> None:
        """Create the function of lambdas/`name`, with a timeout in seconds and a `purpose` for the console.

        Its role may write the log and be attached to the VPC. Its own security group, without another function's in
        `security_group`, allows the port of the database only.
        """
        super().__init__(scope, construct_id)
        log_group = aws_logs.LogGroup(
            self,
            "NamedLogs" if log_group_name else "Logs",
            log_group_name=log_group_name,
            retention=aws_logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.security_group: Final = security_group or self._new_security_group(database)
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
            allow_public_subnet=True,  # the function needs the database only, so any subnet of the VPC will do
            security_groups=[self.security_group],
        )
        self._deny_network_actions_to_code()

    def _new_security_group(self, database: DatabaseAccess) -> aws_ec2.SecurityGroup:
        group = aws_ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=database.vpc,
            allow_all_outbound=False,
            description="Sidestep functions: to the port of the database, to nothing else",
        )
        # EC2 adds a rule that allows everything to a group without outbound rules. CloudFormation creates the rule
        # for the database after the group, so until then this rule, for an unused address, keeps the group closed.
        group.add_egress_rule(aws_ec2.Peer.ipv4("255.255.255.255/32"), aws_ec2.Port.tcp(1), "Allows nothing")
        # From this side, so that both rules are in this stack, also if the database is in another one.
        group.connections.allow_to_default_port(database.connections, "Sidestep functions")
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
        Validations.of(role).acknowledge(
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::*]", reason="EC2's Describe actions do not support resources."
            ),
            Acknowledgment(
                id=f"AwsSolutions-IAM5[Resource::{ec2}:network-interface/*]",
                reason="The interface does not exist before Lambda creates it; subnets and security group are named.",
            ),
            Acknowledgment(
                id=f"AwsSolutions-IAM5[Resource::{ec2}:*/*]",
                reason="Lambda needs these actions on every resource ID (Lambda developer guide, VPC access).",
            ),
        )
        return role

    def _ec2_in_findings(self) -> str:
        """Return the beginning of EC2's ARNs in cdk-nag's findings, which has placeholders for unknown values."""
        stack = Stack.of(self)
        known = {"AWS::Partition": stack.partition, "AWS::Region": stack.region, "AWS::AccountId": stack.account}
        partition, region, account = (
            f"<{name}>" if Token.is_unresolved(value) else value for name, value in known.items()
        )
        return f"arn:{partition}:ec2:{region}:{account}"

    def _network_interface_statements(self, database: DatabaseAccess) -> list[aws_iam.PolicyStatement]:
        """Return the permissions with which the Lambda service attaches the function to the VPC.

        Source: Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC". It requires
        DeleteNetworkInterface on every resource ID of the account and region. The Describe actions do not support
        resources (Service Authorization Reference, Amazon EC2).
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

    def _deny_network_actions_to_code(self) -> None:
        """Deny the function's own code the permissions that its role has for the Lambda service only.

        Source: the same page, on lambda:SourceFunctionArn. The policy is separate, because it depends on the
        function, and the function depends on the role's other policy.
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
