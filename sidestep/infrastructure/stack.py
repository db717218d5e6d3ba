"""One stack per database of metrics.toml, so that each deploys, fails and is deleted by itself."""

from pathlib import Path

import aws_cdk
from aws_cdk import CfnOutput, DefaultStackSynthesizer
from constructs import Construct

from sidestep import resource_names
from sidestep.config.databases import Database, Sample
from sidestep.config.settings import Settings
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.database_metrics import DatabaseMetrics
from sidestep.infrastructure.environment import Environment
from sidestep.infrastructure.existing_database import ExistingDatabase
from sidestep.infrastructure.functions import PrepareFunction
from sidestep.infrastructure.sample_database import SampleDatabase


class SidestepStack(aws_cdk.Stack):
    """DatabaseMetrics with what a [database.NAME] table adds: the database or its lookup, and its preparation."""

    def __init__(
        self,
        scope: Construct,
        *,
        database: str,
        settings: Settings,
        build: Path,
        environment: Environment = Environment(),  # noqa: B008 - immutable
    ) -> None:
        """Create the stack of `database`, a key of `settings.databases`; bundles are built below `build`."""
        super().__init__(
            scope,
            settings.stack_of(database),
            description=f"Sidestep: SQL results of {database} as CloudWatch metrics in {settings.namespace}",
            env=aws_cdk.Environment(account=environment.account, region=environment.region),
            # The CDK's command line checks the bootstrap version already.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        table = settings.databases[database]
        access = self._access(table)
        # The CDK omits the ID "Default" from logical IDs, which so stay those of stacks deployed before.
        metrics = DatabaseMetrics(self, "Default", access=access, settings=settings, database=database, build=build)
        if table.prepare:
            self._add_preparation(table, access, metrics, build, settings.roots)

    def _access(self, database: Database) -> DatabaseAccess:
        if isinstance(database, Sample):
            return SampleDatabase(self, "SampleDatabase", database=database).access
        return ExistingDatabase(self, "Database", database=database).access

    def _add_preparation(
        self, database: Database, access: DatabaseAccess, metrics: DatabaseMetrics, build: Path, roots: bytes | None
    ) -> None:
        """Add the function that `sidestep prepare` invokes, and the outputs that it reads."""
        prepare_database = PrepareFunction(
            self,
            "PrepareDatabase",
            database=access,
            sample=isinstance(database, Sample),
            security_group=metrics.connections.security_groups[0],
            build=build,
            roots=roots,
        )
        self._output(
            resource_names.PREPARE_FUNCTION,
            "What `sidestep prepare` invokes",
            prepare_database.function.function_arn,
        )
        if access.administrator_secret:
            self._output(
                resource_names.ADMINISTRATOR_SECRET,
                "The secret that `sidestep prepare` reads",
                access.administrator_secret,
            )

    def _output(self, name: str, description: str, value: str) -> None:
        CfnOutput(self, name, description=description, value=value)
