"""Runs single states of the workflow with states:TestState, before there is a state machine.

PublishMetrics really calls CloudWatch, with a temporary role that has the statement of the synthesized one. The other
states, and each error of each retrier, run with a mocked result, which needs no role (Step Functions API reference,
TestState and MockInput).
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from sidestep.aws.clients import Clients
from tests.acceptance.preflight.template import Template
from tests.acceptance.run_resources import remove_role, tags_of

PROPAGATION_SECONDS: Final = 60
"""How long Step Functions may not yet see a new role; IAM is eventually consistent (IAM user guide)."""

ROLE: Final = "preflight"
"""The end of the temporary role's name."""

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a state did.

    Attributes:
        status: SUCCEEDED, FAILED, RETRIABLE or CAUGHT_ERROR.
        next_state: where the workflow goes on; None after an error and in a last state.
        output: of the state; None after an error.
        error, cause: of an error.
        retrier: the index of the retrier that retries the error.
        pause: in seconds, before that retry.
    """

    status: str
    next_state: str | None = None
    output: Any = None
    error: str | None = None
    cause: str | None = None
    retrier: int | None = None
    pause: int | None = None

    @classmethod
    def of(cls, answer: Json) -> "Outcome":
        """Read the answer of TestState."""
        details = answer.get("inspectionData", {}).get("errorDetails", {})
        return cls(
            status=answer["status"],
            next_state=answer.get("nextState"),
            output=json.loads(answer["output"]) if "output" in answer else None,
            error=answer.get("error"),
            cause=answer.get("cause"),
            retrier=details.get("retryIndex"),
            pause=details.get("retryBackoffIntervalSeconds"),
        )


def states_of(template: Template) -> Mapping[str, Json]:
    """Return the states of the template's state machine by name, with the substitutions of CloudFormation."""
    machine = template.only("AWS::StepFunctions::StateMachine")
    text = machine["DefinitionString"]
    for name, value in machine["DefinitionSubstitutions"].items():
        text = text.replace(f"${{{name}}}", value)
    states: Mapping[str, Json] = json.loads(text)["States"]
    return states


class StateRunner:
    """Runs states."""

    def __init__(self, stepfunctions: Any) -> None:  # noqa: ANN401 - a client
        """Run states with a client of Step Functions."""
        self._stepfunctions = stepfunctions

    def run(self, state: Json, given: Json, *, role: str) -> Outcome:
        """Run a state with a role, for real."""
        return self._outcome(state, given, roleArn=role)

    def run_mocked(self, state: Json, given: Json, *, result: Json) -> Outcome:
        """Run a state whose service gives this result."""
        return self._outcome(state, given, mock={"result": json.dumps(result), "fieldValidationMode": "NONE"})

    def fail(self, state: Json, given: Json, *, error: str, attempts: int = 0) -> Outcome:
        """Run a state whose service fails, after a number of retries."""
        mock = {"errorOutput": {"error": error, "cause": "acceptance"}}
        return self._outcome(state, given, mock=mock, stateConfiguration={"retrierRetryCount": attempts})

    def _outcome(self, state: Json, given: Json, **options: Any) -> Outcome:  # noqa: ANN401 - of the request
        answer = self._stepfunctions.test_state(
            definition=json.dumps(state), input=json.dumps(given), inspectionLevel="DEBUG", **options
        )
        return Outcome.of(answer)


@dataclass(frozen=True, kw_only=True)
class Retried:
    """An error of a state, and how the workflow retries it; seconds and attempts are those of the ASL file."""

    state: str
    error: str
    retrier: int
    pause: int
    attempts: int


def retried_errors(states: Mapping[str, Json]) -> Iterator[Retried]:
    """Yield each named error of each retrier."""
    for name, state in states.items():
        for index, retrier in enumerate(state.get("Retry", ())):
            for error in retrier["ErrorEquals"]:
                yield Retried(
                    state=name,
                    error=error,
                    retrier=index,
                    pause=retrier.get("IntervalSeconds", 1),
                    attempts=retrier["MaxAttempts"],
                )


@contextmanager
def publishing_role(template: Template, clients: Clients, *, name: str) -> Iterator[str]:
    """Create a role with the PublishMetrics statement of the template, and return its ARN; delete it at the end."""
    iam = clients("iam")
    role = f"{name}-{ROLE}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust), Tags=tags_of(name))
    try:
        policy = {"Version": "2012-10-17", "Statement": [_publishing_statement(template)]}
        iam.put_role_policy(RoleName=role, PolicyName=ROLE, PolicyDocument=json.dumps(policy))
        yield str(made["Role"]["Arn"])
    finally:
        remove_role(clients, role)


def wait_for_role(runner: StateRunner, state: Json, page: Json, *, role: str, pause: float = 3) -> Outcome:
    """Publish a page until it succeeds, or until a new role should be known everywhere; return the last outcome.

    Raises:
        botocore.exceptions.ClientError: Step Functions cannot assume the role.
    """
    deadline = time.monotonic() + PROPAGATION_SECONDS
    while True:
        try:
            outcome = runner.run(state, page, role=role)
        except ClientError:
            if time.monotonic() > deadline:
                raise
        else:
            if outcome.status == "SUCCEEDED" or time.monotonic() > deadline:
                return outcome
        time.sleep(pause)


def _publishing_statement(template: Template) -> Json:
    statements = [
        statement
        for policy in template.resources("AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    (publishing,) = [statement for statement in statements if statement.get("Sid") == "PublishMetrics"]
    return dict(publishing)
