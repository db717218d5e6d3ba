"""sidestep/commands/cost/measurements.json counts the states that the workflow really enters."""

import pytest

from scripts.document_limits import events
from sidestep.commands.cost.measured import measurements
from tests.workflow.conftest import ScriptedFunction, Workflow
from tests.workflow.test_sidestep import EVENT, page


@pytest.mark.slow
@pytest.mark.parametrize("pages", [1, 2, 4])
def test_the_record_has_the_transitions_of_the_executed_workflow(
    workflow: Workflow, function: ScriptedFunction, pages: int
) -> None:
    # Given a function that returns this number of pages
    function.answers(*(page(1, f"plan-{number}", NextPage={}) for number in range(1, pages)), page(1))

    # When
    execution = workflow.run(EVENT)

    # Then
    assert execution.status == "SUCCEEDED"
    assert measurements().transitions(pages) == len(execution.steps)

    # And the history has the number of events from which docs/limits.md computes the maximum of pages
    client = workflow.cloud.client("stepfunctions")
    history = client.get_paginator("get_execution_history").paginate(executionArn=execution.arn)
    assert events(pages) == sum(len(part["events"]) for part in history)


def test_a_failed_run_enters_as_many_states(workflow: Workflow, function: ScriptedFunction) -> None:
    function.answers(page(1, failures=({"Query": "orders", "Error": "x"},)))
    assert measurements().transitions(1) == len(workflow.run(EVENT).steps)
