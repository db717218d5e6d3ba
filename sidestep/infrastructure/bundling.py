"""Builds the functions' bundles, without Docker: sources, the pinned driver, the queries that may be asked."""

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

SHARED: Final = "mysql_tls"
"""The package that is part of every bundle; its requirements are those of all functions."""


class BundlingError(Exception):
    """A function's dependencies could not be installed."""


def bundle_query_database(*, queries: Sequence[Query], build: Path) -> Path:
    """Build the bundle of lambdas/query_database below the folder `build` and return its folder.

    The same sources and queries give the same bytes, so an unchanged function is not deployed again.

    Raises:
        BundlingError: pip failed; the message is pip's.
    """
    listing = json.dumps([_deployed(query) for query in queries], indent=1)
    name = f"query_database-{hashlib.sha256(listing.encode()).hexdigest()[:16]}"
    bundle = _bundle("query_database", build / name, build)
    (bundle / "query_database" / "queries.json").write_text(listing, encoding="utf-8")
    return bundle


def bundle_prepare_database(*, build: Path) -> Path:
    """Build the bundle of lambdas/prepare_database below the folder `build` and return its folder.

    Raises:
        BundlingError: pip failed; the message is pip's.
    """
    return _bundle("prepare_database", build / "prepare_database", build)


def _bundle(function: str, bundle: Path, build: Path) -> Path:
    """Lay a function's sources, the shared way to the database and the driver into the folder `bundle`, anew."""
    shutil.rmtree(bundle, ignore_errors=True)
    shutil.copytree(_dependencies(project.LAMBDAS / SHARED / "requirements.txt", build), bundle)
    not_deployed = shutil.ignore_patterns("__pycache__", "requirements.txt")
    for package in (function, SHARED):
        shutil.copytree(project.LAMBDAS / package, bundle / package, ignore=not_deployed)
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
