"""The function's bundle, and the folder with the libraries of Lambda's runtime."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.databases import Database
from sidestep import paths
from sidestep.bundle.build import bundle_query_database
from sidestep.config.loader import load_settings
from sidestep.local.lambda_runtime import RUNTIME_LIBRARIES, link_libraries


@contextmanager
def built(database: Database, series: int) -> Iterator[tuple[Path, Path]]:
    """Build the bundle for a query that returns `series` series, and yield where its modules are found."""
    with TemporaryDirectory(prefix="sidestep-benchmark-") as name:
        folder = Path(name)
        file = folder / "metrics.toml"
        file.write_text(database.metrics(series), encoding="utf-8")
        settings = load_settings(file)
        bundle = bundle_query_database(
            engine=database.engine,
            queries=settings.queries,
            schedules=settings.schedules,
            build=paths.ROOT / ".build",
        )
        # A copy, because an earlier import may have left compiled modules.
        copy = shutil.copytree(bundle, folder / "bundle", ignore=shutil.ignore_patterns("__pycache__"))
        yield copy, link_libraries(RUNTIME_LIBRARIES, folder / "runtime")
