"""Checks on the deployed stack: metrics and alarms of violations, logged rows, and the age of data."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sidestep.aws.check_rows import CheckLog, read_check_log
from sidestep.aws.metrics import Series
from tests.end_to_end.conftest import PERIOD, SOON, Deployed, deploy, synthesize
from tests.end_to_end.operators import environment, sidestep
from tests.end_to_end.programs import DEADLINE, PROGRAM
from tests.faults.cloud import FaultyCloud

ALARM = "sidestep-shop/unknown_plans/above/Violations"
AGE_ALARM = "sidestep-shop/sessions_are_new/above/Age"
LOG_GROUP = "/sidestep/checks/sidestep-shop"

VIOLATIONS = Series("Violations", (("Check", "unknown_plans"),))
AGE = Series("Age", (("Check", "sessions_are_new"),))

FILE = """
namespace = "Sessions"
schedule = "rate(5 minutes)"
workflow = "{workflow}"

[database.shop]
sample = true
prepare = true

[[check]]
name = "unknown_plans"
sql = "SELECT plan, expires_at FROM sessions WHERE plan NOT IN ('free', 'team') ORDER BY plan"
rows = 2
show = ["plan"]
severity = "critical"

[[check]]
name = "sessions_are_new"
sql = "SELECT MIN(expires_at) AS oldest FROM sessions"
max_age = "2 hours"
on_null = "skip"
"""


of_both_types = pytest.mark.parametrize("assembly", ["standard", "express"], indirect=True)


@pytest.fixture(scope="module")
def assembly(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the synthesized stack, with the type of workflow that a test asks for."""
    folder = tmp_path_factory.mktemp("checks")
    workflow = getattr(request, "param", "standard")
    (folder / "metrics.toml").write_text(FILE.format(workflow=workflow), encoding="utf-8")
    synthesize(folder / "metrics.toml", folder / "cdk.out")
    return folder / "cdk.out"


@pytest.fixture
def checked(assembly: Path) -> Iterator[Deployed]:
    with FaultyCloud(event_scheduler=False) as cloud:
        yield deploy(cloud, assembly)


def run_at(checked: Deployed, moment: datetime) -> None:
    assert checked.run({"ScheduledTime": moment.isoformat()}).status == "SUCCEEDED"


def state(checked: Deployed, name: str, moment: datetime) -> str:
    """Evaluate an alarm on the period that begins at a moment, as CloudWatch does; the local cloud does not."""
    client = checked.cloud.client("cloudwatch")
    (alarm,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (alarm["ComparisonOperator"], alarm["EvaluationPeriods"]) == ("GreaterThanThreshold", 1)
    (point,) = client.get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm["Dimensions"],
        Period=alarm["Period"],
        Statistics=[alarm["Statistic"]],
        StartTime=moment,
        EndTime=moment + timedelta(seconds=alarm["Period"]),
    )["Datapoints"]
    return "ALARM" if point[alarm["Statistic"]] > alarm["Threshold"] else "OK"


def logged(checked: Deployed, *, pages: int) -> CheckLog:
    """Wait until the log group has a number of pages."""
    deadline = time.monotonic() + SOON
    begin = datetime.now(UTC) - timedelta(hours=1)
    while (log := read_check_log(LOG_GROUP, checked.cloud.client, start=begin)).pages < pages:
        assert time.monotonic() < deadline, log
        time.sleep(0.02)
    return log


@of_both_types
def test_a_violation_turns_the_alarm_on_and_its_end_turns_it_off(checked: Deployed) -> None:
    # Given three sessions of plans that do not exist
    database = checked.cloud.database
    database.execute("INSERT INTO sessions (plan, expires_at) VALUES ('aä', 'x'), ('b', 'x'), ('c', 'x')")
    before = (datetime.now(UTC) - 4 * PERIOD).replace(minute=0, second=0, microsecond=0)

    # When
    run_at(checked, before)

    # Then the alarm fires, and the log group has as many rows as are wanted, with the columns that may be shown
    assert checked.values_at(before)[VIOLATIONS] == 3
    assert state(checked, ALARM, before) == "ALARM"
    log = logged(checked, pages=1)
    assert [(row.check, row.number, row.of, row.values) for row in log.rows] == [
        ("unknown_plans", 1, 3, {"plan": "aä"}),
        ("unknown_plans", 2, 3, {"plan": "b"}),
    ]
    assert log.current == log.rows

    # When the rows are deleted
    database.execute("DELETE FROM sessions WHERE plan IN ('aä', 'b', 'c')")
    run_at(checked, before + PERIOD)

    # Then 0 is published, and nothing more is logged
    assert checked.values_at(before + PERIOD)[VIOLATIONS] == 0
    assert state(checked, ALARM, before + PERIOD) == "OK"
    assert logged(checked, pages=2).rows == log.rows
    assert logged(checked, pages=2).current == ()


