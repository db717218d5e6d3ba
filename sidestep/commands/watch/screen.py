"""What `sidestep watch` shows: a live picture on a terminal, elsewhere a line for each execution that ends."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sidestep.aws.alarms import OK
from sidestep.aws.check_rows import CheckLog, CheckRow
from sidestep.aws.executions import RUNNING, SUCCEEDED, Execution
from sidestep.commands.watch.latest_executions import SHOWN
from sidestep.commands.watch.recent_metrics import RecentMetrics
from sidestep.commands.watch.watched_database import WatchedDatabase
from sidestep.config.cloudwatch import LISTING
from sidestep.terminal.check_rows import check_rows_tables
from sidestep.terminal.console import MovingPicture, can_move
from sidestep.terminal.executions import ExecutionRow, executions_table, steps_text, time_text
from sidestep.terminal.metrics import alarm_text, alarms_text, metrics_table
from sidestep.terminal.workflow import draw_workflow, tasks_of

FEWER_ROWS: Final = 3
"""The number of executions of each database if there are several."""

CHECK_ROWS: Final = 5
"""The number of rows of each check that are shown."""

MINUTE: Final = timedelta(minutes=1)

WIDE: Final = 80
"""The minimum width for the brief table of executions beside the workflow."""

WIDER: Final = 100
"""The minimum width for the full table of executions."""


class WatchScreen:
    """Shows databases. Use it as a context manager around the polls."""

    def __init__(self, console: Console, watched: Sequence[WatchedDatabase]) -> None:
        """Prepare to show databases."""
        self._console = console
        self._watched = watched
        self._live = MovingPicture(console) if can_move(console) else None
        self._printed: set[str] = set()
        self._states: dict[tuple[str, str], str] = {}
        self._rows: dict[str, set[tuple[str, str]]] = {}
        self._problem: str | None = None
        self._has_shown = False

    def __enter__(self) -> Self:
        """Return the screen."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last picture on the screen."""
        if self._live:
            self._live.stop()

    def show(self, problem: str | None) -> None:
        """Show the databases, and why AWS does not answer, if there is a problem."""
        if self._live:
            self._live.start()
            self._live.update(self._picture(problem), refresh=True)
        else:
            self._print_news(problem)
        self._has_shown = True

    def _picture(self, problem: str | None) -> Group:
        everything = picture_of_all(self._watched, width=self._console.width)
        return Group(everything, *([Text(problem, "yellow")] if problem else []))

    def _print_news(self, problem: str | None) -> None:
        for watched in self._watched:
            self._print_ends(watched)
            self._print_alarms(watched)
            self._print_check_rows(watched)
        if problem != self._problem:
            self._console.print(Text(problem or "AWS answers again", "yellow"), soft_wrap=True)
            self._problem = problem

    def _print_ends(self, watched: WatchedDatabase) -> None:
        ended = [one for one in watched.executions if one.status != RUNNING and one.arn not in self._printed]
        for execution in ended if self._has_shown else ended[-SHOWN:]:
            line = _row(watched, execution)
            if len(self._watched) > 1:
                line = line._replace(name=f"{line.name}  {watched.workflow.title}")
            self._console.print(executions_table([line], wrap=True))
            self._print_link(watched, execution)
        self._printed.update(execution.arn for execution in ended)

    def _print_link(self, watched: WatchedDatabase, execution: Execution) -> None:
        link = _link_text(watched, execution) if execution.status != SUCCEEDED else None
        if link:
            self._console.print(link, soft_wrap=True)

    def _print_alarms(self, watched: WatchedDatabase) -> None:
        """Print alarms whose state has changed; the first time, those that are not OK."""
        if isinstance(watched.alarms, str):
            return
        for alarm in watched.alarms:
            key = (watched.workflow.title, alarm.name)
            if self._states.get(key, OK) != alarm.state:
                self._console.print(Text(f"{watched.workflow.title} alarm ") + alarm_text(alarm))
            self._states[key] = alarm.state

    def _print_check_rows(self, watched: WatchedDatabase) -> None:
        """Print the rows of each check and run once."""
        printed = self._rows.setdefault(watched.workflow.title, set())
        new = [row for row in _check_rows(watched) if row.run not in printed]
        if new:
            self._console.print(check_rows_tables(new, most=CHECK_ROWS))
        printed.update(row.run for row in new)


