"""What docs/monitoring.md says is true of the code."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.config.alarm_windows import window_for_missing_runs
from sidestep.config.limits import Timing
from sidestep.config.loader import load_settings
from sidestep.config.schedule import Schedule
from sidestep.prices import ALARM, DASHBOARD, INSIGHTS_ALARM, KEY, MAIL

DOCUMENT = (paths.ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")


def test_the_example_is_valid(tmp_path: Path) -> None:
    # Given
    (example,) = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    (tmp_path / "metrics.toml").write_text(example, encoding="utf-8")

    # When
    settings = load_settings(tmp_path / "metrics.toml")

    # Then
    assert settings.notify
    assert settings.queries[0].metrics["OpenOrders"].alarm
    assert settings.queries[1].alarm_on_empty


@pytest.mark.parametrize(
    ("expression", "patience"),
    [("rate(5 minutes)", "20 minutes"), ("rate(1 day)", "26 hours"), ("cron(0 8 ? * MON-FRI *)", "74 hours")],
)
def test_it_knows_how_long_the_alarm_waits(expression: str, patience: str) -> None:
    # When
    window = window_for_missing_runs([Timing(Schedule(expression), "standard")])

    # Then
    assert window is not None
    number, _, unit = patience.partition(" ")
    assert timedelta(seconds=window.seconds) == timedelta(**{unit: int(number)})
    assert f"{patience} at `{expression}`" in " ".join(DOCUMENT.split())


def test_its_prices_are_those_of_the_bill() -> None:
    assert f"first {ALARM.free} alarms and {DASHBOARD.free} dashboards of an account are free" in DOCUMENT
    assert f"| An alarm | {ALARM.dollars:.2f} beyond the free ones" in DOCUMENT
    assert f"| A dashboard | {DASHBOARD.dollars:.2f} beyond the free ones" in DOCUMENT
    assert f"| `notify` | {KEY.dollars:.2f} for the key" in DOCUMENT
    assert f"the first {MAIL.free:,} mails are free" in DOCUMENT

    # And "as for an alarm of its own, and none of them is free"
    assert (INSIGHTS_ALARM.dollars, INSIGHTS_ALARM.free) == (ALARM.dollars, 0)
