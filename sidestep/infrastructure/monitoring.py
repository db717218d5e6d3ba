"""What watches one database's metrics: alarms, who is told, and a dashboard."""

from aws_cdk import aws_stepfunctions
from constructs import Construct

from sidestep.config.settings import Settings
from sidestep.infrastructure.alarms import Alarms
from sidestep.infrastructure.dashboard import Dashboard
from sidestep.infrastructure.notifications import Notifications


class Monitoring(Construct):
    """Alarms, and if metrics.toml wants them a topic and a dashboard."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        database: str,
        state_machine: aws_stepfunctions.StateMachine,
    ) -> None:
        """Watch the runs of `state_machine` and what the queries of `database` publish."""
        super().__init__(scope, construct_id)
        told = Notifications(self, "Notifications", addresses=settings.notify) if settings.notify else None
        alarms = Alarms(
            self,
            "Alarms",
            settings=settings,
            database=database,
            state_machine=state_machine,
            action=told.action if told else None,
        )
        if settings.dashboard:
            Dashboard(
                self,
                "Dashboard",
                settings=settings,
                database=database,
                state_machine=state_machine,
                alarms=alarms.all,
            )
