"""One stack per database, so that each deploys, fails and goes away by itself."""

from pathlib import Path

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, Stack
from constructs import Construct

from sidestep import console_urls, resource_names
from sidestep.config.databases import Database, Sample
from sidestep.config.settings import Settings
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.environment import Target
from sidestep.infrastructure.existing_database import ExistingDatabase
from sidestep.infrastructure.monitoring import Monitoring
from sidestep.infrastructure.prepare_function import PrepareFunction
from sidestep.infrastructure.query_function import QueryFunction
from sidestep.infrastructure.sample_database import SampleDatabase
from sidestep.infrastructure.workflow import Workflow


class SidestepStack(Stack):
    """Everything that turns the queries of one database into metrics."""

    def __init__(
        self, scope: Construct, *, database: str, settings: Settings, build: Path, target: Target | None = None
    ) -> None:
        """Create the stack of `database`, a key of `settings.databases`; bundles are built below `build`."""
        target = target or Target()
        super().__init__(
            scope,
            resource_names.stack_name(database),
            description=f"Sidestep: SQL results of {database} as CloudWatch metrics in {settings.namespace}",
            env=Environment(account=target.account, region=target.region),
            # The CDK command line checks the bootstrap version itself; the rule would only repeat it.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        access = self._access(settings.databases[database])
        roots = settings.certificates.pem if settings.certificates else None
        query_database = QueryFunction(
            self,
            "QueryDatabase",
            queries=settings.queries_of(database),
            schedules=settings.schedules,
            database=access,
            build=build,
            roots=roots,
        )
        workflow = Workflow(
            self,
            "Workflow",
            function=query_database.function,
            function_timeout=query_database.timeout,
            namespace=settings.namespace,
            workflow=settings.workflow,
            runs=settings.runs_of(database),
        )
        Monitoring(self, "Monitoring", settings=settings, database=database, state_machine=workflow.state_machine)
        self._link_to_the_console(workflow, settings.namespace)
        self._name_the_workflow(workflow)
        if settings.databases[database].prepare:
            self._add_preparation(settings.databases[database], access, query_database, build, roots)

    def _link_to_the_console(self, workflow: Workflow, namespace: str) -> None:
        CfnOutput(
            self,
            "Executions",
            description="Every run, in the Step Functions console",
            value=console_urls.state_machine_page(self.region, workflow.state_machine.state_machine_arn),
        )
        CfnOutput(
            self,
            "Metrics",
            description="The metrics, in the CloudWatch console",
            value=console_urls.metrics_page(self.region, namespace),
        )

    def _name_the_workflow(self, workflow: Workflow) -> None:
        CfnOutput(
            self,
            resource_names.STATE_MACHINE,
            description="What `sidestep run` starts and `sidestep watch` follows",
            value=workflow.state_machine.state_machine_arn,
        )

    def _add_preparation(
        self,
        database: Database,
        access: DatabaseAccess,
        query_database: QueryFunction,
        build: Path,
        roots: bytes | None,
    ) -> None:
        """Add the function that `sidestep prepare` invokes, and what it has to know to do so."""
        prepare_database = PrepareFunction(
            self,
            "PrepareDatabase",
            database=access,
            sample=isinstance(database, Sample),
            security_group=query_database.security_group,
            build=build,
            roots=roots,
        )
        CfnOutput(
            self,
            resource_names.PREPARE_FUNCTION,
            description="What `sidestep prepare` invokes",
            value=prepare_database.function.function_arn,
        )
        if access.administrator_secret:
            CfnOutput(
                self,
                resource_names.ADMINISTRATOR_SECRET,
                description="The secret that `sidestep prepare` reads",
                value=access.administrator_secret,
            )

    def _access(self, database: Database) -> DatabaseAccess:
        if isinstance(database, Sample):
            return SampleDatabase(self, "SampleDatabase", database=database).access
        return ExistingDatabase(self, "Database", database=database).access
