"""Executions without a name of their own, as most are that somebody starts by hand."""

import uuid
from typing import Final

from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

_START: Final = StepFunctionsParserBackend.start_execution


def start_execution(
    backend: StepFunctionsParserBackend, state_machine_arn: str, name: str | None, execution_input: str
) -> Execution:
    """Start an execution, if need be under a new name; upstream calls it None then, and so takes only one."""
    return _START(backend, state_machine_arn, name or str(uuid.uuid4()), execution_input)


StepFunctionsParserBackend.start_execution = start_execution  # type: ignore[method-assign, assignment]
