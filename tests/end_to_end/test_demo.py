"""Interrupts of `sidestep demo`. test_package.py runs it to the end, and `make demo` in the checkout."""

import os
import signal
from pathlib import Path

import pytest

from sidestep.bundle.build import bundle_prepare_database
from sidestep.config.engines import MYSQL
from tests.end_to_end.programs import DEADLINE, left_in, start, wait_for_the_end_of

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder outside the checkout, with the driver, because the demo cannot download it here."""
    folder = tmp_path_factory.mktemp("elsewhere")
    bundle_prepare_database(engine=MYSQL, build=folder / ".build")
    return folder


@pytest.mark.parametrize(
    ("how", "moment"),
    [
        (signal.SIGINT, "SUCCEEDED"),
        (signal.SIGHUP, "local cloud"),
    ],
)
def test_an_interrupt_leaves_nothing_behind(folder: Path, elsewhere: Path, how: signal.Signals, moment: str) -> None:
    # Given a demo that synthesizes or runs, with an encoding that lacks its line-drawing characters
    demo = start(folder, "demo", "--pace", "60", encoding="ascii", cwd=elsewhere)
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
