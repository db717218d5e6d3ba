"""Imports PyMySQL, without which nothing asks a MySQL."""

import time

STARTED = time.perf_counter()

import pymysql  # noqa: E402, F401 - the clock runs

from benchmarks.programs.measuring import tell  # noqa: E402

tell(STARTED, 0)
