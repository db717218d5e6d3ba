"""Debian's prometheus-sql-exporter, which keeps its connection open and queries when it is scraped."""

import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.databases import Database
from benchmarks.processes import Sample
from sidestep import paths
from tests.database.ports import free_port

PROGRAM: Final = paths.ROOT / ".build" / "exporter" / "usr" / "bin" / "prometheus-sql-exporter"
"""Where benchmarks/unpack_exporter.sh puts it."""

START_DEADLINE: Final = 10
"""Seconds; it usually takes a fraction of one."""


@contextmanager
def running_exporter(
    database: Database, series: int, environment: Mapping[str, str]
) -> Iterator[Callable[[], Sample]]:
    """Run it for the length of a `with` block, and yield what scrapes `series` series once.

    Args:
        database: the database to query.
        series: their number.
        environment: the environment of the other programs, which names the server.
    """
    own_port = free_port()
    with TemporaryDirectory(prefix="sidestep-benchmark-") as folder:
        configuration = Path(folder) / "exporter.yml"
        configuration.write_text(_configuration(database, series, environment), encoding="utf-8")
        process = subprocess.Popen(
            [PROGRAM, "-config.file", configuration, "-web.listen-address", f"127.0.0.1:{own_port}"],
            env={"SSL_CERT_FILE": environment["DATABASE_CERTIFICATES"]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{own_port}/metrics"
            _wait(url)
            yield lambda: _scrape(url, process.pid)
        finally:
            process.terminate()
            process.wait()


def _configuration(database: Database, series: int, environment: Mapping[str, str]) -> str:
    connection = database.exporter_url.format(
        port=environment["DATABASE_PORT"], certificates=environment["DATABASE_CERTIFICATES"]
    )
    return f"""\
jobs:
- name: benchmark
  interval: '0s'
  connections: ['{connection}']
  queries:
  - name: orders
    help: orders by customer
    labels: [Customer]
    values: [Orders]
    query: >-
      {database.sql(series)}
"""


def _wait(url: str) -> None:
    deadline = time.monotonic() + START_DEADLINE
    while True:
        try:
            urllib.request.urlopen(url).close()  # noqa: S310 - our own
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _scrape(url: str, process: int) -> Sample:
    started = time.perf_counter()
    with urllib.request.urlopen(url) as answer:  # noqa: S310
        text = answer.read()
    seconds = time.perf_counter() - started
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return Sample(seconds, int(status.partition("VmHWM:")[2].split()[0]), text.count(b"\nsql_orders{"))
