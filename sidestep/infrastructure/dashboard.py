"""The dashboard of one database: its alarms, its runs, and each metric of its queries."""

from collections.abc import Iterator, Sequence
from typing import Final

from aws_cdk import aws_cloudwatch, aws_stepfunctions
from aws_cdk.aws_cloudwatch import Color
from constructs import Construct

from sidestep.config.checks import logs_rows, rows_query
from sidestep.config.cloudwatch import MAX_WIDGETS
from sidestep.config.databases import database_key
from sidestep.config.errors import ConfigError
from sidestep.config.settings import Query, QuerySettings
from sidestep.infrastructure.graphs import WIDTH, Source, failures_graph, query_graphs, search_note, values_graph

MAX_ALARMS: Final = 100
"""Maximum number of alarms in an alarm widget (CloudWatch API reference, dashboard body)."""


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
        sources = [Source(query) for query in self._queries]
        rows.append(
            [_runs(self._state_machine), _run_time(self._state_machine), failures_graph(self._settings, sources)]
        )
        if any(query.dimensions for query in self._queries):
            rows.append([search_note()])
        rows.append(
            [values_graph(self._settings, [source], metric) for source in sources for metric in source.query.metrics]
        )
        if own := query_graphs(self._settings, sources):
            rows.append(own)
        if self._check_log_group:
            rows += [[_logged(query, self._check_log_group)] for query in self._queries if logs_rows(query)]
        return rows


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
