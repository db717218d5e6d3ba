"""The unchanged definition of the state machine, executed by moto, with a function that a test specifies."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from sidestep import paths
from sidestep.aws.executions import Execution, follow
from sidestep.aws.metrics import Series, Values, read_series
from sidestep.config.limits import RESTORE_PAUSE_SECONDS
from sidestep.local.cloud import LocalCloud
from sidestep.local.lambda_runtime import FunctionConfiguration
from sidestep.local.runtime_api import InvocationResult

MINUTE = timedelta(minutes=1)


@dataclass
class ScriptedFunction:
    """Answers invocations one by one from a script, and remembers the events."""

    script: list[InvocationResult] = field(default_factory=list)
    events: list[object] = field(default_factory=list)

    def answers(self, *pages: object) -> None:
        self.script += [InvocationResult(json.dumps(page).encode(), failed=False) for page in pages]

    def fails(self, kind: str, message: str, times: int = 1) -> None:
        self.script += [InvocationResult.error(kind, message)] * times

    def invoke(self, _function: FunctionConfiguration, event: bytes) -> InvocationResult:
        self.events.append(json.loads(event))
        return self.script.pop(0)


@dataclass(frozen=True)
class Workflow:
    """The state machine, created with a namespace of its own."""

    cloud: LocalCloud
    arn: str
    namespace: str

    def run(self, event: object) -> Execution:
        """Execute it on an event until it ends."""
        client = self.cloud.client("stepfunctions")
        started = client.start_execution(stateMachineArn=self.arn, input=json.dumps(event), name=str(uuid.uuid4()))
        *_, end = follow(client, started["executionArn"], interval=0.1, deadline=MINUTE)
        return end

    def published(self) -> dict[Series, Values]:
        """Return what has arrived in CloudWatch, per minute of the last hour."""
        end = datetime.now(UTC).replace(second=0, microsecond=0) + MINUTE
        client = self.cloud.client("cloudwatch")
        return read_series(client, self.namespace, start=end - 60 * MINUTE, end=end, period=MINUTE)


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def function(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> ScriptedFunction:
    """What QueryDatabase calls."""
    function = ScriptedFunction()
    monkeypatch.setattr(cloud.functions, "invoke", function.invoke)
    return function


@pytest.fixture
def workflow(cloud: LocalCloud) -> Workflow:
    name = f"sidestep-{uuid.uuid4().hex}"
    definition = paths.WORKFLOW_FILE.read_text(encoding="utf-8")
    for placeholder, value in {"${QueryFunctionArn}": _create_function(cloud, name), "${Namespace}": name}.items():
        assert placeholder in definition
        definition = definition.replace(placeholder, value)
    definition = definition.replace(f'"IntervalSeconds": {RESTORE_PAUSE_SECONDS}', '"IntervalSeconds": 1')
    machine = cloud.client("stepfunctions").create_state_machine(
        name=name, definition=definition, roleArn=_create_role(cloud, name)
    )
    return Workflow(cloud, machine["stateMachineArn"], name)


def _create_role(cloud: LocalCloud, name: str) -> str:
    role = cloud.client("iam").create_role(RoleName=f"{name}-{uuid.uuid4().hex[:8]}", AssumeRolePolicyDocument="{}")
    return str(role["Role"]["Arn"])


def _create_function(cloud: LocalCloud, name: str) -> str:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("empty.py", "")
    function = cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=_create_role(cloud, name),
        Handler="empty.handler",
        Code={"ZipFile": code.getvalue()},
    )
    return str(function["FunctionArn"])
