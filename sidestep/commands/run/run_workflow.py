"""Runs a workflow and shows its states, its end and the published values."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from sidestep.aws.clients import Clients
from sidestep.aws.errors import AwsError
from sidestep.aws.executions import SUCCEEDED, Execution
from sidestep.aws.metrics import PUBLISHES, Published
from sidestep.aws.stacks import Deployed
from sidestep.aws.state_machine import DeployedWorkflow, find_workflow
from sidestep.commands.run import express, standard
from sidestep.commands.run.check_log import LOG_SECONDS, logged_by
from sidestep.config.checks import MAX_ROWS
from sidestep.terminal.check_rows import check_rows_tables
from sidestep.terminal.console import MovingPicture, can_move, working
from sidestep.terminal.executions import ExecutionRow, executions_table, steps_text, time_text
from sidestep.terminal.workflow import draw_workflow, tasks_of

READ_TIMEOUT: Final = 20
"""Seconds to wait for a response; only the request that runs an Express workflow takes longer."""

ATTEMPTS: Final = 4
"""Of a request that AWS throttles or does not answer, with increasing pauses."""

SHOWN: Final = 20
"""The number of series whose values are printed; the others are counted."""


def run_workflow(console: Console, deployed: Deployed, event: Mapping[str, object]) -> bool:
    """Run a workflow; return whether the execution succeeded.

    Raises:
        AwsError: the execution cannot be started or followed.
        KeyboardInterrupt: the process is interrupted; the execution goes on.
    """
    clients = deployed.clients(read_timeout=READ_TIMEOUT, attempts=ATTEMPTS)
    with working("looking for the stack"):
        workflow = find_workflow(deployed.stack, deployed.title, clients)
    if not workflow.keeps_history:
        return _run_express(console, deployed, workflow, event)
    with working("starting an execution"):
        arn = standard.start(workflow, event, clients)
    try:
        end = _show_states(console, workflow, standard.follow(workflow, arn, clients))
    except KeyboardInterrupt:
        console.print(
            f"the execution goes on; `sidestep watch {deployed.argument}` shows it", markup=False, highlight=False
        )
        raise
    _show_end(console, workflow, end)
    pages = _pages(end)
    with suppress(AwsError):  # the execution has ended, and its end is shown
        _show_published(console, standard.published(end, clients) if pages == 1 else None, pages=pages)
    _show_check_rows(console, workflow, end, clients)
    return end.status == SUCCEEDED


def _run_express(
    console: Console, deployed: Deployed, workflow: DeployedWorkflow, event: Mapping[str, object]
) -> bool:
    clients = deployed.clients(read_timeout=express.READ_TIMEOUT, attempts=1)
    with working("running: an Express workflow reports only its end"):
        end = express.run_to_its_end(workflow, event, clients)
    try:
        with working("waiting for the log, which has the states"):
            end = express.with_states(workflow, end, clients, express.LOG_SECONDS)
    except AwsError as error:
        console.print(f"cannot show the states: {error}", style="yellow", markup=False, highlight=False)
    else:
        if end.steps:
            _show_states(console, workflow, [end])
        else:
            console.print("cannot show the states: the log has not arrived yet", style="yellow")
    _show_end(console, workflow, end)
    _show_published(console, None, pages=_pages(end))
    _show_check_rows(console, workflow, end, clients)
    return end.status == SUCCEEDED


def _pages(execution: Execution) -> int:
    return sum(step.state == PUBLISHES and step.exited is not None for step in execution.steps)


def _show_states(console: Console, workflow: DeployedWorkflow, polls: Iterable[Execution]) -> Execution:
    """Draw the states of an execution, on a terminal after each poll, and return the last one."""
    if not can_move(console):
        *_, end = polls
        console.print(draw_workflow(workflow.definition, end))
        return end
    with MovingPicture(console) as live:
        for execution in polls:
            line = executions_table([_row(workflow, execution)], wrap=False)
            live.update(Group(draw_workflow(workflow.definition, execution), line), refresh=True)
            end = execution
        live.update(draw_workflow(workflow.definition, end), refresh=True)
    return end


def _show_end(console: Console, workflow: DeployedWorkflow, execution: Execution) -> None:
    """Print how an execution ended, why, and its page in the console."""
    console.print(executions_table([_row(workflow, execution)], wrap=True))
    link = workflow.link(execution)
    if link:
        console.print(Text(link, f"link {link}"), soft_wrap=True)


def _show_published(console: Console, published: Published | None, *, pages: int) -> None:
    """Print the published values if they are known, else the number of pages."""
    if not published:
        if pages:
            what = "1 page" if pages == 1 else f"{pages} pages"
            console.print(f"published {what} of metric data, up to 1,000 values each", highlight=False)
        return
    table = Table(box=None, padding=(0, 1), pad_edge=False, show_header=False)
    for series, value in islice(published.items(), SHOWN):
        table.add_row(Text(series.metric), Text(series.label if series.dimensions else ""), value)
    console.print(f"{len(published)} series published:", highlight=False)
    console.print(table)
    if len(published) > SHOWN:
        console.print(f"and {len(published) - SHOWN} more", highlight=False)


def _show_check_rows(console: Console, workflow: DeployedWorkflow, execution: Execution, clients: Clients) -> None:
    """Print the rows that the checks of an execution have logged."""
    if workflow.check_log_group is None:
        return
    try:
        with working("waiting for the log, which has the rows of checks"):
            log = logged_by(execution, workflow.check_log_group, clients, LOG_SECONDS)
    except AwsError as error:
        console.print(f"cannot show the rows of checks: {error}", style="yellow", markup=False, highlight=False)
        return
    if log.rows:
        console.print(check_rows_tables(log.rows, most=MAX_ROWS))
    if not log.pages:
        console.print("the log, which has the rows of checks, has not arrived yet", style="yellow")


def _row(workflow: DeployedWorkflow, execution: Execution) -> ExecutionRow:
    remark = "" if execution.status == SUCCEEDED else steps_text(execution, tasks_of(workflow.definition))
    return ExecutionRow(time_text(execution.moment), execution, remark)
