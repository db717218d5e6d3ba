"""What `sidestep run` shows: the states as they come, and at the end what became of the run."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from sidestep.aws.executions import SUCCEEDED, Execution
from sidestep.aws.metrics import Published
from sidestep.aws.state_machine import DeployedWorkflow
from sidestep.terminal.console import MovingPicture, can_move
from sidestep.terminal.executions import ExecutionRow, executions_table, steps_text, time_text
from sidestep.terminal.workflow import draw_workflow, tasks_of

SHOWN: Final = 20
"""Series whose values are listed; of the others there is a count."""


def show_states(console: Console, workflow: DeployedWorkflow, looks: Iterable[Execution]) -> Execution:
    """Draw a run as it proceeds, on a terminal again and again, and return how it ended."""
    if not can_move(console):
        *_, end = looks
        console.print(draw_workflow(workflow.definition, end))
        return end
    with MovingPicture(console) as live:
        for execution in looks:
            line = executions_table([_row(workflow, execution)], wrap=False)
            live.update(Group(draw_workflow(workflow.definition, execution), line), refresh=True)
            end = execution
        live.update(draw_workflow(workflow.definition, end), refresh=True)
    return end


def show_end(console: Console, workflow: DeployedWorkflow, execution: Execution) -> None:
    """Say how a run ended, why, and where it can be seen."""
    console.print(executions_table([_row(workflow, execution)], wrap=True))
    link = workflow.link(execution)
    if link:
        console.print(Text(link, f"link {link}"), soft_wrap=True)


def show_published(console: Console, published: Published | None, *, pages: int) -> None:
    """List what a run has published: its values if they are known, or how many pages."""
    if not published:
        if pages:
            what = "1 page of metric data is" if pages == 1 else f"{pages} pages of metric data are"
            console.print(f"{what} published, with up to 1,000 values on each", highlight=False)
        return
    table = Table(box=None, padding=(0, 1), pad_edge=False, show_header=False)
    for series, value in islice(published.items(), SHOWN):
        table.add_row(Text(series.metric), Text(series.label if series.dimensions else ""), value)
    console.print(f"{len(published)} series published:", highlight=False)
    console.print(table)
    if len(published) > SHOWN:
        console.print(f"and {len(published) - SHOWN} more", highlight=False)


def _row(workflow: DeployedWorkflow, execution: Execution) -> ExecutionRow:
    remark = "" if execution.status == SUCCEEDED else steps_text(execution, tasks_of(workflow.definition))
    return ExecutionRow(time_text(execution.moment), execution, remark)
