"""Builds a function's bundle, without Docker: its sources, its pinned driver, the queries it may ask."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sidestep import project
from sidestep.settings import Query

PYTHON_VERSION: Final = "3.13"
"""Of Lambda's runtime."""

PLATFORM: Final = "manylinux2014_aarch64"
"""Of Lambda's arm64 runtime, as pip names it."""


class BundlingError(Exception):
    """A function's dependencies could not be installed."""


def bundle_query_database(*, queries: Sequence[Query], build: Path) -> Path:
    """Build the bundle of lambdas/query_database below the folder `build` and return its folder.

    The same sources and queries give the same bytes, so an unchanged function is not deployed again.

    Raises:
        BundlingError: pip failed; the message is pip's.
    """
    source = project.LAMBDAS / "query_database"
    listing = json.dumps([_deployed(query) for query in queries], indent=1)
    bundle = build / f"query_database-{hashlib.sha256(listing.encode()).hexdigest()[:16]}"
    shutil.rmtree(bundle, ignore_errors=True)
    shutil.copytree(_dependencies(source / "requirements.txt", build), bundle)
    shutil.copytree(source, bundle / source.name, ignore=shutil.ignore_patterns("__pycache__", "requirements.txt"))
    (bundle / source.name / "queries.json").write_text(listing, encoding="utf-8")
    return bundle


def _deployed(query: Query) -> dict[str, object]:
    """Return what the function has to know; when it runs and what rings is not its business."""
    unknown = dict.fromkeys(("database", "schedule", "timezone", "alarm_on_empty"), True)
    return query.model_dump(mode="json", exclude={**unknown, "metrics": {"__all__": {"alarm"}}})


def _dependencies(requirements: Path, build: Path) -> Path:
    """Install the pinned wheels once per content of the requirements file."""
    key = hashlib.sha256(requirements.read_bytes() + f"{PYTHON_VERSION} {PLATFORM}".encode()).hexdigest()[:16]
    target = build / f"dependencies-{key}"
    if not target.exists():
        unfinished = target.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _pip_install(requirements, unfinished)
        unfinished.rename(target)
    return target


def _pip_install(requirements: Path, target: Path) -> None:
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--platform", PLATFORM, "--python-version", PYTHON_VERSION, "--implementation", "cp"),
        *("--target", str(target), "--requirement", str(requirements)),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BundlingError(f"{requirements}: pip could not install it:\n{result.stderr.strip()}")
