"""CloudFormation's quotas for a stack, which a valid metrics.toml can exceed.

Source: CloudFormation user guide, "Understand CloudFormation quotas".
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sidestep import resource_names
from sidestep.config.errors import SettingsError
from sidestep.config.settings import Settings

MAX_RESOURCES: Final = 500
"""The maximum number of resources in a template."""

MAX_BYTES: Final = 1024 * 1024
"""The maximum size of a template that is uploaded, as the CDK does."""

NO_LIMIT_OF_THE_CDK: Final = {"@aws-cdk/core:stackResourceLimit": 0}
"""Context of the app: disables the CDK's own check of MAX_RESOURCES, which ends in a traceback."""


def check_templates(assembly: Path, settings: Settings, *, file: str) -> None:
    """Check the templates in the folder of a cloud assembly.

    Raises:
        SettingsError: CloudFormation would refuse stacks; one message for each.
    """
    mistakes = [
        f"{file}: database.{name}: {problem}; move queries to a second table for the same database, or remove alarms"
        for name in settings.databases
        for problem in _problems(assembly / f"{resource_names.stack_name(name)}.template.json")
    ]
    if mistakes:
        raise SettingsError(mistakes)


def _problems(template: Path) -> Iterator[str]:
    content = template.read_bytes()
    resources = len(json.loads(content)["Resources"])
    if resources > MAX_RESOURCES:
        yield f"its stack has {resources} resources, but CloudFormation allows {MAX_RESOURCES}"
    if len(content) > MAX_BYTES:
        yield f"its template has {len(content):,} bytes, but CloudFormation allows {MAX_BYTES:,}"
