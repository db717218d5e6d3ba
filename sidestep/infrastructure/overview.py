"""The dashboard of the queries that run on several databases, in a stack of its own.

It refers to no resource of the databases' stacks, only to their metrics by name. So all of these stacks can be
deployed and deleted in any order, and each can fail alone.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import aws_cdk
from aws_cdk import DefaultStackSynthesizer, aws_cloudwatch
from constructs import Construct

from sidestep.config.settings import Query, Settings
from sidestep.infrastructure.environment import Environment
from sidestep.infrastructure.graphs import Source, failures_graph, query_graphs, search_note, values_graph


class OverviewStack(aws_cdk.Stack):
    """A dashboard with a line for each database in each graph.

    A dashboard can be seen from every Region, and its graphs have the metrics of any Region. Those of another account
    appear if that account shares them (CloudWatch user guide, "Cross-account cross-Region dashboards").

    Attributes:
        dashboard: the dashboard.
    """

    def __init__(self, scope: Construct, *, settings: Settings, shell: Environment = Environment()) -> None:  # noqa: B008
        """Create the stack where the first of the databases is; `shell` is the environment of the credentials."""
        groups = settings.shared_queries()
        own = shell.of(settings.databases[str(groups[0][0].database)])
        super().__init__(
            scope,
            settings.overview_stack,
            description=f"Sidestep: the metrics of several databases in {settings.namespace}",
            env=aws_cdk.Environment(account=own.account, region=own.region),
            # The CDK's command line checks the bootstrap version already.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self._settings = settings
        self._shell = shell
        self._own = own
        self.dashboard: Final = aws_cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=settings.overview_stack, widgets=[list(self._widgets(groups))]
        )

    def _widgets(self, groups: Sequence[Sequence[Query]]) -> Iterator[aws_cloudwatch.IWidget]:
        sources = [[self._source(query) for query in group] for group in groups]
        if any(group[0].query.dimensions for group in sources):
            yield search_note()
        yield failures_graph(self._settings, [source for group in sources for source in group])
        for group in sources:
            for metric in group[0].query.metrics:
                yield values_graph(self._settings, group, metric)
        for group in sources:
            yield from query_graphs(self._settings, group)

    def _source(self, query: Query) -> Source:
        """Return where a query's metrics are; None stands for the environment of this stack."""
        database = str(query.database)
        there = self._shell.of(self._settings.databases[database])
        account, region = there.account or self._shell.account, there.region or self._shell.region
        is_account = account == (self._own.account or self._shell.account)
        is_region = region == (self._own.region or self._shell.region)
        return Source(query, database, None if is_account else account, None if is_region else region)
