"""The interface of the reporters that write the results of a check, and the spinner that they show."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from sidestep.commands.check.checked_run import Report
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query, Settings
from sidestep.connection.login import DatabaseConnection
from sidestep.lambdas.query_database.metric_data import Datum


class Progress(Protocol):
    """A message that is shown during a slow operation."""

    def update(self, message: str) -> None:
        """Replace the message."""


class Reporter(Protocol):
    """Receives the results in the order of these methods, those of a run once per schedule."""

    def file_is_valid(self, settings: Settings, queries: Sequence[Query], file: str) -> None:
        """Report a valid file and the queries that are checked."""

    def connected(self, way: DatabaseConnection) -> None:
        """Report the database that accepted the login."""

    def run_started(self, schedule: Schedule, scheduled_time: str) -> None:
        """Report the start of a run."""

    def page(self, namespace: str, datums: Sequence[Datum]) -> None:
        """Report the content of one PutMetricData request."""

    def run_finished(self, reports: Sequence[Report]) -> None:
        """Report the queries of the run."""

    def finished(self, problem: str | None) -> None:
        """Report the end; `problem` is why no query could run."""

    def progress(self, message: str) -> AbstractContextManager[Progress]:
        """Show a message for the length of a `with` block."""


@contextmanager
def spinner(console: Console, message: str) -> Iterator[Progress]:
    """Show a spinner for the length of a `with` block; only on a terminal."""
    with console.status(escape(message)) as status:
        yield _Spinner(status)


class _Spinner:
    def __init__(self, status: Status) -> None:
        self._status = status

    def update(self, message: str) -> None:
        self._status.update(escape(message))
