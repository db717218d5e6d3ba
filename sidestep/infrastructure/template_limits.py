"""CloudFormation's quotas for a template, which a valid metrics.toml can exceed.

Source: CloudFormation user guide, "Understand CloudFormation quotas".
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sidestep.config.errors import ConfigError
from sidestep.config.settings import Settings

MAX_RESOURCES: Final = 500
"""Maximum number of resources in a template."""

MAX_BYTES: Final = 1024 * 1024
"""Maximum size of a template in S3, where the CDK uploads it."""

WITHOUT_CDK_LIMIT: Final = {"@aws-cdk/core:stackResourceLimit": 0}
"""Context of the app that disables the CDK's own check of MAX_RESOURCES, which ends with a traceback."""


def check_templates(assembly: Path, settings: Settings, *, file: str) -> None:
    """Check the templates in the folder of a cloud assembly.

    Raises:
        ConfigError: CloudFormation would reject stacks; one message for each.
    """
    errors = [
        f"{file}: database.{name}: {problem}; move queries to a second table for the same database, or remove alarms"
        for name in settings.databases
        for problem in _problems(assembly / f"{settings.stack_of(name)}.template.json")
    ]
    if errors:
        raise ConfigError(errors)


def _problems(template: Path) -> Iterator[str]:
    content = template.read_bytes()
    resources = len(json.loads(content)["Resources"])
    if resources > MAX_RESOURCES:
        yield f"its stack has {resources} resources, but CloudFormation allows {MAX_RESOURCES}"
    if len(content) > MAX_BYTES:
        yield f"its template has {len(content):,} bytes, but CloudFormation allows {MAX_BYTES:,}"
