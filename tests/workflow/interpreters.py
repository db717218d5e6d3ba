"""Two interpreters of the Amazon States Language: moto's and aws-local-stepfunctions. Neither waits for a retry.

They agree, except where aws-local-stepfunctions differs from the specification
(https://states-language.net/spec.html) and from the Step Functions developer guide:

- It reads the CausePath of a Fail state as a path only. The guide ("Fail workflow state") allows States.JsonToString.
  Here, a Pass state evaluates the function first.
- It removes backslashes from the result of States.JsonToString. The specification ("Appendix B") says that it is a
  JSON text. `as_in_node` removes them from what a test expects.
"""

import json
import subprocess
import uuid
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NoReturn

import pytest
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from sidestep.aws.executions import follow
from sidestep.local.cloud import LocalCloud
from tests.workflow.scripted_runs import EVENT, TIMEOUT, Result, ScriptedRun, Trace

Definition = dict[str, Any]

SCRIPT: Final = Path(__file__).with_name("interpreter.mjs")

MINUTE: Final = timedelta(minutes=1)


class Moto:
    """moto's interpreter, in its cloud."""

    def __init__(self, cloud: LocalCloud, definition: Definition) -> None:
        self._client = cloud.client("stepfunctions")
        name = f"scripted-{uuid.uuid4().hex}"
        role = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        machine = self._client.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=role["Role"]["Arn"]
        )
        self._arn = machine["stateMachineArn"]

    def run(self, run: ScriptedRun, monkeypatch: pytest.MonkeyPatch) -> Trace:
        """Execute a run, with its script behind both kinds of tasks."""
        results = {state: iter(answers) for state, answers in run.results.items()}
        requests: list[tuple[str, Any]] = []
        waits: list[float] = []

        def answer(task: Any, env: Environment, _region: Any, parameters: dict[str, Any], _role: Any) -> None:  # noqa: ANN401
            requests.append((task.name, _decoded(parameters)))
            result = next(results[task.name])
            if result.error:
                _fail(env, result)
            env.stack.append(result.output)

        for kind in (StateTaskServiceLambda, StateTaskServiceAwsSdk):
            monkeypatch.setattr(kind, "_eval_service_task", lambda *task, **more: answer(*task, *more.values()))
        monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=waits.append))
        started = self._client.start_execution(stateMachineArn=self._arn, input=json.dumps(EVENT))
        *_, end = follow(self._client, started["executionArn"], interval=0.005, deadline=MINUTE)
        return Trace(
            path=tuple(step.state for step in end.steps),
            waits=tuple(waits),
            requests=tuple(requests),
            error=end.error or "",
            cause=end.cause or "",
        )


def _decoded(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a request; those of Lambda have the payload as text."""
    payload = {"Payload": json.loads(parameters["Payload"])} if "Payload" in parameters else {}
    return parameters | payload


def _fail(env: Environment, result: Result) -> NoReturn:
    if result.error == TIMEOUT:
        raise TimeoutError
    details = TaskFailedEventDetails(error=result.error, cause=result.cause)
    raise FailureEventException(
        FailureEvent(
            env=env,
            error_name=CustomErrorName(result.error),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),  # type: ignore[typeddict-item]
        )
    )


def run_in_node(definition: Definition, runs: Iterable[ScriptedRun]) -> list[Trace]:
    """Execute runs in aws-local-stepfunctions, all in one process."""
    scripts = [
        {
            "input": EVENT,
            "results": {state: [_in_node(one) for one in answers] for state, answers in run.results.items()},
        }
        for run in runs
    ]
    process = subprocess.run(
        ["node", SCRIPT],  # noqa: S607 - the one of the virtual environment
        input=json.dumps({"definition": _with_cause_in_a_pass_state(definition), "runs": scripts}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return [_trace(one["events"], one["requests"], definition) for one in json.loads(process.stdout)]


def as_in_node(trace: Trace) -> Trace:
    """Return a trace as aws-local-stepfunctions has it: without backslashes in the cause."""
    return replace(trace, cause=trace.cause.replace("\\", ""))


def _in_node(result: Result) -> dict[str, Any]:
    return {"hangs": True} if result.error == TIMEOUT else asdict(result)


def _with_cause_in_a_pass_state(definition: Definition) -> Definition:
    states = dict(definition["States"])
    for name, state in definition["States"].items():
        if state["Type"] == "Fail" and "CausePath" in state:
            passing = {"Type": "Pass", "Parameters": {"Cause.$": state["CausePath"]}, "Next": f"{name} (end)"}
            states |= {name: passing, f"{name} (end)": {**state, "CausePath": "$.Cause"}}
    return {**definition, "States": states}


def _trace(events: list[dict[str, Any]], requests: list[dict[str, Any]], definition: Definition) -> Trace:
    entered = [event["state"]["name"] for event in events if event["type"] == "StateEntered"]
    waits = [
        (event["timestamp"] - before["timestamp"]) / 1000
        for before, event in pairwise(events)
        if event["type"] == "StateRetried"
    ]
    end = events[-1]
    timed_out = end["type"] == "ExecutionTimeout" or end.get("Error") == TIMEOUT
    return Trace(
        path=tuple(name for name in entered if name in definition["States"]),
        waits=tuple(waits),
        requests=tuple((one["state"], one["parameters"]) for one in requests),
        error=TIMEOUT if timed_out else end.get("Error", ""),
        cause="" if timed_out else end.get("Cause", ""),
    )
