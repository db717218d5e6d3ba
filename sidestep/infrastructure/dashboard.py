"""The dashboard of one database: its alarms, its runs, and each metric of its queries."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from aws_cdk import Duration, aws_cloudwatch, aws_stepfunctions
from aws_cdk.aws_cloudwatch import Color
from constructs import Construct

from sidestep.config import cloudwatch, metric_queries
from sidestep.config.checks import CheckQuery, logs_rows, rows_query
from sidestep.config.databases import database_key
from sidestep.config.errors import ConfigError
from sidestep.config.settings import Metric, Query, QuerySettings
from sidestep.lambdas.query_database.metric_data import EMPTY_RESULTS, FAILED_QUERIES

WIDTH: Final = 24
"""Columns of a dashboard's grid (CloudWatch API reference, dashboard body)."""

MAX_ALARMS: Final = 100
"""Maximum number of alarms in an alarm widget (CloudWatch API reference, dashboard body)."""

MAX_WIDGETS: Final = 500
"""Maximum number of widgets in a dashboard (CloudWatch user guide, "CloudWatch service quotas")."""

AVERAGE: Final = "Average"

PERCENTILES: Final = ("p50", "p90", "p99")
"""The lines of a distribution; other metrics have no percentiles."""


class Widgets:
    """The alarms, runs and metrics of one database as widgets, which belong to one dashboard each."""

    def __init__(
        self,
        *,
        settings: QuerySettings,
        database: str,
        state_machine: aws_stepfunctions.StateMachine,
        alarms: Sequence[aws_cloudwatch.IAlarm],
        check_log_group: str | None,
    ) -> None:
        """Prepare the widgets of `database`, the name of a database in the settings.

        `check_log_group` has the rows that its checks log.
        """
        self.database: Final = database
        self._settings = settings
        self._queries = settings.queries_of(database)
        self._state_machine = state_machine
        self._alarms = alarms
        self._check_log_group = check_log_group

    def rows(self) -> list[list[aws_cloudwatch.IWidget]]:
        """Return new widgets, row by row."""
        rows: list[list[aws_cloudwatch.IWidget]] = [[widget] for widget in _alarms(self._alarms)]
        rows.append([_runs(self._state_machine), _run_time(self._state_machine), self._failed_queries(self._queries)])
        if any(query.dimensions for query in self._queries):
            rows.append([_search_note()])
        rows.append([self._values(query, metric) for query in self._queries for metric in query.metrics])
        if self._check_log_group:
            rows += [[_logged(query, self._check_log_group)] for query in self._queries if logs_rows(query)]
        return rows

    def _failed_queries(self, queries: Sequence[Query]) -> aws_cloudwatch.GraphWidget:
        metrics = [(FAILED_QUERIES, query.name) for query in queries]
        metrics += [(EMPTY_RESULTS, query.name) for query in queries]
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
                for name, query in metrics
            ],
            width=WIDTH // 3,
        )

    def _values(self, query: Query, metric: str) -> aws_cloudwatch.GraphWidget:
        statistics = _statistics(query.metrics[metric])
        lines = [line for statistic in statistics for line in self._lines(query, metric, statistic)]
        unit = query.metrics[metric].unit
        axis = aws_cloudwatch.YAxisProps(label="" if unit == "None" else unit, show_units=False)
        is_check = isinstance(query, CheckQuery)
        title = f"{metric} {query.name}" if is_check else metric  # several checks have the same metric
        return aws_cloudwatch.GraphWidget(title=title, left=lines, left_y_axis=axis, width=WIDTH // 3)

    def _lines(self, query: Query, metric: str, statistic: str) -> Iterator[aws_cloudwatch.IMetric]:
        """Yield a line for each series, labelled with the values of its columns, and one for their total."""
        which = [] if statistic == AVERAGE else [statistic]
        if not query.dimensions:
            yield self._line(query, metric, statistic, label=" ".join(which) or None)
            alarm = query.metrics[metric].alarm
            if alarm and alarm.anomaly and statistic == _statistics(query.metrics[metric])[0]:
                yield self._band(query, metric, alarm.anomaly)
            return
        period = self._settings.timing_of(query).interval
        namespace = self._settings.namespace
        yield aws_cloudwatch.SearchExpression(
            expression=metric_queries.search_expression(namespace, metric, query, statistic=statistic, period=period),
            label=" ".join([*(f"${{PROP('Dim.{name}')}}" for name in query.dimensions), *which]),
            period=Duration.seconds(period),
        )
        if query.metrics[metric].rollup:
            yield self._line(query, metric, statistic, label=" ".join(["total", *which]))

    def _line(self, query: Query, metric: str, statistic: str, *, label: str | None) -> aws_cloudwatch.Metric:
        return aws_cloudwatch.Metric(
            namespace=self._settings.namespace,
            metric_name=metric,
            dimensions_map=query.fixed_dimensions,
            statistic=statistic,
            label=label,
            period=Duration.seconds(self._settings.timing_of(query).interval),
        )

    def _band(self, query: Query, metric: str, deviations: float) -> aws_cloudwatch.MathExpression:
        """Return the band of expected averages, which an alarm watches."""
        return aws_cloudwatch.MathExpression(
            expression=f"ANOMALY_DETECTION_BAND(average, {deviations:g})",
            using_metrics={"average": self._line(query, metric, AVERAGE, label=None)},
            label="expected",
            period=Duration.seconds(self._settings.timing_of(query).interval),
        )


class Dashboard(Construct):
    """A page with the widgets of one database.

    Attributes:
        dashboard: the page.
    """

    def __init__(self, scope: Construct, construct_id: str, *, name: str, widgets: Widgets) -> None:
        """Create the dashboard `name`.

        Raises:
            ConfigError: it has more widgets than CloudWatch allows.
        """
        super().__init__(scope, construct_id)
        rows = widgets.rows()
        _check_size(widgets.database, sum(len(row) for row in rows))
        self.dashboard: Final = aws_cloudwatch.Dashboard(self, "Dashboard", dashboard_name=name)
        for row in rows:
            self.dashboard.add_widgets(*row)


def _check_size(database: str, widgets: int) -> None:
    if widgets > MAX_WIDGETS:
        raise ConfigError(
            [
                f"{database_key(database)}: its dashboard has {widgets} widgets, one for each metric, but CloudWatch "
                f"allows {MAX_WIDGETS}; write dashboard = false, or move queries to a second table or construct for "
                "the same database"
            ]
        )


def _alarms(alarms: Sequence[aws_cloudwatch.IAlarm]) -> Iterator[aws_cloudwatch.AlarmStatusWidget]:
    """Yield the widgets with the alarms."""
    for start in range(0, len(alarms), MAX_ALARMS):
        some = alarms[start : start + MAX_ALARMS]
        which = f" {start + 1} to {start + len(some)}" if len(alarms) > MAX_ALARMS else ""
        yield aws_cloudwatch.AlarmStatusWidget(title=f"Alarms{which}", alarms=some, width=WIDTH, height=2)


def _logged(check: Query, log_group: str) -> aws_cloudwatch.LogQueryWidget:
    return aws_cloudwatch.LogQueryWidget(
        title=f"Rows {check.name}",
        log_group_names=[log_group],
        query_lines=rows_query(check.name).split(" | "),
        width=WIDTH,
    )


def _search_note() -> aws_cloudwatch.TextWidget:
    """Return a note that a new series appears late, because a search finds only listed metrics."""
    minutes = cloudwatch.LISTING // timedelta(minutes=1)
    return aws_cloudwatch.TextWidget(
        markdown=f"Graphs of metrics with dimensions show new series after up to {minutes} minutes.",
        background=aws_cloudwatch.TextWidgetBackground.TRANSPARENT,
        width=WIDTH,
        height=1,
    )


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


def _statistics(metric: Metric) -> Sequence[str]:
    return PERCENTILES if metric.statistic == "distribution" else (AVERAGE,)
