"""Paths of the package's own files, and of the user's files in the current folder."""

import shlex
import sys
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parent
ROOT: Final = PACKAGE.parent
WORKFLOW_FILE: Final = PACKAGE / "statemachine" / "sidestep.asl.json"
LAMBDAS: Final = PACKAGE / "lambdas"
TEMPLATE: Final = PACKAGE / "template"
"""The CDK app of a new project: app.py and cdk.json. In the checkout, they are links to the files of the checkout."""

METRICS_FILE: Final = Path("metrics.toml")
"""The file that each command reads by default."""

BUILD: Final = Path(".build")
"""The folder of the bundles, which synth creates and nothing needs after deployment."""


def activation() -> list[str]:
    """Return the command that puts the tools of this virtual environment on a shell's PATH; none outside of one."""
    if sys.prefix == sys.base_prefix:
        return []
    script, here = Path(sys.prefix, "bin", "activate"), Path.cwd()
    return [f"source {shlex.quote(str(script.relative_to(here) if script.is_relative_to(here) else script))}"]
