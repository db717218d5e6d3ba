"""A long result takes hardly more memory than a short one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from query_database.endpoint import Endpoint
from sidestep import project
from sidestep.infrastructure.vpc_function import MEMORY
from tests.database.conftest import PASSWORD

PROGRAM = Path(__file__).with_name("one_run.py")


NARROW = "SELECT CONCAT('customer-', seq) AS D0, seq AS Orders FROM seq_1_to_{series} ORDER BY seq"


def peak(endpoint: Endpoint, folder: Path, series: int, sql: str = NARROW, dimensions: int = 1, **metric: str) -> int:
    """Return the peak memory, in kB, of a process that publishes so many series."""
    folder.mkdir()
    query = {
        "name": "orders",
        "sql": sql.format(series=series),
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
            "DATABASE_HOST": endpoint.host,
            "DATABASE_PORT": str(endpoint.port),
            "DATABASE_USER": endpoint.user,
            "DATABASE_ENGINE": endpoint.engine,
            "DATABASE_NAME": endpoint.database,
            "DATABASE_SCHEMA": endpoint.schema,
            "DATABASE_CERTIFICATES": str(endpoint.certificates),
            "AWS_REGION": endpoint.region,
            "AWS_ACCESS_KEY_ID": "unused",
            "AWS_SECRET_ACCESS_KEY": "unused",
        },
    )
    values, kilobytes = map(int, result.stderr.split())
    assert values == series
    return kilobytes


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_100_000_series_take_hardly_more_memory_than_1_000(endpoint: Endpoint, tmp_path: Path) -> None:
    # Given
    short = peak(endpoint, tmp_path / "short", 1_000)

    # When
    long = peak(endpoint, tmp_path / "long", 100_000)

    # Then
    assert long <= 1.3 * short, f"{long} kB for 100,000 series, {short} kB for 1,000"


WIDE = ", ".join(f"CONCAT(seq, REPEAT('x', 900)) AS D{number}" for number in range(29))

ONE_LONG = "SELECT CONCAT(seq, REPEAT('x', 900)) AS D0, seq AS Orders FROM seq_1_to_{series}"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
@pytest.mark.parametrize(
    ("series", "sql", "dimensions", "statistic"),
    [
        (3_000, f"SELECT {WIDE}, seq AS Orders FROM seq_1_to_{{series}} ORDER BY seq", 29, "value"),
        (60_000, ONE_LONG, 1, "distribution"),
    ],
    ids=["many long dimensions", "distributions with a long dimension"],
)
def test_long_names_stay_within_the_functions_memory(
    endpoint: Endpoint, tmp_path: Path, series: int, sql: str, dimensions: int, statistic: str
) -> None:
    kilobytes = peak(endpoint, tmp_path / "long", series, sql, dimensions, statistic=statistic)
    assert kilobytes < 0.75 * MEMORY * 1024
