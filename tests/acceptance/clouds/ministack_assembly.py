"""Changes a cloud assembly for MiniStack: what it refuses is taken out, what it lacks is put in."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

UNKNOWN_TYPES: Final = ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")

RUNTIME: Final = "provided.al2023"
"""A runtime whose functions bring their own client of the runtime API."""

RUNTIME_CLIENT: Final = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
"""AWS's runtime interface client, which is that of the runtime python3.13, and its libraries."""

BOOTSTRAP: Final = """\
#!/bin/sh
cd "$LAMBDA_TASK_ROOT" || exit
export PYTHONPATH={libraries}
exec {python} -S -m awslambdaric "$_HANDLER"
"""
"""-S keeps this project's own libraries away; `libraries` is a folder with those of Lambda's runtime."""

AUTHORITIES: Final = ("lambdas/engines/rds-roots.pem", "lambdas/engines/amazon-roots.pem")


def adapt(
    assembly: Path, *, host: str, port: int, administrator_secret: str, authority: bytes, libraries: Path
) -> None:
    """Change the templates and the functions' assets of an assembly.

    Args:
        assembly: its folder.
        host: the endpoint of the database, instead of that of the RDS instance.
        port: its port.
        administrator_secret: the ARN of the secret that RDS would create.
        authority: the authority that functions trust, instead of AWS's.
        libraries: the folder with the libraries of Lambda's runtime.
    """
    values = {
        "Endpoint.Address": host,
        "Endpoint.Port": str(port),
        "MasterUserSecret.SecretArn": administrator_secret,
    }
    for file in assembly.glob("*.template.json"):
        template = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps(_adapted(template, values)), encoding="utf-8")
    for handlers in assembly.glob("asset.*/lambdas"):
        bundle = handlers.parent
        bootstrap = bundle / "bootstrap"
        program = BOOTSTRAP.format(libraries=shlex.quote(str(libraries)), python=shlex.quote(sys.executable))
        bootstrap.write_text(program, encoding="utf-8")
        bootstrap.chmod(0o755)
        for name in AUTHORITIES:
            (bundle / name).write_bytes(authority)


def _adapted(template: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    refused = {name for name, resource in template["Resources"].items() if _is_refused(resource)}
    for name in refused:
        del template["Resources"][name]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Runtime"] = RUNTIME
        if "DependsOn" in resource:
            resource["DependsOn"] = [name for name in resource["DependsOn"] if name not in refused]
    adapted: dict[str, Any] = _resolved(template, refused, values)
    return adapted


def _is_refused(resource: Mapping[str, Any]) -> bool:
    metric_math = resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    return metric_math or resource["Type"] in UNKNOWN_TYPES


def _resolved(part: Any, refused: set[str], values: Mapping[str, str]) -> Any:  # noqa: ANN401 - any part of JSON
    """Return a part of a template without references to refused resources, and with the values of attributes."""
    match part:
        case {"Fn::GetAtt": [name, attribute]}:
            # Only a widget of the dashboard refers to an alarm, with its ARN.
            return f"{attribute} of {name}" if name in refused else values.get(attribute, part)
        case dict():
            return {key: _resolved(value, refused, values) for key, value in part.items()}
        case list():
            return [_resolved(value, refused, values) for value in part]
        case _:
            return part
