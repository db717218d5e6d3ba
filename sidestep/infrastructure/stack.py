"""One stack per database, so that each deploys, fails and goes away by itself."""

from pathlib import Path

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from constructs import Construct

from sidestep import console
from sidestep.infrastructure.query_function import QueryFunction
from sidestep.infrastructure.sample_database import SampleDatabase
from sidestep.infrastructure.workflow import Workflow
from sidestep.settings import Settings


class SidestepStack(Stack):
    """Everything that turns the queries of one database into metrics."""

    def __init__(self, scope: Construct, *, database: str, settings: Settings, build: Path) -> None:
        """Create the stack of `database`, a key of `settings.databases`; bundles are built below `build`."""
        super().__init__(
            scope,
            f"sidestep-{database}",
            description=f"Sidestep: SQL results of {database} as CloudWatch metrics in {settings.namespace}",
            # The CDK command line checks the bootstrap version itself; the rule would only repeat it.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        queries = settings.queries_of(database)
        sample = SampleDatabase(self, "SampleDatabase")
        query_database = QueryFunction(self, "QueryDatabase", queries=queries, database=sample.access, build=build)
        workflow = Workflow(
            self,
            "Workflow",
            function=query_database.function,
            function_timeout=query_database.timeout,
            namespace=settings.namespace,
            timing=settings.timing,
            queries=queries,
        )
        CfnOutput(
            self,
            "Executions",
            description="Every run, in the Step Functions console",
            value=console.state_machine_page(self.region, workflow.state_machine.state_machine_arn),
        )
        CfnOutput(
            self,
            "Metrics",
            description="The metrics, in the CloudWatch console",
            value=console.metrics_page(self.region, settings.namespace),
        )
