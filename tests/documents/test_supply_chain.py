"""Every installed package has a pinned hash, and no package's script runs."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.config.engines import ENGINES

OURS = {name: paths.ROOT / name for name in ("requirements.txt", "requirements-dev.txt")}
AWS_CLI = paths.ROOT / "tests" / "end_to_end" / "awscli.txt"
MINISTACK = paths.ROOT / "tests" / "acceptance" / "ministack.txt"
DEPLOYED = {engine: paths.LAMBDAS / "engines" / engine / "requirements.txt" for engine in ENGINES}

LIBRARIES = {"mysql": ["pymysql"], "postgres": ["asn1crypto", "pg8000", "scramp"]}
"""The drivers and their dependencies, except those in Lambda's runtime."""


def imported_by(source: Path) -> Iterator[str]:
    """Yield the full names of all imports of a module, except relative ones."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def pins(file: Path) -> set[str]:
    return set(re.findall(r"^[\w-]+==[\w.]+", file.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    "file",
    [*OURS.values(), AWS_CLI, MINISTACK, *DEPLOYED.values()],
    ids=[*OURS, "aws-cli", "ministack", *DEPLOYED],
)
def test_every_python_package_has_a_version_and_a_hash(file: Path) -> None:
    # Given a line that begins with each package, its hashes behind it
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    packages = re.split(r"\n(?=\S)", "\n".join(lines))

    # Then
    assert [one for one in packages if not re.match(r"[\w.\[\]-]+==[\w.]+ .*--hash=sha256:", one, re.DOTALL)] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_driver_and_what_it_needs_are_deployed(engine: str) -> None:
    text = DEPLOYED[engine].read_text(encoding="utf-8")
    assert re.findall(r"^([\w-]+)==", text, re.MULTILINE) == LIBRARIES[engine]


def test_the_drivers_are_tested_at_the_versions_that_are_deployed() -> None:
    # Given
    ours = pins(OURS["requirements.txt"])

    # Then
    for file in DEPLOYED.values():
        assert pins(file) <= ours


def test_what_only_development_needs_is_installed_for_it_only() -> None:
    # Given
    content = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    development = {re.split(r"[\[<>=;]", one)[0] for one in content["project"]["optional-dependencies"]["dev"]}

    # When
    runtime, further = ({pin.partition("==")[0] for pin in pins(file)} for file in OURS.values())

    # Then
    assert development <= further
    assert runtime.isdisjoint(further)


def test_what_the_program_imports_is_installed_without_development() -> None:
    # Given the packages of each module
    packages = packages_distributions()
    runtime = {pin.partition("==")[0] for pin in pins(OURS["requirements.txt"])}

    # When
    sources = [paths.ROOT / "app.py", *(paths.ROOT / "sidestep").rglob("*.py")]
    modules = {name.partition(".")[0] for source in sources for name in imported_by(source)} & packages.keys()

    # Then those of mypy-boto3 are for types only
    missing = [
        module
        for module in modules
        if not {name.lower().replace("_", "-") for name in packages[module]} & {*runtime, "sidestep"}
    ]
    assert [module for module in missing if not module.startswith("mypy_boto3_")] == []


def test_every_node_package_has_a_version_and_a_hash() -> None:
    # Given
    packages = json.loads((paths.ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    # When
    ours = packages.pop("")

    # Then
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
    versions = (ours["dependencies"] | ours["devDependencies"]).values()
    assert [version for version in versions if not re.fullmatch(r"[\d.]+", version)] == []


def test_hashes_are_asked_for_and_scripts_are_not_run() -> None:
    # Given
    makefile = (paths.ROOT / "Makefile").read_text(encoding="utf-8")

    # Then
    installs = [line for line in makefile.splitlines() if re.search(r"uv pip (sync|install) .*requirements", line)]
    assert len(installs) == 2
    assert all(" --require-hashes " in line for line in installs)
    assert "npm ci " in makefile
    assert "ignore-scripts=true" in (paths.ROOT / ".npmrc").read_text(encoding="utf-8").splitlines()
