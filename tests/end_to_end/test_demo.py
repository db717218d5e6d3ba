"""`sidestep demo`, as a user starts it."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from sidestep.bundle.build import bundle_prepare_database
from sidestep.config.engines import MYSQL
from tests.end_to_end.programs import DEADLINE, left_in, processes_of, start, wait_for_the_end_of


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder outside the checkout, with the driver, because the demo cannot download it here."""
    folder = tmp_path_factory.mktemp("elsewhere")
    bundle_prepare_database(engine=MYSQL, build=folder / ".build")
    return folder


def test_it_shows_runs_metrics_and_costs_and_ends_well(folder: Path, elsewhere: Path) -> None:
    # When: with the CDK's rules for templates
    demo = start(folder, "demo", cwd=elsewhere, CDK_VALIDATION="true")
    output, errors = demo.communicate(timeout=DEADLINE)

    # Then
    assert demo.returncode == 0, output + errors
    assert errors == ""
    lines = output.splitlines()
    assert sum("SUCCEEDED" in line for line in lines) == 11
    (failed,) = [line for line in lines if "FAILED" in line]
    assert re.search("sessions_by_plan: .* 1054 Unknown column 'plan'", failed)
    assert any("● QueryDatabase" in line for line in lines)
    assert any("FailedQueries" in line for line in lines)
    assert any(line.startswith("✓ 45 ") for line in lines)
    assert any(line.split()[:2] == ["NAT", "gateway"] and "36.00" in line.split() for line in lines)

    # And it ends with the next commands
    following = [line.split()[:2] for line in lines[-5:]]
    assert following == [
        ["source", f"{sys.prefix}/bin/activate"],
        ["sidestep", "init"],
        ["sidestep", "check"],
        ["sidestep", "local"],
        ["cdk", "deploy"],
    ]

    # And only the bundles remain, in the folder where it was started
    assert left_in(folder) == []
    assert [path.name for path in elsewhere.iterdir()] == [".build"]
    assert list((elsewhere / ".build").glob("query_database-*"))
    assert processes_of(demo.pid) == []


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
