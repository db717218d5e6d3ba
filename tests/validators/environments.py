"""An environment for each validator below .build/validators, since their requirements exclude each other's."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sidestep import paths

FOLDER: Final = paths.ROOT / paths.BUILD / "validators"
HERE: Final = Path(__file__).parent


def python_environment(name: str) -> Path:
    """Return the folder with the programs of requirements/`name`.txt; install them if the file changed."""
    requirements = HERE / "requirements" / f"{name}.txt"
    environment = FOLDER / name
    if not _is_installed(requirements, environment):
        variables = os.environ | {"VIRTUAL_ENV": str(environment)}
        _run(["uv", "venv", "--quiet", "--clear", str(environment)], variables)
        # The file is complete; it leaves out what only the CDK would need of cdk-preflight.
        install = ["uv", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--requirement"]
        _run([*install, str(requirements)], variables)
        shutil.copy(requirements, _record(environment))
    return environment / "bin"


def node_environment(name: str) -> Path:
    """Return the folder with the packages of `name`/package-lock.json; install them if the file changed."""
    lock = HERE / name / "package-lock.json"
    environment = FOLDER / name
    if not _is_installed(lock, environment):
        shutil.rmtree(environment, ignore_errors=True)
        environment.mkdir(parents=True)
        for file in (lock, lock.with_name("package.json")):
            shutil.copy(file, environment)
        _run(["npm", "ci", "--silent", "--ignore-scripts", "--prefix", str(environment)], os.environ)
        shutil.copy(lock, _record(environment))
    return environment / "node_modules"


def _record(environment: Path) -> Path:
    """Return the copy of the requirements that are installed, which exists after a complete installation only."""
    return environment / "installed"


def _is_installed(requirements: Path, environment: Path) -> bool:
    record = _record(environment)
    return record.exists() and record.read_bytes() == requirements.read_bytes()


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    subprocess.run(command, env=environment, check=True)
