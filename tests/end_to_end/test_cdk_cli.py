"""`sidestep local`, and the CDK's own command line against it over HTTP, as a user types it."""

import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from sidestep import paths
from sidestep.aws.metrics import Series, read_series
from sidestep.local.foreground import ENDED
from tests.end_to_end.programs import CDK, CDK_VARIABLES, DEADLINE, left_in, processes_of, start, wait_for_the_end_of
from tests.end_to_end.shell import Shell, lines_to_paste, run

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

READING = f"reading {paths.ROOT / 'metrics.toml'}\n"
"""What `sidestep local` prints to stderr."""

METRICS = """
    namespace = "Sessions"
    schedule = "rate(1 day)"

    [database.shop]
    sample = true
    prepare = true

    [[query]]
    name = "active_sessions"
    sql = "SELECT COUNT(*) AS ActiveSessions FROM sessions WHERE expires_at > UTC_TIMESTAMP()"
    [query.metrics]
    ActiveSessions = { unit = "Count" }
"""
CHANGED_METRICS = (
    METRICS.replace("rate(1 day)", "cron(0 8 ? * MON-FRI *)")
    + """
    [[query]]
    name = "plans"
    sql = "SELECT COUNT(DISTINCT plan) AS Plans FROM sessions"
    [query.metrics]
    Plans = {}
"""
)


def schedules(client: "EventBridgeSchedulerClient") -> list[str]:
    names = [entry["Name"] for entry in client.list_schedules()["Schedules"]]
    return [client.get_schedule(Name=name)["ScheduleExpression"] for name in names]


def published(client: Any) -> dict[str, float]:  # noqa: ANN401
    """Return the latest value of each metric without dimensions."""
    minute = timedelta(minutes=1)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    series = read_series(client, "Sessions", start=now - 60 * minute, end=now + minute, period=minute)
    return {
        name.metric: values[max(values)] for name, values in series.items() if name == Series(name.metric) and values
    }


def test_deploy_change_and_destroy(shell: Shell, local: "subprocess.Popen[str]") -> None:
    session = boto3.Session()
    stepfunctions = session.client("stepfunctions")
    scheduler = session.client("scheduler")
    cloudwatch = session.client("cloudwatch")

    # Given a bootstrapped account
    bootstrapped = shell.cdk("bootstrap", "--output", str(shell.assembly))
    assert bootstrapped.returncode == 0, bootstrapped.stderr

    # When
    said = shell.deploy(METRICS)
    prepared = shell.sidestep("prepare", "shop")
    assert prepared.returncode == 0, prepared.stderr
    execution = run(stepfunctions)

    # Then
    assert "sidestep-shop.Executions = https://eu-central-2.console.aws.amazon.com/states/" in said
    assert execution.status == "SUCCEEDED", execution.cause
    assert schedules(scheduler) == ["rate(1 day)"]
    assert list(published(cloudwatch)) == ["ActiveSessions"]
    assert published(cloudwatch)["ActiveSessions"] > 0

    # And the stack is what was deployed
    difference = shell.cdk("diff", "--fail", "--app", str(shell.assembly))
    assert difference.returncode == 0, difference.stdout + difference.stderr

    # When metrics.toml gets another schedule and one more query
    said = shell.deploy(CHANGED_METRICS)
    execution = run(stepfunctions)

    # Then both take effect, and the state machine is still the same
    assert "sidestep-shop.Executions = " in said
    assert execution.status == "SUCCEEDED", execution.cause
    assert schedules(scheduler) == ["cron(0 8 ? * MON-FRI *)"]
    assert published(cloudwatch)["Plans"] == 3
    (machine,) = stepfunctions.list_state_machines()["stateMachines"]
    assert len(stepfunctions.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]) == 2

    # When
    destroyed = shell.cdk("destroy", "--all", "--force", "--app", str(shell.assembly))

    # Then nothing is left of the stack
    assert destroyed.returncode == 0, destroyed.stderr
    assert schedules(scheduler) == []
    assert stepfunctions.list_state_machines()["stateMachines"] == []
    assert session.client("lambda").list_functions()["Functions"] == []
    assert session.client("rds").describe_db_instances()["DBInstances"] == []
    assert [
        role["RoleName"] for role in session.client("iam").list_roles()["Roles"] if "shop" in role["RoleName"]
    ] == []

    # And the output has only the end of each execution
    os.killpg(local.pid, signal.SIGINT)
    output, errors = local.communicate(timeout=DEADLINE)
    *ends, last = output.splitlines()
    assert [line.split()[1] for line in ends] == ["SUCCEEDED", "SUCCEEDED"]
    assert last == ENDED
    assert errors == READING

    # When the shell outlives its cloud
    refused = shell.cdk("synth")
    asked = shell.sidestep("run", "shop")

    # Then both name the closed endpoint
    for done in (refused, asked):
        assert done.returncode == 1
        assert shell.variables()["AWS_ENDPOINT_URL"] in done.stderr


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


def test_ctrl_c_ends_a_synthesis_without_a_traceback(tmp_path: Path) -> None:
    # Given a synthesis that has started the CDK's own process
    words: list[str | Path] = [CDK, "synth", "--quiet", "--output", tmp_path / "cdk.out"]
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path), **CDK_VARIABLES}
    with subprocess.Popen(
        words, cwd=paths.ROOT, env=variables, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True
    ) as synth:
        deadline = time.monotonic() + DEADLINE
        while not any(command.startswith("node --max-old-space") for command in processes_of(synth.pid)):
            assert time.monotonic() < deadline
            time.sleep(0.05)

        # When
        os.killpg(synth.pid, signal.SIGINT)
        _, errors = synth.communicate(timeout=DEADLINE)

    # Then
    assert synth.returncode != 0
    assert "Traceback" not in errors
    assert not (tmp_path / "cdk.out" / "manifest.json").exists()
