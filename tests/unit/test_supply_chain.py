"""What is installed is what was looked at: every package by its hash, and no package's script is run."""

import json
import re
from pathlib import Path

import pytest

from sidestep import project
from sidestep.engines import ENGINES

OURS = project.ROOT / "requirements.txt"
AWS_CLI = project.ROOT / "tests" / "end_to_end" / "awscli.txt"
DEPLOYED = {engine: project.LAMBDAS / "engines" / engine / "requirements.txt" for engine in ENGINES}

LIBRARIES = {"mysql": ["pymysql"], "postgres": ["asn1crypto", "pg8000", "scramp"]}
"""The drivers, and what they need beside what botocore has in Lambda's runtime."""


@pytest.mark.parametrize("file", [OURS, AWS_CLI, *DEPLOYED.values()], ids=["ours", "aws-cli", *DEPLOYED])
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
    ours = set(re.findall(r"^[\w-]+==\S+", OURS.read_text(encoding="utf-8"), re.MULTILINE))

    # Then
    for file in DEPLOYED.values():
        assert set(re.findall(r"^[\w-]+==\S+", file.read_text(encoding="utf-8"), re.MULTILINE)) <= ours


def test_every_node_package_has_a_version_and_a_hash() -> None:
    # Given
    packages = json.loads((project.ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    # When
    ours = packages.pop("")

    # Then
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
    assert [version for version in ours["devDependencies"].values() if not re.fullmatch(r"[\d.]+", version)] == []


def test_hashes_are_asked_for_and_scripts_are_not_run() -> None:
    # Given
    makefile = (project.ROOT / "Makefile").read_text(encoding="utf-8")

    # Then
    assert "uv pip sync --quiet --compile-bytecode --require-hashes requirements.txt" in makefile
    assert "npm ci " in makefile
    assert "ignore-scripts=true" in (project.ROOT / ".npmrc").read_text(encoding="utf-8").splitlines()
