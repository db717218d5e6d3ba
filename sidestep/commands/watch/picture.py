"""What is known of a watched database, drawn."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sidestep.aws.executions import RUNNING, SUCCEEDED, Execution
from sidestep.commands.watch.recent_metrics import RecentMetrics
from sidestep.commands.watch.runs import SHOWN
from sidestep.commands.watch.watched import Watched
from sidestep.config.cloudwatch import LISTING
from sidestep.terminal.executions import ExecutionRow, executions_table, steps_text, time_text
from sidestep.terminal.metrics import alarms_text, metrics_table
from sidestep.terminal.workflow import draw_workflow, tasks_of

FEWER_ROWS: Final = 3
"""Executions of each database if there are several."""

MINUTE: Final = timedelta(minutes=1)

WIDE: Final = 80
"""The minimum width for the brief table of executions beside the workflow."""

WIDER: Final = 100
"""The minimum width for the full table of executions."""


def picture_of_all(watched: Sequence[Watched], *, width: int) -> Group:
    """Draw databases, one below the other, in so many characters."""
    return Group(*(_picture(one, width, alone=len(watched) == 1) for one in watched))


def _picture(watched: Watched, width: int, *, alone: bool) -> RenderableType:
    """Draw a database; the states of its workflow only if there is no other."""
    name = watched.workflow.database
    rows = [row(watched, execution) for execution in watched.executions[-(SHOWN if alone else FEWER_ROWS) :]]
    brief = alone and WIDE <= width < WIDER
    table = executions_table(rows, wrap=False, brief=brief) if rows else Text("none so far", "dim")
    executions = Panel(table, title=f"executions of {name}", title_align="left")
    parts: list[RenderableType] = [_beside(watched, executions, width) if alone else executions]
    parts += _failures(watched)
    parts.append(Panel(_alarms(watched), title=f"alarms of {name}", title_align="left"))
    if watched.metrics:
        parts.append(_metrics(watched.metrics, name, width, awaited=watched.awaits_listing))
    return Group(*parts)


def row(watched: Watched, execution: Execution) -> ExecutionRow:
    """Return an execution as a row of a table; what it did in each task if it has not failed."""
    return ExecutionRow(
        time_text(execution.moment), execution, steps_text(execution, tasks_of(watched.workflow.definition))
    )


def link_text(watched: Watched, execution: Execution) -> Text | None:
    """Return the page of the console for an execution, to click at or to copy; None if there is none."""
    link = watched.workflow.link(execution)
    return Text(link, f"link {link}", overflow="fold") if link else None


def _beside(watched: Watched, executions: Panel, width: int) -> RenderableType:
    latest = watched.executions[-1] if watched.executions else None
    drawing = draw_workflow(watched.workflow.definition, latest)
    workflow = Panel.fit(drawing, title="the latest" if latest else "workflow", title_align="left")
    if width < WIDE:
        return Group(workflow, executions)
    both = Table.grid(expand=True)
    both.add_column(no_wrap=True)
    both.add_column(ratio=1)
    both.add_row(workflow, executions)
    return both


def _failures(watched: Watched) -> Iterator[RenderableType]:
    """Yield the latest failure in full, which the table cuts off, and its page in the console."""
    failed = [execution for execution in watched.executions if execution.status not in (RUNNING, SUCCEEDED)]
    if failed:
        yield executions_table([row(watched, failed[-1])], wrap=True)
        link = link_text(watched, failed[-1])
        if link:
            yield link


def _alarms(watched: Watched) -> RenderableType:
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
