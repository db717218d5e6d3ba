"""The names that Step Functions gives to CloudWatch's errors, where moto's differ, so that retriers match them.

Step Functions takes the names from the AWS SDK for Java (Step Functions developer guide, "Integrating services").
Upstream lacks CloudWatch among the services whose names it knows, and says `cloudwatch.` instead of `CloudWatch.`;
and it keeps the model's `InternalServiceFault`, which the SDK calls `InternalServiceException`.
"""

# ruff: noqa: SLF001 - what moto asks for a name has no public form

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk as moto

_upstreams_name = moto.StateTaskServiceAwsSdk._normalise_exception_name


def correct_names() -> None:
    """Teach moto's interpreter the names; for good, as all that moto keeps is the process's."""
    moto._SERVICE_ERROR_NAMES["cloudwatch"] = "CloudWatch"
    moto.StateTaskServiceAwsSdk._normalise_exception_name = staticmethod(_sdk_name)  # type: ignore[assignment]


def _sdk_name(service: str, error: Exception) -> str:
    return _upstreams_name(service, error).replace("FaultException", "Exception")
