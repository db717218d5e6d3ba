"""Step Functions: state machines in stacks, executions without a name, history requests, and error names.

Source of the error names: Step Functions developer guide, "Integrating services": they are those of the AWS SDK for
Java. moto does not have CloudWatch's name (it uses `cloudwatch.` instead of `CloudWatch.`), and keeps the model's
`InternalServiceFault`, which the SDK calls `InternalServiceException`. Retriers match these names.
"""

# ruff: noqa: SLF001 - moto has no public form of its parameters and names

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

from moto.core.common_models import CloudFormationModel
from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import InvalidToken
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk as sdk
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends
from moto.stepfunctions.responses import StepFunctionResponse

from sidestep.local.moto_patches.resource_type import Properties, ResourceType

PAGE: Final = 100
"""Events of one response by default (Step Functions API reference)."""

_DATA: Final = ("input", "output", "parameters")

_START: Final = StepFunctionsParserBackend.start_execution
_ERROR_NAME: Final = sdk.StateTaskServiceAwsSdk._normalise_exception_name


class _StateMachine(ResourceType[StepFunctionsParserBackend], CloudFormationModel):
    """moto creates a state machine that is never executed, and ignores substitutions."""

    TYPE = "AWS::StepFunctions::StateMachine"
    NAME_PROPERTY = "StateMachineName"
    BACKENDS = stepfunctions_parser_backends

    def create(self) -> None:
        machine = self.backend.create_state_machine(
            name=self.name,
            definition=self._definition,
            roleArn=self.properties["RoleArn"],
            sm_type=self.properties.get("StateMachineType", "STANDARD"),
        )
        self.physical_resource_id = machine.arn

    def change(self, properties: Properties) -> None:
        """Change it in place and keep its executions; a new type replaces it under the same ARN."""
        if properties.get("StateMachineType") != self.properties.get("StateMachineType"):
            super().change(properties)
        else:
            self.properties = properties
            self.backend.update_state_machine(
                self.physical_resource_id, definition=self._definition, role_arn=properties["RoleArn"]
            )

    def remove(self) -> None:
        self.backend.delete_state_machine(self.physical_resource_id)

    def attributes(self) -> dict[str, str]:
        return {"Arn": self.physical_resource_id, "Name": self.name}

    @property
    def _definition(self) -> str:
        substitutions = self.properties.get("DefinitionSubstitutions", {})
        return re.sub(r"\$\{(\w+)\}", lambda match: str(substitutions[match[1]]), self.properties["DefinitionString"])


def start_execution(
    backend: StepFunctionsParserBackend, state_machine_arn: str, name: str | None, execution_input: str
) -> Execution:
    """Start an execution, by default with a new name. moto uses the name None, which can be used only once."""
    return _START(backend, state_machine_arn, name or str(uuid.uuid4()), execution_input)


def get_execution_history(response: StepFunctionResponse) -> ActionResult:
    """Respond to GetExecutionHistory. moto ignores all parameters except the execution."""
    history = response.stepfunction_backend.get_execution_history(response._get_param("executionArn"))
    events = list(history["events"])
    if response._get_param("reverseOrder"):
        events.reverse()
    # The token is the number of an event, since more events may have been added before it.
    numbers = [str(event["id"]) for event in events]
    token = response._get_param("nextToken")
    if token not in (None, *numbers):
        raise InvalidToken("Invalid Token")
    begin = 0 if token is None else numbers.index(token)
    end = begin + (response._get_param("maxResults") or PAGE)
    answer: dict[str, Any] = {"events": events[begin:end]}
    if response._get_param("includeExecutionData") is False:
        answer["events"] = [_without_data(event) for event in events[begin:end]]
    if end < len(events):
        answer["nextToken"] = numbers[end]
    return ActionResult(answer)


def _without_data(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_data(part) if isinstance(part, dict) else part
        for name, part in event.items()
        if name not in _DATA
    }


def _error_name(service: str, error: Exception) -> str:
    return _ERROR_NAME(service, error).replace("FaultException", "Exception")


StepFunctionsParserBackend.start_execution = start_execution  # type: ignore[method-assign, assignment]
StepFunctionResponse.get_execution_history = get_execution_history  # type: ignore[method-assign, assignment]
sdk._SERVICE_ERROR_NAMES["cloudwatch"] = "CloudWatch"
sdk.StateTaskServiceAwsSdk._normalise_exception_name = staticmethod(_error_name)  # type: ignore[assignment]
