"""What CloudFormation takes of a stack, which a metrics.toml without a mistake can exceed.

Source: CloudFormation user guide, "Understand CloudFormation quotas".
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sidestep import stack_outputs
from sidestep.mistakes import SettingsError
from sidestep.settings import Settings

MAX_RESOURCES: Final = 500
"""Of a template."""

MAX_BYTES: Final = 1024 * 1024
"""Of a template that is uploaded, as the CDK does."""

NO_LIMIT_OF_THE_CDK: Final = {"@aws-cdk/core:stackResourceLimit": 0}
"""Context of an app: the CDK's own check of MAX_RESOURCES ends in a traceback."""


def check_templates(assembly: Path, settings: Settings, *, file: str) -> None:
    """Check the templates in the folder of a cloud assembly.

    Raises:
        SettingsError: with one message per stack that CloudFormation would refuse.
    """
    mistakes = [
        f"{file}: database.{name}: {problem}; write a second table for the same database and give it some of the "
        "queries, or leave out alarms"
        for name in settings.databases
        for problem in _problems(assembly / f"{stack_outputs.stack_name(name)}.template.json")
    ]
    if mistakes:
        raise SettingsError(mistakes)


def _problems(template: Path) -> Iterator[str]:
    content = template.read_bytes()
    resources = len(json.loads(content)["Resources"])
    if resources > MAX_RESOURCES:
        yield f"its stack has {resources} resources, but CloudFormation takes {MAX_RESOURCES}"
    if len(content) > MAX_BYTES:
        yield f"its template has {len(content):,} bytes, but CloudFormation takes {MAX_BYTES:,}"