def test_no_row_is_in_the_history_of_step_functions(checked: Deployed) -> None:
    # Given
    checked.cloud.database.execute("INSERT INTO sessions (plan, expires_at) VALUES ('wrong plan', 'x')")

    # When
    execution = checked.run({})

    # Then
    assert [row.values for row in logged(checked, pages=1).rows] == [{"plan": "wrong plan"}]
    history = checked.cloud.client("stepfunctions").get_execution_history(executionArn=execution.arn)["events"]
    assert "Violations" in json.dumps(history, default=str)
    assert "wrong plan" not in json.dumps(history, default=str)


@of_both_types
def test_run_and_watch_print_the_rows(checked: Deployed) -> None:
    # Given
    url = checked.cloud.endpoint_url
    checked.cloud.database.execute("INSERT INTO sessions (plan, expires_at) VALUES ('wrong plan', 'x')")

    # When
    done = sidestep(url, "run", "--stack", "sidestep-shop")

    # Then
    assert (done.returncode, done.stderr) == (0, "")
    headline, columns, row = [line.strip() for line in done.stdout.splitlines()[-3:]]
    assert headline.startswith("check unknown_plans found 1 row at 20")
    assert (columns, row) == ("plan", "wrong plan")

    # And watch prints them as long as the latest run of the check finds them
    assert "wrong plan" in sidestep(url, "watch", "--stack", "sidestep-shop", "--once").stdout
    checked.cloud.database.execute("DELETE FROM sessions WHERE plan = 'wrong plan'")
    run_at(checked, datetime.now(UTC) + timedelta(minutes=1))
    logged(checked, pages=2)
    assert "wrong plan" not in sidestep(url, "watch", "--stack", "sidestep-shop", "--once").stdout


def test_a_pipe_gets_the_rows_of_each_run_once(checked: Deployed) -> None:
    # Given two runs that find the same row
    checked.cloud.database.execute("INSERT INTO sessions (plan, expires_at) VALUES ('wrong plan', 'x')")
    moment = (datetime.now(UTC) - 4 * PERIOD).replace(minute=0, second=0, microsecond=0)
    run_at(checked, moment)
    logged(checked, pages=1)
    with subprocess.Popen(
        [PROGRAM, "watch", "--stack", "sidestep-shop", "--interval", "1"],
        env=environment(checked.cloud.endpoint_url),
        stdout=subprocess.PIPE,
        text=True,
    ) as watch:
        assert watch.stdout is not None
        first = [watch.stdout.readline() for _ in range(4)]
        run_at(checked, moment + PERIOD)

        # When
        second = [watch.stdout.readline() for _ in range(4)]
        watch.send_signal(signal.SIGINT)
        rest = watch.stdout.read()
        watch.wait(DEADLINE)

    # Then
    assert [line.strip() for line in (first[2], first[3], second[3])] == ["plan", "wrong plan", "wrong plan"]
    assert first[1].strip().endswith(f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    assert second[1].strip().endswith(f"{moment + PERIOD:%Y-%m-%dT%H:%M:%SZ}")
    assert "wrong plan" not in rest


def test_old_data_turns_the_alarm_on(checked: Deployed) -> None:
    # Given
    database = checked.cloud.database
    moment = (datetime.now(UTC) - 4 * PERIOD).replace(minute=0, second=0, microsecond=0)
    database.execute("DELETE FROM sessions")
    database.execute(
        f"INSERT INTO sessions (plan, expires_at) VALUES ('free', '{moment - timedelta(hours=2, seconds=1):%F %T}')"
    )

    # When
    run_at(checked, moment)

    # Then
    assert checked.values_at(moment)[AGE] == 7201
    assert state(checked, AGE_ALARM, moment) == "ALARM"

    # When the data is a second younger
    database.execute(f"UPDATE sessions SET expires_at = '{moment + PERIOD - timedelta(hours=2):%F %T}'")
    run_at(checked, moment + PERIOD)

    # Then it is as old as it may be
    assert checked.values_at(moment + PERIOD)[AGE] == 7200
    assert state(checked, AGE_ALARM, moment + PERIOD) == "OK"

    # When there is none, and on_null is "skip"
    database.execute("DELETE FROM sessions")
    run_at(checked, moment + 2 * PERIOD)

    # Then
    assert AGE not in checked.values_at(moment + 2 * PERIOD)
