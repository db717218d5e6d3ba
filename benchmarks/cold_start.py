"""Cold start: what a fresh process takes to import the function and to make its first token."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.names import BARE, SIDESTEP, USUAL
from benchmarks.processes import Measurement, Sample, alternately, run_program

TIMES: Final = 20
"""Fresh processes of each."""

ENVIRONMENT: Final = {
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "DATABASE_HOST": "db.example.eu-central-1.rds.amazonaws.com",
    "DATABASE_PORT": "3306",
    "DATABASE_USER": "sidestep",
    "DATABASE_ENGINE": "mysql",
    "DATABASE_NAME": "shop",
    "DATABASE_SCHEMA": "shop",
    "DATABASE_CERTIFICATES": "rds-roots.pem",
    "CLOUDWATCH_URL": "http://127.0.0.1:9",
}


def measure(path: Sequence[Path]) -> dict[str, Measurement]:
    """Measure the built bundle, the usual way, and PyMySQL alone.

    Args:
        path: where all of them find their modules: the bundle's folder and that of Lambda's runtime.
    """

    def start(module: str) -> Callable[[], Sample]:
        return lambda: run_program(f"benchmarks.programs.{module}", path=path, environment=ENVIRONMENT)

    return alternately(
        {SIDESTEP: start("sidestep_start"), USUAL: start("usual_start"), BARE: start("bare_start")}, times=TIMES
    )
