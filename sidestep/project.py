"""Where the parts of this project lie: Sidestep runs from its checkout, like every CDK app."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
METRICS_FILE: Final = ROOT / "metrics.toml"
WORKFLOW_FILE: Final = ROOT / "statemachine" / "sidestep.asl.json"
LAMBDAS: Final = ROOT / "lambdas"
APP: Final = ROOT / "app.py"
BUILD: Final = ROOT / ".build"
"""Bundles, made at synth; of no value once deployed."""
