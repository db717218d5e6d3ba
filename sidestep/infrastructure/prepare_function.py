"""The function that prepares the database, for whoever has the administrator's password; it is given none itself."""

from dataclasses import replace
from pathlib import Path

from aws_cdk import aws_ec2
from constructs import Construct

from sidestep.bundle.build import bundle_prepare_database
from sidestep.config.limits import PREPARATION
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.vpc_function import VpcFunction


class PrepareFunction(VpcFunction):
    """lambdas/prepare_database. Nothing in the stack may invoke it: only an operator with a policy for that can."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database: DatabaseAccess,
        sample: bool,
        security_group: aws_ec2.ISecurityGroup,
        build: Path,
        roots: bytes | None,
    ) -> None:
        """Create the function, its role and its log group, on the way to the database that another function has."""
        super().__init__(
            scope,
            construct_id,
            name="prepare_database",
            purpose="Prepares the database: the user of the queries, and the sample's data",
            bundle=bundle_prepare_database(engine=database.engine, build=build, roots=roots),
            timeout=PREPARATION,
            database=replace(database, host=database.writer),
            security_group=security_group,
        )
        self.function.add_environment("DATABASE_SAMPLE", "true" if sample else "false")
