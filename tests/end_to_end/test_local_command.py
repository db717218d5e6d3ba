"""`sidestep local` as a process: how it ends, and its port."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sidestep import paths
from tests.end_to_end.programs import DEADLINE, left_in, start, wait_for_the_end_of
from tests.end_to_end.shell import lines_to_paste

if TYPE_CHECKING:
    import subprocess

READING = f"reading {paths.ROOT / 'metrics.toml'}\n"
"""What `sidestep local` prints to stderr."""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_local_cloud_leaves_nothing_behind(
    local: "subprocess.Popen[str]", folder: Path, how: signal.Signals
) -> None:
    # Given
    lines_to_paste(local)
    assert left_in(folder) != []

    # When: as a terminal does, to all processes of the group
    os.killpg(local.pid, how)
    _, errors = local.communicate(timeout=DEADLINE)

    # Then
    assert local.returncode == 130
    assert errors == READING
    assert left_in(folder) == []
    wait_for_the_end_of(local.pid)


def test_a_port_can_be_chosen_but_not_twice(local: "subprocess.Popen[str]", folder: Path) -> None:
    # Given
    port = lines_to_paste(local).partition("http://localhost:")[2].splitlines()[0]

    # When
    second = start(folder, "local", "--port", port)
    output, errors = second.communicate(timeout=DEADLINE)

    # Then
    assert second.returncode == 1
    assert output == ""
    assert port in errors
    assert "Traceback" not in errors
