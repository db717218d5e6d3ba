"""State machines in stacks, where moto executes them."""

import re

from moto.core.common_models import CloudFormationModel
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends

from sidestep.local.moto_patches.resource_type import Properties, ResourceType


class StateMachine(ResourceType, CloudFormationModel):
    """AWS::StepFunctions::StateMachine: upstream creates one that is never executed, and leaves out substitutions."""

    TYPE = "AWS::StepFunctions::StateMachine"
    NAME_PROPERTY = "StateMachineName"

    def create(self) -> None:
        """Create it where state machines are executed."""
        machine = self._stepfunctions.create_state_machine(
            name=self.name,
            definition=self._definition,
            roleArn=self.properties["RoleArn"],
            sm_type=self.properties.get("StateMachineType", "STANDARD"),
        )
        self.physical_resource_id = machine.arn

    def change(self, properties: Properties) -> None:
        """Change it in place, executions kept; one of another type is made anew under the same ARN."""
        if properties.get("StateMachineType") != self.properties.get("StateMachineType"):
            super().change(properties)
        else:
            self.properties = properties
            self._stepfunctions.update_state_machine(
                self.physical_resource_id, definition=self._definition, role_arn=properties["RoleArn"]
            )

    def remove(self) -> None:
        """Delete it with its executions."""
        self._stepfunctions.delete_state_machine(self.physical_resource_id)

    def attributes(self) -> dict[str, str]:
        """Return the ARN and the name."""
        return {"Arn": self.physical_resource_id, "Name": self.name}

    @property
    def _stepfunctions(self) -> StepFunctionsParserBackend:
        return stepfunctions_parser_backends[self.account][self.region]

    @property
    def _definition(self) -> str:
        substitutions = self.properties.get("DefinitionSubstitutions", {})
        return re.sub(r"\$\{(\w+)\}", lambda match: str(substitutions[match[1]]), self.properties["DefinitionString"])
