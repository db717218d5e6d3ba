"""Paths: the parts of Sidestep in its checkout, and the user's files in the current folder."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
WORKFLOW_FILE: Final = ROOT / "statemachine" / "sidestep.asl.json"
LAMBDAS: Final = ROOT / "lambdas"
APP: Final = ROOT / "app.py"

METRICS_FILE: Final = Path("metrics.toml")
"""The file that each command reads by default."""

BUILD: Final = Path(".build")
"""Bundles, made at synth; of no value once deployed."""
