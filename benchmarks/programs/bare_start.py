"""Imports the driver, which every program needs to query the database."""

import time

STARTED = time.perf_counter()

import os  # noqa: E402 - the clock runs
from importlib import import_module  # noqa: E402

import_module(os.environ["DRIVER"])

from benchmarks.programs.measuring import tell  # noqa: E402

tell(STARTED, 0)
