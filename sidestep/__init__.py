"""Sidestep: SQL results from a private database as CloudWatch metrics."""

import sys
from pathlib import Path

# The functions' packages are imported by the names that they have in Lambda. Last, so that they hide nothing.
sys.path.append(str(Path(__file__).parents[1] / "lambdas"))
