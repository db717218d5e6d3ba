"""The local cloud in the foreground: schedules that fire, and executions that are reported."""

import io
import json
from datetime import UTC, datetime, timedelta

from rich.console import Console

from sidestep.local.cloud import LocalCloud
from sidestep.local.foreground import Foreground
from tests.local.machines import create_machine, create_schedule, run, started

BEGIN = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)
BROKEN = json.dumps({"StartAt": "Bad", "States": {"Bad": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}}})


class Playground:
    """A foreground whose time and screen are the test's."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.now = BEGIN
        self.screen = io.StringIO()
        console = Console(file=self.screen, width=120)
        self.foreground = Foreground(console, cloud, clock=lambda: self.now)

    def look_after(self, passed: timedelta) -> list[str]:
        """Let time pass, and return the lines that are shown then."""
        self.now += passed
        self.screen.seek(0)
        self.screen.truncate()
        self.foreground.poll()
        return self.screen.getvalue().splitlines()


def test_a_schedule_fires_when_its_time_has_come(cloud: LocalCloud) -> None:
    # Given
    playground = Playground(cloud)
    machine = create_machine(cloud)
    create_schedule(cloud, "often", "rate(1 minute)", machine)

    # When
    playground.look_after(timedelta(seconds=29))
    too_early = started(cloud, machine)
    playground.look_after(timedelta(seconds=1))

    # Then
    assert too_early == []
    assert started(cloud, machine) == [("2026-01-31T12:01:00Z", "often")]


def test_an_ended_execution_is_one_line(cloud: LocalCloud) -> None:
    # Given
    playground = Playground(cloud)
    machine = create_machine(cloud)
    run(cloud, machine)

    # When
    (line,) = playground.look_after(timedelta())

    # Then it is reported once
    assert line.split()[1] == "SUCCEEDED"
    assert line.split()[-1] == "probe"
    assert playground.look_after(timedelta()) == []


def test_a_failure_has_its_reason(cloud: LocalCloud) -> None:
    # Given
    playground = Playground(cloud)
    run(cloud, create_machine(cloud, BROKEN))

    # When
    (line,) = playground.look_after(timedelta())

    # Then
    assert "FAILED" in line
    assert "Broken: on purpose" in line
