"""One run against a real MariaDB over TLS, all pages counted, for more and more series."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import trustme

from benchmarks import exporter
from benchmarks.bundles import built
from benchmarks.cloudwatch import running_cloudwatch
from benchmarks.names import BARE, EXPORTER, LOOP, SIDESTEP, USUAL
from benchmarks.processes import Measurement, Sample, alternately, run_program
from tests.database.mariadb import MariaDb, running_mariadb

SIZES: Final = {1: 15, 100: 15, 1_000: 15, 10_000: 7, 100_000: 5}
"""How many series, and how often each is measured."""

PASSWORD: Final = "stands-in-for-a-token"  # noqa: S105 - of a server that lives for a minute

SQL: Final = "SELECT CONCAT('customer-', seq) AS Customer, seq AS Orders FROM seq_1_to_{series} ORDER BY seq"

METRICS: Final = """
namespace = "Benchmark"
schedule = "rate(1 hour)"
[database.shop]
sample = true
[[query]]
name = "orders"
sql = "{sql}"
dimensions = ["Customer"]
timeout = 60
max_series = {series}
metrics = {{ Orders = {{ unit = "Count" }} }}
"""


def measure() -> dict[int, dict[str, Measurement]]:
    """Measure each size, one after the other."""
    authority = trustme.CA()
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory(prefix="sidestep-benchmark-")))
        certificates = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(certificates))
        server = running.enter_context(running_mariadb(authority.issue_cert("localhost")))
        _prepare(server)
        environment = {
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "DATABASE_HOST": "localhost",
            "DATABASE_PORT": str(server.port),
            "DATABASE_USER": "sidestep",
            "DATABASE_ENGINE": "mysql",
            "DATABASE_NAME": "shop",
            "DATABASE_SCHEMA": "shop",
            "DATABASE_CERTIFICATES": str(certificates),
            "PASSWORD": PASSWORD,
            "CLOUDWATCH_URL": running.enter_context(running_cloudwatch()),
            "TMPDIR": str(folder),
        }
        return {series: _measure(series, times, environment, folder) for series, times in SIZES.items()}


def _measure(series: int, times: int, environment: Mapping[str, str], folder: Path) -> dict[str, Measurement]:
    sql = SQL.format(series=series)
    with ExitStack() as running:
        path = running.enter_context(built(METRICS.format(sql=sql, series=series)))
        scrape = running.enter_context(
            exporter.running_exporter(
                sql,
                port=int(environment["DATABASE_PORT"]),
                password=PASSWORD,
                certificates=Path(environment["DATABASE_CERTIFICATES"]),
                folder=folder,
            )
        )
        program = partial(run_program, path=path, environment={**environment, "SQL": sql})
        things: dict[str, Callable[[], Sample]] = {
            SIDESTEP: partial(program, "benchmarks.programs.sidestep_run"),
            BARE: partial(program, "benchmarks.programs.bare_run"),
            LOOP: partial(program, "benchmarks.programs.loop_run"),
            USUAL: partial(program, "benchmarks.programs.usual_run"),
            EXPORTER: scrape,
        }
        measured = alternately(things, times=times)
    for name, measurement in measured.items():
        if {sample.series for sample in measurement.samples} != {series}:
            raise RuntimeError(f"{name} did not have {series} series")
    return measured


def _prepare(server: MariaDb) -> None:
    server.execute("CREATE DATABASE shop")
    server.execute("CREATE USER sidestep IDENTIFIED BY %s", [PASSWORD])
    server.execute("GRANT SELECT ON shop.* TO sidestep")
