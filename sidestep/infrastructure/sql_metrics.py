"""The construct that turns the queries of one database into metrics: function, workflow, alarms and dashboard."""

from pathlib import Path
from typing import Final

from aws_cdk import Stack
from constructs import Construct

from sidestep.config.settings import Settings
from sidestep.infrastructure.alarms import Alarms
from sidestep.infrastructure.dashboard import Dashboard
from sidestep.infrastructure.database_access import DatabaseAccess
from sidestep.infrastructure.functions import QueryFunction
from sidestep.infrastructure.notifications import Notifications
from sidestep.infrastructure.workflow import Workflow


class SqlMetrics(Construct):
    """Runs the queries of one database on their schedules and publishes the results, in any stack.

    Attributes:
        query_database: the function that runs the queries.
        state_machine: the workflow that invokes the function and publishes its pages.
        alarms: all alarms.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        access: DatabaseAccess,
        settings: Settings,
        database: str,
        build: Path,
        name: str | None = None,
    ) -> None:
        """Create all of it.

        Args:
            scope: its parent.
            construct_id: its ID there.
            access: the database and the network that leads to it.
            settings: a whole metrics.toml.
            database: the name of the database there.
            build: the folder of the bundles.
            name: of the dashboard and the topic, and the prefix of the names of alarms and the log group; by default
                that of the stack. In an account and region, it must be unique.
        """
        super().__init__(scope, construct_id)
        name = name or Stack.of(self).stack_name
        self.query_database: Final = QueryFunction(
            self,
            "QueryDatabase",
            queries=settings.queries_of(database),
            schedules=settings.schedules,
            database=access,
            build=build,
            roots=settings.roots,
        )
        self.state_machine: Final = Workflow(
            self,
            "Workflow",
            name=name,
            function=self.query_database.function,
            function_timeout=self.query_database.timeout,
            namespace=settings.namespace,
            workflow=settings.workflow,
            runs=settings.runs_of(database),
        ).state_machine
        monitoring = Construct(self, "Monitoring")
        notifications = (
            Notifications(monitoring, "Notifications", name=name, addresses=settings.notify)
            if settings.notify
            else None
        )
        self.alarms: Final = Alarms(
            monitoring,
            "Alarms",
            name=name,
            settings=settings,
            database=database,
            state_machine=self.state_machine,
            action=notifications.action if notifications else None,
        ).all
        if settings.dashboard:
            Dashboard(
                monitoring,
                "Dashboard",
                name=name,
                settings=settings,
                database=database,
                state_machine=self.state_machine,
                alarms=self.alarms,
            )
