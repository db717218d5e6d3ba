"""One run against a real server over TLS, all pages counted, for more and more series."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import trustme

from benchmarks.bundles import built
from benchmarks.cloudwatch import running_cloudwatch
from benchmarks.databases import PASSWORD, Database
from benchmarks.exporter import running_exporter
from benchmarks.names import BARE, EXPORTER, LOOP, SIDESTEP, USUAL
from benchmarks.processes import Measurement, alternately, run_program

SIZES: Final = {1: 15, 100: 15, 1_000: 15, 10_000: 7, 100_000: 5}
"""How many series, and how often each is measured."""

PROGRAMS: Final = {SIDESTEP: "sidestep_run", BARE: "bare_run", LOOP: "loop_run", USUAL: "usual_run"}
"""Modules of benchmarks.programs."""


def measure(database: Database, sizes: Mapping[int, int] = SIZES) -> dict[int, dict[str, Measurement]]:
    """Measure each size, one after the other."""
    with running(database) as environment:
        return {series: _measure(database, series, times, environment) for series, times in sizes.items()}


@contextmanager
def running(database: Database) -> Iterator[Mapping[str, str]]:
    """Run what the programs talk to, and yield how they find it in their environment."""
    authority = trustme.CA()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="sidestep-benchmark-")))
        certificates = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(certificates))
        server = stack.enter_context(database.running(authority.issue_cert("localhost")))
        yield {
            **database.environment,
            "DATABASE_HOST": "localhost",
            "DATABASE_PORT": str(server.port),
            "DATABASE_CERTIFICATES": str(certificates),
            "PASSWORD": PASSWORD,
            "CLOUDWATCH_URL": stack.enter_context(running_cloudwatch()),
            "TMPDIR": str(folder),
        }


def _measure(database: Database, series: int, times: int, environment: Mapping[str, str]) -> dict[str, Measurement]:
    with built(database, series) as path, running_exporter(database, series, environment) as scrape:
        program = partial(run_program, path=path, environment={**environment, "SQL": database.sql(series)})
        things = {name: partial(program, f"benchmarks.programs.{module}") for name, module in PROGRAMS.items()}
        measured = alternately({**things, EXPORTER: scrape}, times=times)
    for name, measurement in measured.items():
        if {sample.series for sample in measurement.samples} != {series}:
            raise RuntimeError(f"{database.engine.title}: {name} did not have {series} series")
    return measured
