"""A long result takes hardly more memory than a short one."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from sidestep import paths
from sidestep.infrastructure.vpc_function import MEMORY
from sidestep.lambdas.query_database.endpoint import Endpoint
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
        """Return the peak memory, in kB, of a process that publishes this number of series."""
        query = self.query("orders", series, sql, dimensions, {"Orders": metric})
        outcome = self.run(query)
        assert (outcome["values"], outcome["failed"]) == (series, [])
        return int(outcome["kilobytes"])

    def query(
        self, name: str, series: int, sql: str, dimensions: int, metrics: Mapping[str, Mapping[str, str]]
    ) -> dict[str, object]:
        """Return a query as in the bundle; {numbers} in its SQL is replaced by one row per series."""
        return {
            "name": name,
            "sql": sql.format(numbers=self.server.numbers(series)),
            "dimensions": [f"D{number}" for number in range(dimensions)],
            "timeout": 60,
            "max_series": 10**6,
            "on_null": "skip",
            "on_empty": "skip",
            "metrics": {metric: {"unit": "Count", "resolution": 60, **keys} for metric, keys in metrics.items()},
        }

    def run(self, *queries: dict[str, object]) -> dict[str, Any]:
        """Run the queries in a process and return its output."""
        folder = Path(mkdtemp(dir=self.folder))
        listing = folder / "queries.json"
        listing.write_text(json.dumps(queries))
        result = subprocess.run(
            [sys.executable, str(PROGRAM), str(listing), PASSWORD],
            capture_output=True,
            text=True,
            check=True,
            env={
                "PYTHONPATH": str(paths.LAMBDAS),
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
        outcome: dict[str, Any] = json.loads(result.stderr)
        return outcome


@pytest.fixture
def processes(endpoint: Endpoint, server: DatabaseServer, tmp_path: Path) -> Processes:
    return Processes(endpoint, server, tmp_path)


def test_50_000_series_need_little_more_memory_than_1_000(processes: Processes) -> None:
    # Given
    short = processes.peak(1_000)

    # When
    long = processes.peak(50_000)

    # Then
    assert long <= 1.3 * short, f"{long} kB for 50,000 series, {short} kB for 1,000"


@pytest.mark.parametrize(
    ("series", "sql", "dimensions", "statistic"),
    [
        (3_000, f"SELECT {WIDE}, seq AS Orders FROM {{numbers}} ORDER BY seq", 29, "value"),
        (3_000, f"SELECT {SHORT_THEN_WIDE}, seq AS Orders FROM {{numbers}} ORDER BY seq", 29, "value"),
        (30_000, ONE_LONG, 1, "distribution"),
    ],
    ids=["many long dimensions", "many that are short at first", "distributions with a long dimension"],
)
def test_long_names_stay_within_the_functions_memory(
    processes: Processes, series: int, sql: str, dimensions: int, statistic: str
) -> None:
    kilobytes = processes.peak(series, sql, dimensions, statistic=statistic)
    assert kilobytes < 0.75 * MEMORY * 1024, f"{kilobytes} kB"


LONG = "SELECT CONCAT(seq, REPEAT('x', {length})) AS D0, seq AS Orders FROM {{numbers}}"

HOSTILE = {
    "100 rows of 1 MB": (LONG.format(length=1_000_000), 100),
    "a cell of 15 MB": (LONG.format(length=15_000_000), 1),
    "short rows, then long ones": (LONG.format(length="CASE WHEN seq > 1100 THEN 150000 ELSE 0 END"), 2000),
}
"""SQL and rows of results that do not fit into the function's memory."""


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_result_that_would_fill_the_memory_fails_by_name(processes: Processes, kind: str) -> None:
    # Given
    sql, rows = HOSTILE[kind]
    hostile = processes.query("hostile", rows, sql, 1, {"Orders": {}})
    good = processes.query("good", 3, "SELECT COUNT(*) AS Orders FROM {numbers}", 0, {"Orders": {}})

    # When
    outcome = processes.run(hostile, good)

    # Then the other query is published
    assert (outcome["failed"], outcome["values"]) == (["hostile"], 1)
    assert outcome["kilobytes"] < 0.75 * MEMORY * 1024


def test_many_metrics_of_many_long_dimensions_stay_within_the_functions_memory(processes: Processes) -> None:
    # Given rows each of which becomes 40 datums of 26 kB
    metrics = [f"M{number}" for number in range(40)]
    columns = ", ".join(f"seq AS {name}" for name in metrics)
    query = processes.query(
        "wide", 120, f"SELECT {WIDE}, {columns} FROM {{numbers}}", 29, {name: {} for name in metrics}
    )

    # When
    outcome = processes.run(query)

    # Then
    assert (outcome["failed"], outcome["values"]) == ([], 4800)
    assert outcome["kilobytes"] < 0.75 * MEMORY * 1024


def test_distributions_of_long_names_stay_within_the_functions_memory(processes: Processes) -> None:
    # Given more series than may be open at once
    sql = f"SELECT {WIDE}, seq AS Orders FROM {{numbers}}"
    query = processes.query("latency", 3000, sql, 29, {"Orders": {"statistic": "distribution"}})

    # When
    outcome = processes.run(query)

    # Then
    assert (outcome["failed"], outcome["values"]) == ([], 3000)
    assert outcome["kilobytes"] < 0.75 * MEMORY * 1024
