"""`sidestep demo`, as a user starts it."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests.end_to_end.programs import DEADLINE, left_in, processes_of, start, wait_for_the_end_of


@pytest.fixture
def folder() -> Path:
    """Return a folder with a short name, for everything temporary."""
    return Path(tempfile.mkdtemp(prefix="demo-"))


def test_it_shows_runs_metrics_and_costs_and_ends_well(folder: Path) -> None:
    # When
    demo = start(folder, "demo")
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
    assert any("45 values in CloudWatch, each of them what the database said" in line for line in lines)
    assert any(line.split()[:2] == ["NAT", "gateway"] and line.split()[-1] == "32.40" for line in lines)

    # And nothing is left
    assert left_in(folder) == []
    assert processes_of(demo.pid) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["local cloud", "SUCCEEDED"])
def test_an_interrupt_leaves_nothing_behind(folder: Path, how: signal.Signals, moment: str) -> None:
    # Given a demonstration that synthesizes, or that is in the middle of its runs
    demo = start(folder, "demo", "--pace", "60")
    assert demo.stdout is not None
    next(line for line in demo.stdout if moment in line)

    # When: as a terminal does, to all processes of the group
    os.killpg(demo.pid, how)
    _, errors = demo.communicate(timeout=DEADLINE)

    # Then
    assert demo.returncode == 130
    assert "Traceback" not in errors
    assert left_in(folder) == []
    wait_for_the_end_of(demo.pid)
