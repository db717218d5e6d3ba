"""What a check tells while it goes on, whoever reads it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sidestep.commands.check.report import Report
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query, Settings
from sidestep.connection.login import Way
from sidestep.lambdas.query_database.metric_data import Datum


class Findings(Protocol):
    """Takes what is found, in the order of these methods; runs come once for each schedule."""

    def validated(self, settings: Settings, queries: Sequence[Query], file: str) -> None:
        """Take a valid file, and the queries of it that are checked."""

    def reached(self, way: Way) -> None:
        """Take a database that let us in."""

    def run_begins(self, schedule: Schedule, scheduled_time: str) -> None:
        """Take the beginning of a run."""

    def page(self, namespace: str, datums: Sequence[Datum]) -> None:
        """Take what one PutMetricData request has."""

    def run_ends(self, reports: Sequence[Report]) -> None:
        """Take what is known of the run's queries."""

    def end(self, problem: str | None) -> None:
        """Take the end; `problem` is why no query could be asked at all."""

    def waiting(self, what: str) -> AbstractContextManager["Waiting"]:
        """Show that something takes its time, for the length of a `with` block."""


class Waiting(Protocol):
    """What is shown while something takes its time."""

    def update(self, what: str) -> None:
        """Show something else."""
