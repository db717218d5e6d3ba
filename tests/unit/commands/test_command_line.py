"""The command line itself: its help, what a shell completes, and colours."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.cli import main
from tests.command import completed
from tests.unit.metrics_files import query, write

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("sidestep")
FILE = """
[database.shop]
[database.stock]
[[query]]
name = "orders"
database = "shop"
[[query]]
name = "older"
database = "stock"
[[query]]
name = 7
"""


def sidestep(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "100", **variables}
    return completed(words, env=environment, cwd=paths.ROOT)


def commands() -> list[str]:
    return [command.callback.__name__ for command in main.app.registered_commands if command.callback]


def completions(line: str) -> list[str]:
    """Return what bash offers for the last word of a line."""
    words = line.split(" ")
    done = sidestep(_SIDESTEP_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    assert done.stderr == ""
    return done.stdout.split()


def test_the_help_has_groups_and_a_line_for_each_command() -> None:
    # When
    done = sidestep("--help")

    # Then
    lines = [line.strip("│ ") for line in done.stdout.splitlines()]
    named = [line.split()[0] for line in lines if line and line.split()[0] in commands()]
    assert sorted(named) == sorted(commands())
    assert [group for group in main.GROUPS if group in done.stdout] == list(main.GROUPS)

    # And at 80 characters no description is broken
    narrow = sidestep("--help", COLUMNS="80").stdout
    for command in main.app.registered_commands:
        assert command.callback is not None
        summary = (command.callback.__doc__ or "").splitlines()[0]
        assert summary in narrow


def test_the_queries_of_a_database_are_completed_with_those_on_several(tmp_path: Path) -> None:
    # Given
    databases = "[database.eu]\n[database.us]\n"
    named = {"one": '"eu"', "list": '["eu", "us"]', "all": '"*"', "other": '["us"]', "wrong": "5"}
    file = write(tmp_path, databases + "".join(query(name, f"database = {key}") for name, key in named.items()))

    # When / Then
    assert completions(f"sidestep run eu --file {file} --query ") == ["one", "list", "all"]
    assert completions(f"sidestep run us --file {file} --query ") == ["list", "all", "other"]


@pytest.mark.parametrize("words", [(), ("check",)])
def test_short_help_is_the_help_and_shows_no_value_behind_a_flag(words: tuple[str, ...]) -> None:
    # When
    done = sidestep(*words, "-h")

    # Then
    assert (done.returncode, done.stdout) == (0, sidestep(*words, "--help").stdout)
    assert re.search(r"^│ --help +-h  +Show", done.stdout, re.MULTILINE)
    assert "bool" not in done.stdout


def test_the_version_is_that_of_the_package() -> None:
    # Given
    content = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    # When
    done = sidestep("--version")

    # Then
    assert (done.returncode, done.stdout) == (0, f"sidestep {content['project']['version']}\n")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sidestep wa", ["watch"]),
        ("sidestep watch s", ["shop"]),
        ("sidestep prepare ", ["shop"]),
        ("sidestep run x", []),
        ("sidestep run shop --query a", ["active_sessions"]),
        ("sidestep run shop --query ", ["active_sessions", "sessions_by_plan"]),
    ],
)
def test_a_shell_completes_names_of_the_file(line: str, offered: list[str]) -> None:
    assert completions(line) == offered


def test_queries_are_those_of_the_database(tmp_path: Path) -> None:
    # Given
    (tmp_path / "metrics.toml").write_text(FILE, encoding="utf-8")
    file = f"--file {tmp_path / 'metrics.toml'}"

    # When / Then
    assert completions(f"sidestep watch {file} s") == ["shop", "stock"]
    assert completions(f"sidestep run {file} stock --query o") == ["older"]
    assert completions(f"sidestep run {file} --query o") == ["orders", "older"]


@pytest.mark.parametrize("text", ["[", "database = 3\nquery = 4", "query = [1]\n[database]", "\x00"])
def test_an_invalid_file_completes_nothing(tmp_path: Path, text: str) -> None:
    # Given
    (tmp_path / "metrics.toml").write_text(text, encoding="utf-8")
    file = f"--file {tmp_path / 'metrics.toml'}"

    # When / Then
    assert completions(f"sidestep watch {file} ") == []
    assert completions(f"sidestep run {file} shop --query ") == []


def test_the_completion_can_be_installed(tmp_path: Path) -> None:
    # When it is typed in a bash, which is not replaced by the command
    done = subprocess.run(
        ["/bin/bash", "-c", f"{PROGRAM} --install-completion; exit $?"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert done.returncode == 0, done.stdout + done.stderr
    assert "_SIDESTEP_COMPLETE=complete_bash" in "".join(
        path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.sh")
    )


def test_no_color_reaches_the_help() -> None:
    # Given a shell that wants colours
    wanted = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}

    # When / Then
    assert "36m" in sidestep("watch", "--help", **wanted).stdout
    assert "36m" not in sidestep("--no-color", "watch", "--help", **wanted).stdout
    assert "36m" not in sidestep("--no-color", "--help", **wanted).stdout
    assert "36m" not in sidestep("--help", NO_COLOR="1", **wanted).stdout
