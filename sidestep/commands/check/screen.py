"""What a check finds for human eyes: on a terminal, in a pipe without colours."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from rich.console import Console, RenderableType
from rich.text import Text

from sidestep.commands.check.findings import Waiting
from sidestep.commands.check.report import Report
from sidestep.commands.check.table import conclusion, marked, queries_table, reports_table, run_title
from sidestep.commands.check.waiting import spinner
from sidestep.config.engines import MYSQL
from sidestep.config.errors import printable
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query, Settings
from sidestep.config.validation import budget
from sidestep.connection.login import Way
from sidestep.connection.url import form_of
from sidestep.lambdas.query_database.datum import Datum


class Screen:
    """Prints what is found."""

    def __init__(self, console: Console, *, asks: bool) -> None:
        """Print on `console`; `asks` is whether queries are run."""
        self._console = console
        self._asks = asks
        self._reports: list[Report] = []
        self._requests = 0

    def validated(self, settings: Settings, queries: Sequence[Query], file: str) -> None:
        """Print a summary of the file and its warnings; list the queries only if none is run."""
        self._print(marked("good", Text(f"{printable(file)} is valid"), Text(budget.summary(settings, file="it"))))
        for warning in settings.warnings:
            self._print(marked("warning", Text(warning, "yellow")))
        if not self._asks:
            self._print(queries_table(queries, [settings.schedules[query.name] for query in queries]))
            self._print(Text(f"No query was run; {_what_runs(settings, queries)}.", "dim"))

    def reached(self, way: Way) -> None:
        """Print who let us in."""
        where = Text(f"{printable(way.name)} lets {printable(way.endpoint.user)} in; certificate of {way.trust.name}")
        self._print(marked("good", where))

    def run_begins(self, schedule: Schedule, scheduled_time: str) -> None:
        """Print the headline of a run."""
        self._print(run_title(schedule, scheduled_time))

    def page(self, namespace: str, datums: Sequence[Datum]) -> None:  # noqa: ARG002 - only counted
        """Count a request."""
        self._requests += 1

    def run_ends(self, reports: Sequence[Report]) -> None:
        """Print what is known of the run's queries."""
        self._reports += reports
        self._print(reports_table(reports))

    def end(self, problem: str | None) -> None:
        """Print why no query could be asked, or the sum of it all."""
        if problem is not None:
            self._print(marked("bad", Text(printable(problem), "red")))
        elif self._asks:
            self._print(conclusion(self._reports, self._requests))

    def waiting(self, what: str) -> AbstractContextManager[Waiting]:
        """Show that something takes its time."""
        return spinner(self._console, what)

    def _print(self, what: RenderableType) -> None:
        self._console.print(what, highlight=False)


def _what_runs(settings: Settings, queries: Sequence[Query]) -> str:
    """Name the options that run the queries: there is no embedded database for each engine."""
    engines = dict.fromkeys(settings.databases[str(query.database)].engine for query in queries)
    ways = [f"--database {form_of(engine, port='')}" for engine in engines]
    ways += ["--local"] * (MYSQL in engines)
    return f"{' or '.join(ways)} runs them"
