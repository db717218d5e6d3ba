"""Starts a run and shows it to its end."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from rich.console import Console

from sidestep.aws.errors import AwsError
from sidestep.aws.executions import SUCCEEDED, Execution
from sidestep.aws.metrics import PUBLISHES
from sidestep.aws.stacks import clients_for
from sidestep.aws.state_machine import DeployedWorkflow, find_workflow
from sidestep.commands.run import express, standard
from sidestep.commands.run.screen import show_end, show_published, show_states
from sidestep.config.databases import Database
from sidestep.terminal.console import working

READ_TIMEOUT: Final = 20
"""Seconds; all requests but the one that runs an Express workflow answer in a fraction of one."""

ATTEMPTS: Final = 4
"""Of a request that AWS throttles or does not answer, with growing pauses between them."""


def run(console: Console, database: Database, name: str, event: Mapping[str, object]) -> bool:
    """Run the workflow of a database, given with its name in metrics.toml; return whether it succeeded.

    Raises:
        AwsError: it cannot be started or followed.
        KeyboardInterrupt: the process is told to end; the run goes on.
    """
    clients = clients_for(database, read_timeout=READ_TIMEOUT, attempts=ATTEMPTS)
    with working("looking for the stack"):
        workflow = find_workflow(database, name, clients)
    if not workflow.keeps_history:
        return _run_express(console, database, workflow, event)
    with working("starting a run"):
        arn = standard.start(workflow, event, clients)
    try:
        end = show_states(console, workflow, standard.follow(workflow, arn, clients))
    except KeyboardInterrupt:
        console.print(f"the run goes on; `sidestep watch {name}` shows it", markup=False, highlight=False)
        raise
    show_end(console, workflow, end)
    pages = _pages(end)
    with suppress(AwsError):  # the run has ended, and how is told
        show_published(console, standard.published(end, clients) if pages == 1 else None, pages=pages)
    return end.status == SUCCEEDED


def _run_express(
    console: Console, database: Database, workflow: DeployedWorkflow, event: Mapping[str, object]
) -> bool:
    patient = clients_for(database, read_timeout=express.READ_TIMEOUT, attempts=1)
    with working("running: an Express workflow tells nothing before its end"):
        end = express.run_to_its_end(workflow, event, patient)
    try:
        with working("waiting for the log, which has the states"):
            end = express.with_states(workflow, end, patient, express.LOG_PATIENCE)
    except AwsError as error:
        console.print(f"the states are not shown: {error}", style="yellow", markup=False, highlight=False)
    else:
        if end.steps:
            show_states(console, workflow, [end])
        else:
            console.print("the states are not shown: the log has not come yet", style="yellow")
    show_end(console, workflow, end)
    show_published(console, None, pages=_pages(end))
    return end.status == SUCCEEDED


def _pages(execution: Execution) -> int:
    return sum(step.state == PUBLISHES and step.exited is not None for step in execution.steps)
