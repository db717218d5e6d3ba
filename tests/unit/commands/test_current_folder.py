"""Each command reads the metrics.toml of the current folder, and prints its path."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.command import completed
from tests.unit.metrics_files import GOOD, write

if TYPE_CHECKING:
    import subprocess

pytestmark = pytest.mark.slow


OWN = GOOD.replace("[database.shop]", "[database.stock]")
"""A file with another database than the shipped one."""

COMMANDS = [
    (["check"], 0),
    (["check", "--json"], 0),
    (["cost"], 0),
    (["cost", "--json"], 0),
    (["prepare", "stock", "--print"], 0),
    (["run", "stock"], 1),  # the shell has no region
    (["watch", "stock", "--once"], 1),
]
"""Commands, with the exit code that only a file with this database causes."""


def sidestep(folder: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "400", **variables}
    return completed(words, env=environment, cwd=folder)


@pytest.mark.parametrize(("words", "code"), COMMANDS)
def test_a_command_reads_the_file_of_the_folder_and_names_it(tmp_path: Path, words: list[str], code: int) -> None:
    # Given
    path = write(tmp_path, OWN)

    # When
    done = sidestep(tmp_path, *words)

    # Then
    assert done.returncode == code, done.stderr
    assert str(path) in (json.loads(done.stdout)["file"] if "--json" in words else done.stdout + done.stderr)


@pytest.mark.parametrize("command", ["check", "prepare"])
def test_a_folder_without_a_file_is_no_reason_to_read_another(tmp_path: Path, command: str) -> None:
    # When
    done = sidestep(tmp_path, command, *(["shop"] if command == "prepare" else []))

    # Then
    assert (done.returncode, done.stdout) == (2, "")
    assert "metrics.toml: does not exist" in done.stderr


def test_an_error_names_the_given_path(tmp_path: Path) -> None:
    # Given
    (tmp_path / "shops").mkdir()
    write(tmp_path / "shops", OWN.replace("rate(5 minutes)", "sometimes"))

    # When
    done = sidestep(tmp_path, "check", "--file", "shops/metrics.toml")

    # Then
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("shops/metrics.toml: schedule: ")


def test_a_shell_completes_the_names_of_the_folders_file(tmp_path: Path) -> None:
    # Given
    write(tmp_path, OWN)

    # When
    done = sidestep(tmp_path, _SIDESTEP_COMPLETE="complete_bash", COMP_WORDS="sidestep watch ", COMP_CWORD="2")

    # Then
    assert done.stdout.split() == ["stock"]
