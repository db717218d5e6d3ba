"""Imports the function as one usually writes it, and has boto3 make a token."""

import time

STARTED = time.perf_counter()

import os  # noqa: E402 - the clock runs

from benchmarks.programs.usual_run import RDS, REGION  # noqa: E402

RDS.generate_db_auth_token(
    DBHostname=os.environ["DATABASE_HOST"],
    Port=int(os.environ["DATABASE_PORT"]),
    DBUsername=os.environ["DATABASE_USER"],
    Region=REGION,
)

from benchmarks.programs.measuring import tell  # noqa: E402

tell(STARTED, 0)
