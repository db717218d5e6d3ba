"""A database that exists already: its endpoint, its subnets, and the rule that admits the functions."""

from typing import Final

from aws_cdk import aws_ec2
from constructs import Construct

from sidestep.config.certificates import AMAZON_ROOTS, RDS_ROOTS
from sidestep.config.databases import EndpointDatabase, LookedUp
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.lookups import FoundDatabase, look_up, most_private_subnets

ANY: Final = "any"
"""A value for zones and route tables, which the CDK requires but the template does not contain."""


class ExistingDatabase(Construct):
    """A database of metrics.toml that the stack does not create.

    Attributes:
        access: what the functions need to know of it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, database: LookedUp | EndpointDatabase) -> None:
        """Look up what the file does not contain."""
        super().__init__(scope, construct_id)
        found = look_up(self, database) if isinstance(database, LookedUp) else _from_file(database)
        group = aws_ec2.SecurityGroup.from_security_group_id(
            self,
            "SecurityGroup",
            # One of several groups is enough: a rule in any of them admits the function to the database.
            database.security_group or found.security_groups[0],
            mutable=database.ingress,
        )
        self.access: Final = DatabaseAccess(
            vpc=aws_ec2.Vpc.from_vpc_attributes(self, "Vpc", vpc_id=database.vpc_id, availability_zones=[ANY]),
            subnets=self._subnets(database),
            connections=aws_ec2.Connections(security_groups=[group], default_port=aws_ec2.Port.tcp(found.port)),
            host=found.host,
            writer=found.writer,
            port=str(found.port),
            engine=database.engine,
            database=database.database,
            schema=database.default_schema,
            user=database.user,
            resource_id=found.resource_id,
            certificates=(AMAZON_ROOTS if found.resource_id.startswith("prx-") else RDS_ROOTS).name,
        )

    def _subnets(self, database: LookedUp | EndpointDatabase) -> aws_ec2.SubnetSelection:
        return aws_ec2.SubnetSelection(
            subnets=[
                aws_ec2.Subnet.from_subnet_attributes(
                    self, subnet, subnet_id=subnet, availability_zone=ANY, route_table_id=ANY
                )
                for subnet in database.subnets or most_private_subnets(self, database.vpc_id)
            ]
        )


def _from_file(database: EndpointDatabase) -> FoundDatabase:
    return FoundDatabase(
        host=database.endpoint,
        writer=database.endpoint,
        port=database.port,
        resource_id=database.resource_id,
        security_groups=[database.security_group],
    )
