"""A database that was there before the stack: where it is, and the rule that lets the functions in."""

from typing import Final

from aws_cdk import aws_ec2
from constructs import Construct

from sidestep.databases import ByHand, Cluster, Instance, LookedUp, Proxy
from sidestep.infrastructure.database_access import AMAZON_ROOTS, RDS_ROOTS, DatabaseAccess
from sidestep.infrastructure.database_lookup import FoundDatabase, look_up


class ExistingDatabase(Construct):
    """A database of metrics.toml that the stack does not create.

    Attributes:
        access: what the functions need to know of it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, database: LookedUp | ByHand) -> None:
        """Find the database; one that is not given by its attributes is looked up."""
        super().__init__(scope, construct_id)
        found = self._found(database)
        vpc = self._vpc(database)
        group = aws_ec2.SecurityGroup.from_security_group_id(
            self,
            "SecurityGroup",
            # Of several groups one is enough: a rule that lets the function in holds for the database as a whole.
            database.security_group or found.security_groups[0],
            mutable=database.ingress,
        )
        self.access: Final = DatabaseAccess(
            vpc=vpc,
            subnets=self._subnets(database, vpc),
            connections=aws_ec2.Connections(security_groups=[group], default_port=aws_ec2.Port.tcp(found.port)),
            host=found.host,
            port=str(found.port),
            schema=database.schema_name,
            user=database.user,
            resource_id=found.resource_id,
            certificates=AMAZON_ROOTS if found.resource_id.startswith("prx-") else RDS_ROOTS,
        )

    def _found(self, database: LookedUp | ByHand) -> FoundDatabase:
        if isinstance(database, ByHand):
            return FoundDatabase(
                host=database.endpoint,
                port=database.port,
                resource_id=database.resource_id,
                security_groups=[database.security_group],
            )
        return look_up(self, database)

    def _vpc(self, database: LookedUp | ByHand) -> aws_ec2.IVpc:
        if isinstance(database, Instance | Cluster | Proxy) and not database.subnets:
            return aws_ec2.Vpc.from_lookup(self, "Vpc", vpc_id=database.vpc_id)
        # Its subnets are given one by one, so its zones do not matter.
        return aws_ec2.Vpc.from_vpc_attributes(self, "Vpc", vpc_id=database.vpc_id, availability_zones=[])

    def _subnets(self, database: LookedUp | ByHand, vpc: aws_ec2.IVpc) -> aws_ec2.SubnetSelection:
        """Return the subnets that were given, or else one per zone of the most private kind that the VPC has."""
        given = [aws_ec2.Subnet.from_subnet_id(self, subnet, subnet) for subnet in database.subnets]
        if given:
            return aws_ec2.SubnetSelection(subnets=given)
        kinds = [
            kind
            for kind, subnets in (
                (aws_ec2.SubnetType.PRIVATE_ISOLATED, vpc.isolated_subnets),
                (aws_ec2.SubnetType.PRIVATE_WITH_EGRESS, vpc.private_subnets),
                (aws_ec2.SubnetType.PUBLIC, vpc.public_subnets),
            )
            if subnets
        ]
        return aws_ec2.SubnetSelection(subnets=vpc.select_subnets(subnet_type=kinds[0], one_per_az=True).subnets)
