"""One database that is watched: what is known of it, and when AWS is asked again."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sidestep.aws.alarms import Alarm, read_alarms
from sidestep.aws.clients import Clients
from sidestep.aws.errors import AwsError, TransientError
from sidestep.aws.executions import SUCCEEDED
from sidestep.aws.state_machine import DeployedWorkflow
from sidestep.commands.watch.recent_metrics import RecentMetrics, read_recent
from sidestep.commands.watch.runs import runs_of
from sidestep.config.cloudwatch import LISTING
from sidestep.config.settings import Settings

if TYPE_CHECKING:
    from sidestep.aws.executions import Execution

PAUSE: Final = timedelta(minutes=1)
"""The least time between two readings of alarms, and of metrics."""

ARRIVAL: Final = timedelta(seconds=15)
"""Time for what a run has published to become readable, as a rule."""

RUNS_BACK: Final = 12
"""So many runs back an Express workflow's log is read at first."""


class Watched:
    """What is known of one database.

    Attributes:
        workflow: its state machine.
        executions: the latest, in the order of their starts.
        alarms: as last read; or why they cannot be.
        metrics: as last read; or why they cannot be; None if nobody wants them.
        awaits_listing: whether CloudWatch may have metrics that it does not list yet.
    """

    def __init__(self, workflow: DeployedWorkflow, settings: Settings, clients: Clients, *, most_series: int) -> None:
        """Begin with nothing known; metrics are left out if there is to be no series."""
        shortest = min(run.timing.schedule.shortest_interval for run in settings.runs_of(workflow.database))
        self.workflow: Final = workflow
        self.executions: list[Execution] = []
        self.alarms: tuple[Alarm, ...] | str = ()
        self.metrics: RecentMetrics | str | None = None
        self.awaits_listing = False
        self._runs = runs_of(workflow, clients, RUNS_BACK * shortest)
        self._settings = settings
        self._clients = clients
        self._most_series = most_series
        self._alarms_read: datetime | None = None
        self._metrics_read: datetime | None = None

    def look(self, now: datetime) -> None:
        """Ask AWS for what may be new.

        Raises:
            AwsError: it does not tell of the executions. That it does not of alarms or metrics is in their place.
        """
        self.executions = self._runs.look()
        if self._alarms_read is None or now - self._alarms_read >= PAUSE:
            self._read_alarms(now)
        if self._most_series and self._metrics_are_due(now):
            self._read_metrics(now)
        self.awaits_listing = self._awaits_listing(now)

    def _awaits_listing(self, now: datetime) -> bool:
        if isinstance(self.metrics, str) or (self.metrics and self.metrics.values):
            return False
        ends = [one.stopped for one in self.executions if one.status == SUCCEEDED and one.stopped]
        return bool(ends) and now <= max(ends) + LISTING

    def _metrics_are_due(self, now: datetime) -> bool:
        """Return whether there can be new ones: each reading costs money, so a quiet database is left alone."""
        if self._metrics_read is None:
            return True
        ends = [execution.stopped for execution in self.executions if execution.stopped]
        if not ends or now - self._metrics_read < PAUSE:
            return False
        return self._metrics_read < max(ends) + ARRIVAL <= now or self._awaits_listing(now)

    def _read_alarms(self, now: datetime) -> None:
        self._alarms_read = now
        try:
            self.alarms = read_alarms(self.workflow.database, self._clients)
        except TransientError as error:
            self.alarms = self.alarms or str(error)
        except AwsError as error:
            self.alarms = str(error)

    def _read_metrics(self, now: datetime) -> None:
        self._metrics_read = now
        try:
            self.metrics = read_recent(
                self._settings, self.workflow.database, self._clients, most=self._most_series, now=now
            )
        except TransientError as error:
            self.metrics = self.metrics or str(error)
        except AwsError as error:
            self.metrics = str(error)
