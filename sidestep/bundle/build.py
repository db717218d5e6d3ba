"""Builds the functions' bundles without Docker: sources, the pinned driver, and the deployed queries."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sidestep import paths
from sidestep.bundle.query_files import query_files
from sidestep.config.certificates import RDS_ROOTS
from sidestep.config.engines import ENGINES, Engine
from sidestep.config.schedule import Schedule
from sidestep.config.settings import Query

PYTHON_VERSION: Final = "3.14"
"""Lambda's latest runtime, with the longest support (Lambda developer guide, "Lambda runtimes")."""

PLATFORM: Final = "manylinux2014_aarch64"
"""pip's name for Lambda's arm64 runtime."""

FILE_MODE: Final = 0o644
FOLDER_MODE: Final = 0o755
"""Lambda needs these modes to read the code (developer guide, "Working with .zip file archives for Python").

The zip file of a CDK asset keeps the modes, but its hash ignores them, so they must not depend on the umask.
"""

FUNCTIONS: Final = "lambdas"
"""The package with all functions, at the root of a bundle."""

SHARED: Final = "engines"
"""The package in every bundle. Each bundle has the folder of one engine, with the requirements of its driver."""


class BundlingError(Exception):
    """A function's dependencies cannot be installed, or its bundle cannot be stored."""


def bundle_query_database(
    *,
    engine: Engine,
    queries: Sequence[Query],
    schedules: Mapping[str, Schedule],
    build: Path,
    shared: Collection[str] = (),
    roots: bytes | None = None,
) -> Path:
    """Build the bundle of lambdas/query_database below the folder `build` and return its folder.

    The same sources and queries give the same bytes, so an unchanged function is not deployed again. `roots` is a PEM
    file with RDS's authorities that replaces the shipped one; `schedules` are by the name of the query, and `shared`
    has the names of the queries that run on several databases.

    Raises:
        BundlingError: pip failed, whose message it has, or `build` cannot be created.
    """
    function = "query_database"
    contents = query_files(queries, schedules, engine, shared)
    files = {f"{FUNCTIONS}/{function}/{name}": data for name, data in contents.items()}
    return _bundle(function, engine, build, files | _authorities(roots))


def bundle_prepare_database(*, engine: Engine, build: Path, roots: bytes | None = None) -> Path:
    """Build the bundle of lambdas/prepare_database in the same way, and return its folder.

    Raises:
        BundlingError: pip failed, whose message it has, or `build` cannot be created.
    """
    return _bundle("prepare_database", engine, build, _authorities(roots))


def _authorities(roots: bytes | None) -> dict[str, bytes]:
    return {} if roots is None else {f"{FUNCTIONS}/{SHARED}/{RDS_ROOTS.name}": roots}


def _bundle(function: str, engine: Engine, build: Path, generated: Mapping[str, bytes]) -> Path:
    """Copy a function's sources, its generated files, its engine and the driver into one folder."""
    requirements = paths.LAMBDAS / SHARED / engine.name / "requirements.txt"
    dependencies = _built_once(
        f"dependencies-{_content_hash(requirements)}", build, lambda target: _pip_install(requirements, target)
    )
    package = paths.LAMBDAS / "__init__.py"
    packages = [paths.LAMBDAS / name for name in (function, SHARED)]
    content = engine.name.encode() + b"".join(f"{name}\n".encode() + data for name, data in generated.items())
    others = [name for name in ENGINES if name != engine.name]
    ignored = shutil.ignore_patterns("__pycache__", "requirements.txt", *others)

    def copy_all(bundle: Path) -> None:
        shutil.copytree(dependencies, bundle)
        (bundle / FUNCTIONS).mkdir()
        shutil.copy(package, bundle / FUNCTIONS)
        for folder in packages:
            shutil.copytree(folder, bundle / FUNCTIONS / folder.name, ignore=ignored)
        for name, data in generated.items():
            target = bundle / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)

    return _built_once(f"{function}-{_content_hash(package, *packages, content=content)}", build, copy_all)


def _built_once(name: str, build: Path, make: Callable[[Path], None]) -> Path:
    """Return the folder `name`; create it if it does not exist. Several processes may do so at the same time."""
    target = build / name
    if not target.exists():
        try:
            build.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BundlingError(f"{build}: cannot create the folder of the bundles: {error.strerror}") from None
        with TemporaryDirectory(prefix="unfinished-", dir=build) as folder:
            made = Path(folder) / name
            make(made)
            for path in (made, *made.rglob("*")):
                path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
            try:
                made.rename(target)
            except OSError:
                if not target.exists():  # otherwise another process was faster, with the same content
                    raise
    return target


def _content_hash(*sources: Path, content: bytes = b"") -> str:
    """Return a hash of files, folders and other content, for the name of what is built from them."""
    made_for = f"{PYTHON_VERSION} {PLATFORM} {FILE_MODE:o} {FOLDER_MODE:o}\n"
    digest = hashlib.sha256(made_for.encode() + content)
    for source in sources:
        files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
        for file in files:
            if "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(source.parent)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _pip_install(requirements: Path, target: Path) -> None:
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--platform", PLATFORM, "--python-version", PYTHON_VERSION, "--implementation", "cp"),
        *("--target", str(target), "--requirement", str(requirements)),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BundlingError(
            f"{requirements}: pip cannot install it:\n{result.stderr.strip()}\n"
            "for another index, set PIP_INDEX_URL; without a network, download the files with `pip download` and set "
            "PIP_NO_INDEX=1 and PIP_FIND_LINKS to their folder"
        )
