"""One stack per database of metrics.toml, so that each deploys, fails and is deleted by itself."""

from pathlib import Path

import aws_cdk
from aws_cdk import CfnOutput, DefaultStackSynthesizer
from constructs import Construct

from sidestep import console_urls, resource_names
from sidestep.config.databases import Database, Sample
from sidestep.config.settings import Settings
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.environment import Environment
from sidestep.infrastructure.existing_database import ExistingDatabase
from sidestep.infrastructure.functions import PrepareFunction
from sidestep.infrastructure.sample_database import SampleDatabase
from sidestep.infrastructure.sql_metrics import SqlMetrics


class SidestepStack(aws_cdk.Stack):
    """SqlMetrics with what a [database.NAME] table adds: the database or its lookup, preparation, and outputs."""

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
        metrics = SqlMetrics(self, "Default", access=access, settings=settings, database=database, build=build)
        machine_arn = metrics.state_machine.state_machine_arn
        self._output(
            "Executions",
            "Every run, in the Step Functions console",
            console_urls.state_machine_page(self.region, machine_arn),
        )
        self._output(
            "Metrics",
            "The metrics, in the CloudWatch console",
            console_urls.metrics_page(self.region, settings.namespace),
        )
        self._output(
            resource_names.STATE_MACHINE, "What `sidestep run` starts and `sidestep watch` follows", machine_arn
        )
        if table.prepare:
            self._add_preparation(table, access, metrics, build, settings.roots)

    def _access(self, database: Database) -> DatabaseAccess:
        if isinstance(database, Sample):
            return SampleDatabase(self, "SampleDatabase", database=database).access
        return ExistingDatabase(self, "Database", database=database).access

    def _add_preparation(
        self, database: Database, access: DatabaseAccess, metrics: SqlMetrics, build: Path, roots: bytes | None
    ) -> None:
        """Add the function that `sidestep prepare` invokes, and the outputs that it reads."""
        prepare_database = PrepareFunction(
            self,
            "PrepareDatabase",
            database=access,
            sample=isinstance(database, Sample),
            security_group=metrics.query_database.security_group,
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
