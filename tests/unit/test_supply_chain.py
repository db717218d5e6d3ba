"""What is installed is what was looked at: every package by its hash, and no package's script is run."""

import json
import re
from pathlib import Path

import pytest

from sidestep import project

OURS = project.ROOT / "requirements.txt"
DEPLOYED = project.LAMBDAS / "engines" / "mysql" / "requirements.txt"


@pytest.mark.parametrize("file", [OURS, DEPLOYED], ids=["ours", "deployed"])
def test_every_python_package_has_a_version_and_a_hash(file: Path) -> None:
    # Given a line that begins with each package, its hashes behind it
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    packages = re.split(r"\n(?=\S)", "\n".join(lines))

    # Then
    assert [one for one in packages if not re.match(r"[\w.\[\]-]+==[\w.]+ .*--hash=sha256:", one, re.DOTALL)] == []


def test_one_library_is_deployed() -> None:
    assert re.findall(r"^(\w+)==", DEPLOYED.read_text(encoding="utf-8"), re.MULTILINE) == ["pymysql"]


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
