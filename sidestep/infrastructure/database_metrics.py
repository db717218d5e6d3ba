"""What turns the queries of one database into metrics: function, workflow, alarms and dashboard."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aws_cdk import (
    CfnOutput,
    Duration,
    Names,
    Stack,
    aws_cloudwatch,
    aws_ec2,
    aws_iam,
    aws_lambda,
    aws_stepfunctions,
)
from constructs import Construct

from sidestep import console_urls, resource_names
from sidestep.config.checks import logs_rows
from sidestep.config.errors import ConfigError
from sidestep.config.settings import QuerySettings
from sidestep.infrastructure.alarms import Alarms
from sidestep.infrastructure.dashboard import Dashboard, Widgets
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.declared_metrics import find_series
from sidestep.infrastructure.functions import QueryFunction
from sidestep.infrastructure.notifications import Notifications
from sidestep.infrastructure.workflow import Workflow

MAX_NAME: Final = 100
"""Maximum number of characters in the display name of a topic (SNS API reference, SetTopicAttributes)."""


class DatabaseMetrics(Construct):
    """Runs the queries of one database on their schedules and publishes the results as CloudWatch metrics.

    Attributes:
        name: the name of the dashboard, the prefix of the alarms' names, and the end of the log group's name.
        state_machine: the workflow, which invokes the function and publishes its pages.
        function: the function that runs the queries.
        connections: the security group of the function.
        alarms: all alarms.
        dashboard: the dashboard; None if it is left out.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        access: DatabaseAccess,
        settings: QuerySettings,
        database: str,
        build: Path,
        name: str | None = None,
        alarms: bool = True,
    ) -> None:
        """Create all of it.

        Args:
            scope: its parent.
            construct_id: its ID there.
            access: the database and the network that leads to it.
            settings: the queries, possibly of several databases.
            database: the name of the database there.
            build: the folder of the bundles.
            name: must be unique in an account and Region; by default made of the names of stack and construct.
            alarms: whether there are alarms, and topics for them.
        """
        super().__init__(scope, construct_id)
        self._settings = settings
        self._queries = settings.queries_of(database)
        self.name: Final = name or Names.unique_resource_name(
            self, separator="-", allowed_special_characters="-_", max_length=MAX_NAME
        )
        self._check_log_group = (
            resource_names.check_log_group(self.name) if any(map(logs_rows, self._queries)) else None
        )
        query_function = QueryFunction(
            self,
            "QueryDatabase",
            queries=self._queries,
            schedules=settings.schedules,
            shared=settings.shared,
            database=access,
            build=build,
            roots=settings.roots,
            log_group_name=self._check_log_group,
        )
        self.function: Final[aws_lambda.Function] = query_function.function
        self.connections: Final[aws_ec2.Connections] = query_function.function.connections
        self.state_machine: Final[aws_stepfunctions.StateMachine] = Workflow(
            self,
            "Workflow",
            name=self.name,
            function=query_function.function,
            function_timeout=query_function.timeout,
            namespace=settings.namespace,
            workflow=settings.workflow,
            runs=settings.runs_of(database),
        ).state_machine
        monitoring = Construct(self, "Monitoring")
        self.alarms: Final[list[aws_cloudwatch.Alarm]] = self._alarms(monitoring, database) if alarms else []
        self._widgets = Widgets(
            settings=settings,
            database=database,
            state_machine=self.state_machine,
            alarms=self.alarms,
            check_log_group=self._check_log_group,
        )
        self.dashboard: Final[aws_cloudwatch.Dashboard | None] = (
            Dashboard(monitoring, "Dashboard", name=self.name, widgets=self._widgets).dashboard
            if settings.dashboard
            else None
        )
        self._add_outputs()

    @property
    def widgets(self) -> list[aws_cloudwatch.IWidget]:
        """New widgets, those of the dashboard, for a dashboard of the app: `dashboard.add_widgets(*widgets)`."""
        return [widget for row in self._widgets.rows() for widget in row]

    def metric(
        self,
        name: str,
        *,
        dimensions: Mapping[str, str] | None = None,
        statistic: str = "Average",
        period: Duration | None = None,
        label: str | None = None,
        color: str | None = None,
    ) -> aws_cloudwatch.Metric:
        """Return a declared metric, for alarms, graphs and math of the app.

        Args:
            name: the metric's name.
            dimensions: the values of the dimensions from columns; without them, the metric of a query without
                dimensions, or the total. Fixed dimensions may be left out.
            statistic: a statistic of CloudWatch. A sum would be wrong if Step Functions repeats a request.
            period: by default the time between two runs.
            label: the label of its line in a graph.
            color: the color of that line, such as "#1f77b4".

        Raises:
            ConfigError: no query declares the metric, or none with these dimensions, or several checks publish it.
        """
        try:
            query, whole = find_series(self._queries, name, dimensions or {})
        except ConfigError as error:
            raise ConfigError([f"{self.node.path}: {what}" for what in error.errors]) from None
        return aws_cloudwatch.Metric(
            namespace=self._settings.namespace,
            metric_name=name,
            dimensions_map=whole,
            statistic=statistic,
            period=period or Duration.seconds(self._settings.timing_of(query).interval),
            label=label,
            color=color,
        ).attach_to(self)

    def grant_run(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Allow `grantee` to start a run: states:StartExecution on the state machine.

        The input `{}` runs all queries; `{"Queries": ["orders"]}` runs some.
        """
        return self.state_machine.grant_start_execution(grantee)

    def add_alarm_action(self, *actions: aws_cloudwatch.IAlarmAction) -> None:
        """Take `actions` when one of the alarms fires."""
        for alarm in self.alarms:
            alarm.add_alarm_action(*actions)

    def _alarms(self, scope: Construct, database: str) -> list[aws_cloudwatch.Alarm]:
        notifications = Notifications(
            scope, "Notifications", name=self.name, default=self._settings.receivers_of(database)
        )
        return Alarms(
            scope,
            "Alarms",
            name=self.name,
            settings=self._settings,
            database=database,
            state_machine=self.state_machine,
            notifications=notifications,
        ).all

    def _add_outputs(self) -> None:
        region, machine_arn = Stack.of(self).region, self.state_machine.state_machine_arn
        for name, description, value in (
            (
                "Executions",
                "Every run, in the Step Functions console",
                console_urls.state_machine_page(region, machine_arn),
            ),
            (
                "Metrics",
                "The metrics, in the CloudWatch console",
                console_urls.metrics_page(region, self._settings.namespace),
            ),
            (
                resource_names.STATE_MACHINE,
                "What `sidestep run` starts and `sidestep watch` follows",
                machine_arn,
            ),
        ):
            CfnOutput(self, name, description=description, value=value)
        if self._check_log_group:
            CfnOutput(
                self,
                resource_names.CHECK_LOG_GROUP,
                description="The log with the rows of checks, which `sidestep run` and `sidestep watch` read",
                value=self._check_log_group,
            )
