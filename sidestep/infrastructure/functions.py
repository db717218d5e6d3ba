"""The two Lambda functions: one runs the queries, the other prepares the database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from aws_cdk import ArnFormat, Stack, aws_ec2, aws_iam
from constructs import Construct

from sidestep.bundle.build import bundle_prepare_database, bundle_query_database
from sidestep.config.limits import PREPARE_SECONDS, function_timeout
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.vpc_function import VpcFunction


class QueryFunction(VpcFunction):
    """lambdas/query_database, bundled with its queries. Its role may connect as one user of one database.

    Attributes:
        timeout: in seconds.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queries: Sequence[Query],
        schedules: Mapping[str, Schedule],
        shared: Collection[str],
        database: DatabaseAccess,
        build: Path,
        roots: bytes | None,
        log_group_name: str | None,
    ) -> None:
        """Create the function. Its bundle is built below `build`; `roots` replace the shipped roots of RDS.

        The log group has a name if checks log rows there, else CloudFormation names it.
        """
        self.timeout: Final = function_timeout(query.timeout for query in queries)
        super().__init__(
            scope,
            construct_id,
            name="query_database",
            purpose="Asks the database and returns one page of metric data",
            bundle=bundle_query_database(
                engine=database.engine,
                queries=queries,
                schedules=schedules,
                shared=shared,
                build=build,
                roots=roots,
            ),
            timeout=self.timeout,
            database=database,
            log_group_name=log_group_name,
        )
        self._allow_connection(database)

    def _allow_connection(self, database: DatabaseAccess) -> None:
        """Allow rds-db:connect in a separate policy, because it depends on a database that the stack may create.

        The role's other policy must exist, and have propagated, before Lambda attaches the function to the network.
        """
        user = Stack.of(self).format_arn(
            service="rds-db",
            resource="dbuser",
            resource_name=f"{database.resource_id}/{database.user}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        statement = aws_iam.PolicyStatement(sid="ConnectToDatabase", actions=["rds-db:connect"], resources=[user])
        aws_iam.Policy(self, "ConnectPolicy", statements=[statement], roles=[self.role])


class PrepareFunction(VpcFunction):
    """lambdas/prepare_database. Its caller passes the administrator's password.

    Nothing in the stack may invoke it: an operator needs a policy for that.
    """

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
        """Create the function with the security group of the query function; `build` and `roots` as there."""
        super().__init__(
            scope,
            construct_id,
            name="prepare_database",
            purpose="Prepares the database: the user of the queries, and the sample's data",
            bundle=bundle_prepare_database(engine=database.engine, build=build, roots=roots),
            timeout=PREPARE_SECONDS,
            database=replace(database, host=database.writer),
            security_group=security_group,
        )
        self.function.add_environment("DATABASE_SAMPLE", "true" if sample else "false")
