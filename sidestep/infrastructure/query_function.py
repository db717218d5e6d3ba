"""The function that asks: its role may reach one user of one database and nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from aws_cdk import ArnFormat, Stack, aws_iam
from constructs import Construct

from sidestep.bundle.build import bundle_query_database
from sidestep.config.limits import function_timeout
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.vpc_function import VpcFunction


class QueryFunction(VpcFunction):
    """lambdas/query_database, bundled with the queries of one database.

    Attributes:
        timeout: the seconds it may take.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queries: Sequence[Query],
        schedules: Mapping[str, Schedule],
        database: DatabaseAccess,
        build: Path,
        roots: bytes | None,
    ) -> None:
        """Create the function, its role, its log group and its access to the database; `roots` as for the bundle."""
        self.timeout: Final = function_timeout(query.timeout for query in queries)
        super().__init__(
            scope,
            construct_id,
            name="query_database",
            purpose="Asks the database and returns one page of metric data",
            bundle=bundle_query_database(
                engine=database.engine, queries=queries, schedules=schedules, build=build, roots=roots
            ),
            timeout=self.timeout,
            database=database,
        )
        self._let_it_connect(database)

    def _let_it_connect(self, database: DatabaseAccess) -> None:
        """Allow one user of one database.

        This policy is separate, because it depends on a database that the stack creates. The role's other policy must
        exist, and have propagated, before Lambda attaches the function to the network.
        """
        user = Stack.of(self).format_arn(
            service="rds-db",
            resource="dbuser",
            resource_name=f"{database.resource_id}/{database.user}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        statement = aws_iam.PolicyStatement(sid="ConnectToDatabase", actions=["rds-db:connect"], resources=[user])
        aws_iam.Policy(self, "ConnectPolicy", statements=[statement], roles=[self.role])
