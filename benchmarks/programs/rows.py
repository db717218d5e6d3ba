"""Chooses the engine's driver; the other one is not in the bundle."""

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final

fetch: Final[Callable[[], Sequence[Sequence[Any]]]] = import_module(
    f"benchmarks.programs.{os.environ['DATABASE_ENGINE']}_rows"
).fetch
"""Connects, and returns all rows of the query in the environment: the name of a series and its value."""
