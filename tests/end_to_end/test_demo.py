"""`sidestep demo`, as a user starts it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidestep import project

PROGRAM = Path(sys.executable).with_name("sidestep")
DEADLINE = 120

HOSTILE_SHELL = {
    "AWS_ACCESS_KEY_ID": "AKIAPRODUCTION",
    "AWS_SECRET_ACCESS_KEY": "the production secret",
    "AWS_PROFILE": "a profile that does not exist",
    "AWS_ENDPOINT_URL": "http://192.0.2.1:1",
    "AWS_REGION": "mars-north-1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
}
"""Whatever of this was read would stop the demonstration: the addresses lead nowhere."""


def start(folder: Path, *options: str, encoding: str = "utf-8") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [PROGRAM, "demo", *options],
        cwd=project.ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "COLUMNS": "100",
            "PYTHONIOENCODING": encoding,
            **HOSTILE_SHELL,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a short name, for everything temporary; tools fill it with their caches."""
    with tempfile.TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(("sidestep", "mariadb"))]


def processes_of(session: int) -> list[str]:
    listing = subprocess.run(["ps", "-A", "-o", "sess=,stat=,command="], capture_output=True, text=True, check=True)  # noqa: S607
    lines = (line.split(maxsplit=2) for line in listing.stdout.splitlines())
    return [command for sess, stat, command in lines if sess == str(session) and not stat.startswith("Z")]


def test_it_shows_runs_metrics_and_costs_and_ends_well(folder: Path) -> None:
    # When
    demo = start(folder)
    output, errors = demo.communicate(timeout=DEADLINE)

    # Then
    assert demo.returncode == 0, output + errors
    assert errors == ""
    lines = output.splitlines()
    assert sum("SUCCEEDED" in line for line in lines) == 11
    (failed,) = [line for line in lines if "FAILED" in line]
    assert "sessions_by_plan: the database answered: 1054 Unknown column 'plan'" in failed
    assert any("● QueryDatabase" in line for line in lines)
    assert any("FailedQueries" in line for line in lines)
    assert any(
        "45 values in CloudWatch: what the database said, and the broken query's failure" in line for line in lines
    )
    assert any(line.split()[:2] == ["NAT", "gateway"] and line.split()[-1] == "32.40" for line in lines)

    # And nothing is left
    assert left_in(folder) == []
    assert processes_of(demo.pid) == []


@pytest.mark.parametrize(
    ("how", "moment"),
    [
        (signal.SIGINT, "local cloud"),
        (signal.SIGINT, "SUCCEEDED"),
        (signal.SIGTERM, "SUCCEEDED"),
        (signal.SIGHUP, "local cloud"),
    ],
)
def test_an_interrupt_leaves_nothing_behind(folder: Path, how: signal.Signals, moment: str) -> None:
    # Given a demonstration that synthesizes, or that is in the middle of its runs
    demo = start(folder, "--pace", "60", encoding="ascii")  # which lacks the characters that are drawn with
    assert demo.stdout is not None
    next(line for line in demo.stdout if moment in line)

    # When: as a terminal does, to all processes of the group
    os.killpg(demo.pid, how)
    _, errors = demo.communicate(timeout=DEADLINE)

    # Then
    assert demo.returncode == 130
    assert "Traceback" not in errors
    assert left_in(folder) == []
    deadline = time.monotonic() + DEADLINE
    while processes_of(demo.pid):
        assert time.monotonic() < deadline, processes_of(demo.pid)
        time.sleep(0.05)
