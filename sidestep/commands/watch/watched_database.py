"""The executions, alarms and metrics of one database, and when each is read again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sidestep.aws.alarms import Alarm, read_alarms
from sidestep.aws.check_rows import CheckLog, read_check_log
from sidestep.aws.clients import Clients
from sidestep.aws.errors import AwsError, TransientError
from sidestep.aws.executions import SUCCEEDED
from sidestep.aws.state_machine import DeployedWorkflow
from sidestep.commands.watch.latest_executions import latest_executions
from sidestep.commands.watch.recent_metrics import RecentMetrics, read_recent
from sidestep.config.cloudwatch import LISTING
from sidestep.config.settings import Settings

if TYPE_CHECKING:
    from sidestep.aws.executions import Execution

PAUSE: Final = timedelta(minutes=1)
"""The minimum time between two reads of alarms, and of metrics."""

CHECKS_PAUSE: Final = timedelta(seconds=3)
"""The minimum time between two reads of the log with the rows of checks."""

ARRIVAL: Final = timedelta(seconds=15)
"""The usual time until published values, and lines of a function's log, can be read."""

RUNS_BACK: Final = 12
"""The number of past runs that are read from the logs of an Express workflow and of checks."""


UNKNOWN_RUNS_BACK: Final = timedelta(days=1)
"""How far back these logs are read if the schedule is unknown."""


@dataclass(frozen=True, slots=True)
class MetricsSource:
    """A database of metrics.toml, whose queries name the metrics."""

    settings: Settings
    database: str

    @property
    def shortest_interval(self) -> timedelta:
        """The shortest time between two runs."""
        return min(run.timing.schedule.shortest_interval for run in self.settings.runs_of(self.database))


class WatchedDatabase:
    """The state of one workflow and of its metrics.

    Attributes:
        workflow: its state machine.
        executions: the latest, in the order of their starts.
        alarms: as last read, or why they cannot be read.
        metrics: as last read, or why they cannot be read; None if no series are shown.
        awaits_listing: whether CloudWatch may have metrics that it does not list yet.
        checks: the log of the latest runs as last read, or why it cannot be read; None if no check logs rows.
    """

    def __init__(
        self, workflow: DeployedWorkflow, source: MetricsSource | None, clients: Clients, *, most_series: int
    ) -> None:
        """Prepare to poll. No metrics are read without their source, or if `most_series` is 0."""
        log_since = RUNS_BACK * source.shortest_interval if source else UNKNOWN_RUNS_BACK
        self.workflow: Final = workflow
        self.executions: list[Execution] = []
        self.alarms: tuple[Alarm, ...] | str = ()
        self.metrics: RecentMetrics | str | None = None
        self.awaits_listing = False
        self.checks: CheckLog | str | None = None
        self._log_since = log_since
        self._latest = latest_executions(workflow, clients, log_since)
        self._source = source
        self._clients = clients
        self._most_series = most_series
        self._alarms_read: datetime | None = None
        self._metrics_read: datetime | None = None
        self._checks_read: datetime | None = None

    def poll(self, now: datetime) -> None:
        """Read what may have changed.

        Raises:
            AwsError: the executions cannot be read. The errors of the others are in their attributes.
        """
        self.executions = self._latest.poll()
        if self._alarms_read is None or now - self._alarms_read >= PAUSE:
            self._read_alarms(now)
        if self._source and self._most_series and self._metrics_are_due(now):
            self._read_metrics(self._source, now)
        if self.workflow.check_log_group and self._checks_are_due(now):
            self._read_checks(self.workflow.check_log_group, now)
        self.awaits_listing = self._source is not None and self._awaits_listing(now)

    def _awaits_listing(self, now: datetime) -> bool:
        if isinstance(self.metrics, str) or (self.metrics and self.metrics.values):
            return False
        ends = [one.stopped for one in self.executions if one.status == SUCCEEDED and one.stopped]
        return bool(ends) and now <= max(ends) + LISTING

    def _metrics_are_due(self, now: datetime) -> bool:
        """Return whether there can be new values; each read costs money, so they are not read without a new run."""
        if self._metrics_read is None:
            return True
        ends = [execution.stopped for execution in self.executions if execution.stopped]
        if not ends or now - self._metrics_read < PAUSE:
            return False
        return self._metrics_read < max(ends) + ARRIVAL <= now or self._awaits_listing(now)

    def _checks_are_due(self, now: datetime) -> bool:
        """Return whether the log may have rows of a run that has ended and were not read yet."""
        if self._checks_read is None:
            return True
        ends = [execution.stopped for execution in self.executions if execution.stopped]
        return bool(ends) and self._checks_read < max(ends) + ARRIVAL and now - self._checks_read >= CHECKS_PAUSE

    def _read_alarms(self, now: datetime) -> None:
        self._alarms_read = now
        try:
            self.alarms = read_alarms(self.workflow.name, self._clients)
        except TransientError as error:
            self.alarms = self.alarms or str(error)
        except AwsError as error:
            self.alarms = str(error)

    def _read_checks(self, group: str, now: datetime) -> None:
        self._checks_read = now
        try:
            self.checks = read_check_log(group, self._clients, start=now - self._log_since)
        except TransientError as error:
            self.checks = self.checks or str(error)
        except AwsError as error:
            self.checks = str(error)

    def _read_metrics(self, source: MetricsSource, now: datetime) -> None:
        self._metrics_read = now
        try:
            self.metrics = read_recent(
                source.settings, source.database, self._clients, most=self._most_series, now=now
            )
        except TransientError as error:
            self.metrics = self.metrics or str(error)
        except AwsError as error:
            self.metrics = str(error)
