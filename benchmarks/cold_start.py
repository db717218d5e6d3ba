"""Cold start: the time and memory of a fresh process to import the function and sign its first token."""

from collections.abc import Callable
from typing import Final

from benchmarks.bundles import built
from benchmarks.databases import Database
from benchmarks.names import BARE, SIDESTEP, USUAL
from benchmarks.processes import Measurement, Sample, alternately, run_program

TIMES: Final = 20
"""Fresh processes of each."""

ENVIRONMENT: Final = {
    "DATABASE_HOST": "db.example.eu-central-1.rds.amazonaws.com",
    "DATABASE_CERTIFICATES": "rds-roots.pem",
    "CLOUDWATCH_URL": "http://127.0.0.1:9",
}


def measure(database: Database, times: int = TIMES) -> dict[str, Measurement]:
    """Measure the built bundle, the usual way, and the driver alone."""
    environment = {**database.environment, **ENVIRONMENT, "DATABASE_PORT": str(database.engine.port)}
    with built(database, series=1) as path:

        def start(module: str) -> Callable[[], Sample]:
            return lambda: run_program(f"benchmarks.programs.{module}", path=path, environment=environment)

        return alternately(
            {SIDESTEP: start("sidestep_start"), USUAL: start("usual_start"), BARE: start("bare_start")}, times=times
        )
