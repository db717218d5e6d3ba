"""Imports the function as one usually writes it, and creates a token with boto3."""

import time

STARTED = time.perf_counter()

from benchmarks.programs.usual_run import token  # noqa: E402 - the clock runs

token()

from benchmarks.programs.measuring import tell  # noqa: E402

tell(STARTED, 0)
