"""One database's dashboard: its alarms, its runs, and each metric of its queries."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration, Stack, aws_cloudwatch, aws_stepfunctions
from aws_cdk.aws_cloudwatch import Color
from constructs import Construct

from sidestep import cloudwatch
from sidestep.settings import Query, Settings

WIDTH: Final = 24
"""Columns of a dashboard (CloudWatch API reference, dashboard body)."""


class Dashboard(Construct):
    """What happens in one database's stack, on one page."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        database: str,
        state_machine: aws_stepfunctions.StateMachine,
        alarms: Sequence[aws_cloudwatch.IAlarm],
    ) -> None:
        """Create the dashboard under the stack's name."""
        super().__init__(scope, construct_id)
        self._settings = settings
        queries = settings.queries_of(database)
        page = aws_cloudwatch.Dashboard(self, "Dashboard", dashboard_name=Stack.of(self).stack_name)
        if alarms:
            page.add_widgets(aws_cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=WIDTH, height=2))
        page.add_widgets(_runs(state_machine), _run_time(state_machine), self._troubles(queries))
        page.add_widgets(*(self._values(query, metric) for query in queries for metric in query.metrics))

    def _troubles(self, queries: Sequence[Query]) -> aws_cloudwatch.GraphWidget:
        troubles = [(cloudwatch.FAILED_QUERIES, query.name) for query in queries]
        troubles += [(cloudwatch.EMPTY_RESULTS, query.name) for query in queries if query.on_empty == "skip"]
        return aws_cloudwatch.GraphWidget(
            title="Queries that failed or were empty",
            left=[
                aws_cloudwatch.Metric(
                    namespace=self._settings.namespace,
                    metric_name=name,
                    dimensions_map={"Query": query},
                    statistic="Maximum",
                    label=f"{name} {query}",
                )
                for name, query in troubles
            ],
            width=WIDTH // 3,
        )

    def _values(self, query: Query, metric: str) -> aws_cloudwatch.GraphWidget:
        period = Duration.seconds(self._settings.timing_of(query).interval)
        namespace = self._settings.namespace
        line = (
            _every_series(namespace, query.dimensions, metric, period)
            if query.dimensions
            else aws_cloudwatch.Metric(namespace=namespace, metric_name=metric, statistic="Average", period=period)
        )
        unit = query.metrics[metric].unit
        axis = aws_cloudwatch.YAxisProps(label="" if unit == "None" else unit, show_units=False)
        return aws_cloudwatch.GraphWidget(title=metric, left=[line], left_y_axis=axis, width=WIDTH // 3)


def _runs(machine: aws_stepfunctions.StateMachine) -> aws_cloudwatch.GraphWidget:
    return aws_cloudwatch.GraphWidget(
        title="Runs by outcome",
        stacked=True,
        left=[
            machine.metric_succeeded(label="succeeded", color=Color.GREEN, statistic="Sum"),
            machine.metric_failed(label="failed", color=Color.RED, statistic="Sum"),
            machine.metric_timed_out(label="timed out", color=Color.ORANGE, statistic="Sum"),
            machine.metric_aborted(label="aborted", color=Color.GREY, statistic="Sum"),
        ],
        width=WIDTH // 3,
    )


def _run_time(machine: aws_stepfunctions.StateMachine) -> aws_cloudwatch.GraphWidget:
    return aws_cloudwatch.GraphWidget(
        title="Run time",
        left=[
            machine.metric_time(label="average", statistic="Average"),
            machine.metric_time(label="maximum", statistic="Maximum"),
        ],
        left_y_axis=aws_cloudwatch.YAxisProps(label="ms", show_units=False, min=0),
        width=WIDTH // 3,
    )


def _every_series(
    namespace: str, dimensions: Sequence[str], metric: str, period: Duration
) -> aws_cloudwatch.SearchExpression:
    """Return a line per combination of dimension values, labelled with these."""
    schema = ",".join(f'"{_escaped(name)}"' for name in (namespace, *dimensions))
    return aws_cloudwatch.SearchExpression(
        expression=f"SEARCH('{{{schema}}} MetricName=\"{_escaped(metric)}\"', 'Average', {period.to_seconds()})",
        label=" ".join(f"${{PROP('Dim.{name}')}}" for name in dimensions),
        period=period,
    )


def _escaped(name: str) -> str:
    for character in "\\\"'":
        name = name.replace(character, f"\\{character}")
    return name
