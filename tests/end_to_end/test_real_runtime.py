"""The built bundle under AWS's own runtime interface client, with read-only code and little memory, as in Lambda."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sidestep.aws.executions import SUCCEEDED
from sidestep.local.lambda_runtime import RUNTIME_LIBRARIES, RuntimeClient
from tests.end_to_end.conftest import PERIOD, SHIPPED_VALUES, SOON, Deployed, deploy
from tests.faults.cloud import FaultyCloud

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="AWS's runtime interface client is for Linux")

MEMORY = 128 * 1024 * 1024
"""Bytes; the memory of the function in the stack."""

LAUNCH = f"""
{{protect}} || exit
cd "$LAMBDA_TASK_ROOT" || exit
if touch written 2>/dev/null; then echo "the code is not read-only"; exit 1; fi
# A limit of the address space would count every library's file and reserved page, which Lambda does not; a limit of
# resident memory is ignored by Linux. RLIMIT_DATA counts the memory of a process beyond files: the heap and all other
# private memory, touched or not. What is resident at the most, libraries included, is read by the test.
ulimit -d {MEMORY // 1024} || exit
echo "process $$ $_HANDLER"
export PYTHONPATH="$LAMBDA_RUNTIME_DIR"
exec "{sys.executable}" -S -m awslambdaric "$_HANDLER"
"""
"""Started in the bundle's folder. -S keeps this project's own libraries away."""

MOUNT_READ_ONLY = "mount --bind . . && mount -o remount,bind,ro ."
TAKE_WRITE_PERMISSION = "chmod -R a-w ."

NEW_MOUNTS = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)))
"""Gives a process mounts of its own, which end with it."""


def protection(folder: Path) -> tuple[tuple[str, ...], str]:
    """Return two commands that make code read-only here: one that starts the shell, and one for the shell."""
    probe = subprocess.run([*NEW_MOUNTS, "sh", "-c", MOUNT_READ_ONLY], cwd=folder, capture_output=True, check=False)
    if probe.returncode == 0:
        return NEW_MOUNTS, MOUNT_READ_ONLY
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere, and may not mount here")
    return (), TAKE_WRITE_PERMISSION


@pytest.fixture
def deployed(shipped_assembly: Path, tmp_path: Path) -> Iterator[Deployed]:
    """The stack on a cloud whose functions run under AWS's client."""
    command, protect = protection(tmp_path)
    client = RuntimeClient(
        (*command, "sh", "-c", LAUNCH.format(protect=protect)),
        (*RUNTIME_LIBRARIES, "awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py"),
    )
    with FaultyCloud(runtime_client=client, event_scheduler=False) as cloud:
        yield deploy(cloud, shipped_assembly)


def invoke(deployed: Deployed, event: object) -> Any:  # noqa: ANN401
    """Invoke the function directly; return its answer, or the description of its error."""
    client = deployed.cloud.client("lambda")
    answer = client.invoke(FunctionName=deployed.function, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def processes(deployed: Deployed) -> list[Path]:
    """Return the folders in /proc of the query function's processes, oldest first."""
    words = [line.split() for line in deployed.cloud.functions.log_lines]
    return [Path("/proc", line[1]) for line in words if line[0] == "process" and "query_database" in line[2]]


def value(file: Path, name: str) -> str:
    """Return the value of a name in one of the files of /proc."""
    (line,) = [line for line in file.read_text().splitlines() if line.startswith(name)]
    return line.removeprefix(name).split()[0]


def content(folder: Path) -> dict[Path, bytes]:
    """Return a bundle's files, but for the authorities: the local cloud has one of its own."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pem")
    return {path.relative_to(folder): path.read_bytes() for path in files}


def test_a_run_is_published_within_the_memory_of_the_stack(deployed: Deployed) -> None:
    # Given
    moment = (datetime.now(UTC) - 2 * PERIOD).replace(second=0, microsecond=0)

    # When
    execution = deployed.run({"ScheduledTime": moment.isoformat()})

    # Then
    assert (execution.status, execution.cause) == (SUCCEEDED, None)
    assert deployed.values_at(moment) == SHIPPED_VALUES
    (process,) = processes(deployed)
    assert "awslambdaric" in (process / "cmdline").read_text()
    assert value(process / "limits", "Max data size") == str(MEMORY)
    assert int(value(process / "status", "VmHWM:")) * 1024 < MEMORY  # the most that was resident, in kB


def test_the_code_folder_is_not_changed(deployed: Deployed, shipped_assembly: Path) -> None:
    # When
    invoke(deployed, {})

    # Then nothing was written into it, not even compiled Python
    (code,) = [path.parent for path in deployed.cloud.functions._folder.glob("task-*/lambdas/query_database")]
    (bundle,) = [path.parent for path in shipped_assembly.glob("asset.*/lambdas/query_database")]
    assert content(code) == content(bundle)


def test_a_run_that_takes_too_long_is_ended(deployed: Deployed) -> None:
    # Given
    deployed.give_the_function(seconds=2)

    # When
    with deployed.cloud.database.held() as hold:
        error = invoke(deployed, {})
        hold.wait_for_query(SOON)

    # Then the next one gets a process of its own
    assert error == {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 2.00 seconds"}
    assert len(invoke(deployed, {})["MetricData"]) == len(SHIPPED_VALUES)
    assert len(processes(deployed)) == 2


def test_an_error_keeps_its_name_and_the_process_continues(deployed: Deployed) -> None:
    # When
    refused = invoke(deployed, {"sql": "DELETE FROM sessions"})
    with deployed.cloud.database.stopped():
        unavailable = invoke(deployed, {})

    # Then: the workflow's retries match these names
    assert refused["errorType"] == "InvalidEvent"
    assert "sql" in refused["errorMessage"]
    assert unavailable["errorType"] == "DatabaseUnavailable"
    assert len(invoke(deployed, {})["MetricData"]) == len(SHIPPED_VALUES)
    assert len(processes(deployed)) == 1
