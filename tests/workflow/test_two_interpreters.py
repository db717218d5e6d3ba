"""The deployed definition of the workflow in two interpreters: each error of each retrier, and pages."""

import json
import re

import pytest
from aws_cdk import App, Stack, aws_lambda

from sidestep import paths
from sidestep.config.limits import function_timeout
from sidestep.config.loader import load_settings
from sidestep.infrastructure.workflow import Workflow
from sidestep.local.cloud import LocalCloud
from tests.infrastructure.conftest import only
from tests.workflow.interpreters import Definition, Moto, as_in_node, run_in_node
from tests.workflow.scripted_runs import (
    ACCEPTED,
    FEWER_RUNS,
    FUNCTION,
    PUBLISH,
    PUBLISHED,
    QUERY,
    RUNS,
    TIMEOUT,
    WAITS,
    ScriptedRun,
    Trace,
    failure,
    page,
    returned,
)

pytestmark = pytest.mark.slow

RESTORED_TWICE = ScriptedRun(
    "Lambda restores the network interface before each of two pages",
    Trace(path=()),
    {
        QUERY: [
            *failure("Lambda.ENINotReadyException", 10),
            returned(page(1, NextPage={})),
            *failure("Lambda.ENINotReadyException", 10),
            returned(page(2)),
        ],
        PUBLISH: [ACCEPTED] * 2,
    },
)
"""It waits for 400 s; the limit of the machine is 295 s."""


@pytest.fixture(scope="module")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Definition:
    """Return the definition of a stack with the shipped metrics.toml, with its substitutions."""
    settings = load_settings(paths.ROOT / "metrics.toml")
    (database,) = settings.databases
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    stack = Stack(app, "Stack")
    Workflow(
        stack,
        "Workflow",
        name=database,
        function=aws_lambda.Function.from_function_attributes(stack, "Function", function_arn=FUNCTION),
        function_timeout=function_timeout(query.timeout for query in settings.queries),
        namespace=settings.namespace,
        workflow=settings.workflow,
        runs=settings.runs_of(database),
    )
    machine = only(app.synth().get_stack_by_name("Stack").template, "AWS::StepFunctions::StateMachine")
    substitutions = machine["DefinitionSubstitutions"]
    text = re.sub(r"\$\{(\w+)\}", lambda match: str(substitutions[match[1]]), machine["DefinitionString"])
    substituted: Definition = json.loads(text)
    return substituted


@pytest.fixture(scope="module")
def moto(cloud: LocalCloud, definition: Definition) -> Moto:
    return Moto(cloud, definition)


@pytest.fixture(scope="module")
def in_node(definition: Definition) -> dict[str, Trace]:
    """Return the traces of all runs in aws-local-stepfunctions, by name."""
    runs = [*RUNS, RESTORED_TWICE]
    return {run.name: trace for run, trace in zip(runs, run_in_node(definition, runs), strict=True)}


@pytest.mark.parametrize("state", [QUERY, PUBLISH])
def test_the_runs_raise_each_error_that_a_retrier_names(definition: Definition, state: str) -> None:
    named = [error for retrier in definition["States"][state]["Retry"] for error in retrier["ErrorEquals"]]
    assert sorted(named) == sorted(WAITS[state])


@pytest.mark.parametrize("run", FEWER_RUNS, ids=lambda run: run.name)
def test_motos_interpreter_runs_it_as_specified(
    moto: Moto, run: ScriptedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert moto.run(run, monkeypatch) == run.expected


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_an_interpreter_of_other_authors_runs_it_as_specified(in_node: dict[str, Trace], run: ScriptedRun) -> None:
    assert in_node[run.name] == as_in_node(run.expected)


def test_retries_end_at_the_limit_of_the_machine(in_node: dict[str, Trace], definition: Definition) -> None:
    # When
    trace = in_node[RESTORED_TWICE.name]

    # Then the limit is reached on the second page, before the next retry
    (*_, pause) = WAITS[QUERY]["Lambda.ENINotReadyException"]
    assert (trace.error, trace.path) == (TIMEOUT, (*PUBLISHED, QUERY))
    assert sum(trace.waits) < definition["TimeoutSeconds"] < sum(trace.waits) + pause
