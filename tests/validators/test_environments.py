"""The environments of the validators: packages with the recorded hashes only, installed again when they change."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.validators import environments
from tests.validators.environments import node_environment, python_environment


class Installer:
    """Records the commands instead of running them."""

    def __init__(self) -> None:
        self.commands: list[Sequence[str]] = []
        self.fails = False

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self.commands.append(command)
        if self.fails:
            raise OSError("no network")
        if "venv" in command:
            Path(variables["VIRTUAL_ENV"]).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the requirements of a validator `judge`, in Python."""
    monkeypatch.setattr(environments, "HERE", tmp_path)
    monkeypatch.setattr(environments, "FOLDER", tmp_path / "installed")
    file = tmp_path / "requirements" / "judge.txt"
    file.parent.mkdir()
    file.write_text("judge==1.0 --hash=sha256:00", encoding="utf-8")
    return file


@pytest.fixture
def installer(monkeypatch: pytest.MonkeyPatch) -> Installer:
    installer = Installer()
    monkeypatch.setattr(environments, "_run", installer.run)
    return installer


def test_python_packages_are_installed_by_their_hashes(requirements: Path, installer: Installer) -> None:
    # When
    python_environment("judge")

    # Then
    (_venv, install) = installer.commands
    assert {"--require-hashes", "--no-deps", str(requirements)} <= set(install)


def test_an_environment_is_installed_once(requirements: Path, installer: Installer) -> None:
    # Given
    first = python_environment(requirements.stem)
    installer.commands.clear()

    # When / Then
    assert python_environment(requirements.stem) == first
    assert installer.commands == []


def test_other_requirements_are_installed_again(requirements: Path, installer: Installer) -> None:
    # Given
    python_environment("judge")
    installer.commands.clear()

    # When
    requirements.write_text("judge==1.1 --hash=sha256:01", encoding="utf-8")
    python_environment("judge")

    # Then
    assert len(installer.commands) == 2


def test_a_failed_installation_is_repeated(requirements: Path, installer: Installer) -> None:
    # Given
    installer.fails = True
    with pytest.raises(OSError, match="network"):
        python_environment(requirements.stem)

    # When
    installer.fails = False
    python_environment(requirements.stem)

    # Then
    assert installer.commands[-1][-1] == str(requirements)


def test_node_packages_are_those_of_the_lock_without_their_scripts(requirements: Path, installer: Installer) -> None:
    # Given
    folder = requirements.parents[1] / "service"
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        (folder / name).write_text("{}", encoding="utf-8")

    # When
    packages = node_environment("service")

    # Then
    (command,) = installer.commands
    assert command[:2] == ["npm", "ci"]
    assert "--ignore-scripts" in command
    assert (packages.parent / "package-lock.json").exists()
