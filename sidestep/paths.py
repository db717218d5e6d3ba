"""Paths of the package's own files, and of the user's files in the current folder."""

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parent
ROOT: Final = PACKAGE.parent
WORKFLOW_FILE: Final = PACKAGE / "statemachine" / "sidestep.asl.json"
LAMBDAS: Final = PACKAGE / "lambdas"
APP: Final = ROOT / "app.py"

METRICS_FILE: Final = Path("metrics.toml")
"""The file that each command reads by default."""

BUILD: Final = Path(".build")
"""The folder of the bundles, which synth creates and nothing needs after deployment."""
