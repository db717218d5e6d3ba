"""A long result takes hardly more memory than a short one."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from query_database.endpoint import Endpoint
from sidestep import project
from sidestep.infrastructure.vpc_function import MEMORY
from tests.database.conftest import PASSWORD
from tests.database.server import DatabaseServer

PROGRAM = Path(__file__).with_name("one_run.py")

NARROW = "SELECT CONCAT('customer-', seq) AS D0, seq AS Orders FROM {numbers} ORDER BY seq"

WIDE = ", ".join(f"CONCAT(seq, REPEAT('x', 900)) AS D{number}" for number in range(29))

ONE_LONG = "SELECT CONCAT(seq, REPEAT('x', 900)) AS D0, seq AS Orders FROM {numbers}"

SHORT_THEN_WIDE = WIDE.replace("900", "CASE WHEN seq > 1500 THEN 900 ELSE 0 END")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")


@dataclass
class Processes:
    """Fresh processes, each of which goes through one run."""

    endpoint: Endpoint
    server: DatabaseServer
    folder: Path

    def peak(self, series: int, sql: str = NARROW, dimensions: int = 1, **metric: str) -> int:
        """Return the peak memory, in kB, of a process that publishes so many series."""
        folder = self.folder / str(series)
        folder.mkdir()
        query = {
            "name": "orders",
            "sql": sql.format(numbers=self.server.numbers(series)),
            "dimensions": [f"D{number}" for number in range(dimensions)],
            "timeout": 60,
            "max_series": series,
            "on_null": "skip",
            "on_empty": "skip",
            "metrics": {"Orders": {"unit": "Count", "resolution": 60, **metric}},
        }
        listing = folder / "queries.json"
        listing.write_text(json.dumps([query]))
        result = subprocess.run(
            [sys.executable, str(PROGRAM), str(listing), PASSWORD],
            capture_output=True,
            text=True,
            check=True,
            env={
                "PYTHONPATH": str(project.LAMBDAS),
                "TMPDIR": str(folder),
                "DATABASE_HOST": self.endpoint.host,
                "DATABASE_PORT": str(self.endpoint.port),
                "DATABASE_USER": self.endpoint.user,
                "DATABASE_ENGINE": self.endpoint.engine,
                "DATABASE_NAME": self.endpoint.database,
                "DATABASE_SCHEMA": self.endpoint.schema,
                "DATABASE_CERTIFICATES": str(self.endpoint.certificates),
                "AWS_REGION": self.endpoint.region,
                "AWS_ACCESS_KEY_ID": "unused",
                "AWS_SECRET_ACCESS_KEY": "unused",
            },
        )
        values, kilobytes = map(int, result.stderr.split())
        assert values == series
        return kilobytes


@pytest.fixture
def processes(endpoint: Endpoint, server: DatabaseServer, tmp_path: Path) -> Processes:
    return Processes(endpoint, server, tmp_path)


def test_100_000_series_take_hardly_more_memory_than_1_000(processes: Processes) -> None:
    # Given
    short = processes.peak(1_000)

    # When
    long = processes.peak(100_000)

    # Then
    assert long <= 1.3 * short, f"{long} kB for 100,000 series, {short} kB for 1,000"


@pytest.mark.parametrize(
    ("series", "sql", "dimensions", "statistic"),
    [
        (3_000, f"SELECT {WIDE}, seq AS Orders FROM {{numbers}} ORDER BY seq", 29, "value"),
        (3_000, f"SELECT {SHORT_THEN_WIDE}, seq AS Orders FROM {{numbers}} ORDER BY seq", 29, "value"),
        (60_000, ONE_LONG, 1, "distribution"),
    ],
    ids=["many long dimensions", "many that are short at first", "distributions with a long dimension"],
)
def test_long_names_stay_within_the_functions_memory(
    processes: Processes, series: int, sql: str, dimensions: int, statistic: str
) -> None:
    kilobytes = processes.peak(series, sql, dimensions, statistic=statistic)
    assert kilobytes < 0.75 * MEMORY * 1024, f"{kilobytes} kB"