def picture_of_all(watched: Sequence[WatchedDatabase], *, width: int) -> Group:
    """Draw databases, one below the other; `width` is in characters."""
    return Group(*(_picture(one, width, alone=len(watched) == 1) for one in watched))


def _picture(watched: WatchedDatabase, width: int, *, alone: bool) -> RenderableType:
    """Draw a database; the states of its workflow only if it is the only database."""
    name = watched.workflow.title
    rows = [_row(watched, execution) for execution in watched.executions[-(SHOWN if alone else FEWER_ROWS) :]]
    brief = alone and WIDE <= width < WIDER
    table = executions_table(rows, wrap=False, brief=brief) if rows else Text("none so far", "dim")
    executions = Panel(table, title=f"executions of {name}", title_align="left")
    latest = watched.executions[-1] if watched.executions else None
    title = "latest execution" if latest else "workflow"
    workflow = Panel.fit(draw_workflow(watched.workflow.definition, latest), title=title, title_align="left")
    parts: list[RenderableType] = [beside(workflow, executions, width) if alone else executions]
    parts += _failures(watched)
    parts.append(Panel(_alarms(watched), title=f"alarms of {name}", title_align="left"))
    if found := _check_rows(watched):
        tables = check_rows_tables(found, most=CHECK_ROWS)
        parts.append(Panel(tables, title=f"rows that checks of {name} found", title_align="left"))
    elif isinstance(watched.checks, str):
        parts.append(Text(watched.checks, "yellow"))
    if watched.metrics:
        parts.append(_metrics(watched.metrics, name, width, awaited=watched.awaits_listing))
    return Group(*parts)


def _check_rows(watched: WatchedDatabase) -> Sequence[CheckRow]:
    return watched.checks.current if isinstance(watched.checks, CheckLog) else ()


def _row(watched: WatchedDatabase, execution: Execution) -> ExecutionRow:
    """Return a row of the table, with the durations of the tasks if the execution has not failed."""
    return ExecutionRow(
        time_text(execution.moment), execution, steps_text(execution, tasks_of(watched.workflow.definition))
    )


def _link_text(watched: WatchedDatabase, execution: Execution) -> Text | None:
    """Return a link to the page of an execution in the console; None if it has none."""
    link = watched.workflow.link(execution)
    return Text(link, f"link {link}", overflow="fold") if link else None


def beside(workflow: Panel, executions: Panel, width: int) -> RenderableType:
    """Return executions beside the workflow, or below it in a narrow terminal."""
    if width < WIDE:
        return Group(workflow, executions)
    both = Table.grid(expand=True)
    both.add_column(no_wrap=True)
    both.add_column(ratio=1)
    both.add_row(workflow, executions)
    return both


def _failures(watched: WatchedDatabase) -> Iterator[RenderableType]:
    """Yield the complete reason of the latest failure, which the table cuts off, and its page in the console."""
    failed = [execution for execution in watched.executions if execution.status not in (RUNNING, SUCCEEDED)]
    if failed:
        yield executions_table([_row(watched, failed[-1])], wrap=True)
        link = _link_text(watched, failed[-1])
        if link:
            yield link


def _alarms(watched: WatchedDatabase) -> RenderableType:
    return Text(watched.alarms, "yellow") if isinstance(watched.alarms, str) else alarms_text(watched.alarms)


def _metrics(metrics: RecentMetrics | str, name: str, width: int, *, awaited: bool) -> Panel:
    title = f"metrics of {name}"
    if isinstance(metrics, str):
        return Panel(Text(metrics, "yellow"), title=title, title_align="left")
    if not metrics.values:
        none = f"none listed yet: CloudWatch takes up to {LISTING // MINUTE} minutes to list new metrics"
        return Panel(Text(none if awaited else "none so far", "dim"), title=title, title_align="left")
    table = metrics_table(metrics.values, metrics.moments, width=width - len("│ ") - len(" │"))
    return Panel(table, title=title, title_align="left", subtitle=_rest(metrics), subtitle_align="left")


def _rest(metrics: RecentMetrics) -> str | None:
    if metrics.left_out == 0 and metrics.is_counted:
        return None
    return f"and {metrics.left_out} more" if metrics.is_counted else f"and more than {metrics.left_out} more"
