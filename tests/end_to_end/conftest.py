"""The shipped stack, synthesized by the CDK and deployed to the local cloud; and the command `sidestep local`."""

import json
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aws_cdk import App

from sidestep import paths
from sidestep.aws.executions import Execution, follow
from sidestep.aws.metrics import Series, read_series
from sidestep.commands import prepare
from sidestep.config.loader import load_settings
from sidestep.infrastructure.app import add_stacks
from sidestep.local import deployment
from tests.end_to_end.programs import running
from tests.end_to_end.shell import Shell, lines_to_paste
from tests.faults.cloud import FaultyCloud

if TYPE_CHECKING:
    import subprocess

PERIOD = timedelta(minutes=5)
"""The shipped schedule's."""

SOON = 30
"""Seconds in which a query must have come to the database, and a line into the log."""

SHIPPED_VALUES = {
    Series("ActiveSessions"): 2.0,
    Series("SessionsByPlan", (("Plan", "free"),)): 1.0,
    Series("SessionsByPlan", (("Plan", "team"),)): 1.0,
}
"""The results of the shipped queries on the table that `deploy` creates."""


@dataclass(frozen=True)
class Deployed:
    """The cloud with the stack, and the ARN of its state machine."""

    cloud: FaultyCloud
    state_machine: str

    def run(self, event: object, *, interval: float = 0.1) -> Execution:
        """Run the workflow with an event until it ends; poll it every `interval` seconds."""
        client = self.cloud.client("stepfunctions")
        started = client.start_execution(
            stateMachineArn=self.state_machine, input=json.dumps(event), name=str(uuid.uuid4())
        )
        return self.follow(started["executionArn"], interval=interval)

    def follow(self, arn: str, *, interval: float = 0.1) -> Execution:
        """Wait for the end of an execution."""
        client = self.cloud.client("stepfunctions")
        *_, end = follow(client, arn, interval=interval, deadline=timedelta(minutes=5))
        return end

    def values_at(self, moment: datetime) -> dict[Series, float]:
        """Read what a run at a scheduled time has published."""
        client = self.cloud.client("cloudwatch")
        series = read_series(client, "Sessions", start=moment, end=moment + PERIOD, period=PERIOD)
        return {one: values[moment] for one, values in series.items() if values}

    def give_the_function(self, *, seconds: int) -> None:
        """Shorten the function's timeout, which is the sum of its queries' timeouts, to save half a minute."""
        client = self.cloud.client("lambda")
        client.update_function_configuration(FunctionName=self.function, Timeout=seconds)

    def logged(self, *, pages: int) -> list[str]:
        """Wait until the query function's log has a number of pages, and return its lines."""
        deadline = time.monotonic() + SOON
        while len(lines := [line for line in self.cloud.functions.log_lines if '"scheduled_time"' in line]) < pages:
            assert time.monotonic() < deadline, self.cloud.functions.log_lines
            time.sleep(0.02)
        return lines

    @property
    def function(self) -> str:
        """The name of the function that queries."""
        functions = self.cloud.client("lambda").list_functions()["Functions"]
        (name,) = [one["FunctionName"] for one in functions if ".query_database." in one["Handler"]]
        return str(name)


@pytest.fixture
def deployed(shipped_assembly: Path) -> Iterator[Deployed]:
    with FaultyCloud(event_scheduler=False) as cloud:
        yield deploy(cloud, shipped_assembly)


def synthesize(metrics_file: Path, assembly: Path) -> None:
    """Synthesize in this process, which has loaded the CDK already; its command line takes three seconds more."""
    context = json.loads((paths.ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(context=context, outdir=str(assembly))
    add_stacks(app, load_settings(metrics_file), build=paths.ROOT / paths.BUILD)
    app.synth()


def deploy(cloud: FaultyCloud, assembly: Path) -> Deployed:
    """Deploy the stack, prepare its database, and put three sessions into the table."""
    deployment.deploy(cloud, assembly)
    settings = load_settings(paths.ROOT / "metrics.toml")
    prepare.prepare(
        settings.databases["shop"],
        "shop",
        stack=settings.stack_of("shop"),
        tables=(),
        secret=None,
        clients=cloud.client,
    )
    cloud.database.execute(
        "INSERT INTO sessions (plan, expires_at) VALUES"
        " ('free', '2099-01-01 00:00:00'), ('team', '2099-01-01 00:00:00'), ('team', '2001-01-01 00:00:00')"
    )
    (machine,) = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    return Deployed(cloud, machine["stateMachineArn"])


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder with a short name, for everything temporary; tools fill it with their caches."""
    with tempfile.TemporaryDirectory(prefix="sidestep-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def local(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """`sidestep local` in a separate process."""
    with running(folder, "local") as local:
        yield local


@pytest.fixture
def shell(local: "subprocess.Popen[str]", folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return the other shell; boto3 in this process has its variables as well."""
    shell = Shell(lines_to_paste(local), folder)
    for name, value in shell.variables().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return shell
