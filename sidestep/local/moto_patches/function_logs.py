"""The log group of a function in a stack, and its lines; moto ignores LoggingConfig."""

import time
from typing import Any, Final

from moto.awslambda.models import LambdaFunction
from moto.logs.models import logs_backends

from sidestep.local.lambda_runtime import FunctionConfiguration

STREAM: Final = "local"
"""The log stream of each function; Lambda has one for each execution environment."""

_CREATE: Final = LambdaFunction.create_from_cloudformation_json
_UPDATE: Final = LambdaFunction.update_from_cloudformation_json


def log_group_of(function: LambdaFunction) -> str:
    """Return the name of a function's log group: Lambda's default, unless its stack names another one."""
    return str(getattr(function, "named_log_group", function.logs_group_name))


def deliver(function: FunctionConfiguration, line: str) -> None:
    """Add a line to the log group of a function. Like Lambda, drop the line if the group no longer exists."""
    account, region = function.arn.split(":")[4], function.arn.split(":")[3]
    group = logs_backends[account][region].groups.get(function.log_group)
    if group is not None:
        if STREAM not in group.streams:
            group.create_log_stream(STREAM)
        group.put_log_events(STREAM, [{"timestamp": int(time.time() * 1000), "message": line}])


def _create(
    resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: object
) -> LambdaFunction:
    created = _CREATE(resource_name, cloudformation_json, account_id, region_name)
    return _with_log_group(created, cloudformation_json)


def _update(cloudformation_json: dict[str, Any], **arguments: Any) -> LambdaFunction:  # noqa: ANN401 - moto's
    updated = _UPDATE(cloudformation_json=cloudformation_json, **arguments)
    return _with_log_group(updated, cloudformation_json)


def _with_log_group(function: LambdaFunction, resource: dict[str, Any]) -> LambdaFunction:
    name = resource["Properties"].get("LoggingConfig", {}).get("LogGroup")
    if name:
        function.named_log_group = name  # type: ignore[attr-defined]
    return function


LambdaFunction.create_from_cloudformation_json = staticmethod(_create)  # type: ignore[method-assign]
LambdaFunction.update_from_cloudformation_json = staticmethod(_update)  # type: ignore[assignment, method-assign]
