"""The shipped stack, synthesized by the CDK and deployed to the local cloud."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sidestep import preparation, project
from sidestep.executions import Execution, follow
from sidestep.local import deployment
from sidestep.local.cloud import LocalCloud
from sidestep.metrics_file import load_settings
from sidestep.series import Series, read_series

PERIOD = timedelta(minutes=5)
"""The shipped schedule's."""

SOON = 30
"""Seconds in which a query must have come to the database."""

SHIPPED_VALUES = {
    Series("ActiveSessions"): 2.0,
    Series("SessionsByPlan", (("Plan", "free"),)): 1.0,
    Series("SessionsByPlan", (("Plan", "team"),)): 1.0,
}
"""What the shipped queries make of the table that `deploy` creates."""


@dataclass(frozen=True)
class Deployed:
    """The cloud with the stack, and the ARN of its state machine."""

    cloud: LocalCloud
    state_machine: str

    def run(self, event: object) -> Execution:
        """Execute the workflow on an event, to its end."""
        client = self.cloud.client("stepfunctions")
        started = client.start_execution(
            stateMachineArn=self.state_machine, input=json.dumps(event), name=str(uuid.uuid4())
        )
        return self.follow(started["executionArn"])

    def follow(self, arn: str) -> Execution:
        """Wait for the end of an execution."""
        client = self.cloud.client("stepfunctions")
        *_, end = follow(client, arn, interval=0.02, deadline=timedelta(minutes=1))
        return end

    def values_at(self, moment: datetime) -> dict[Series, float]:
        """Read what a run at a scheduled time has published."""
        client = self.cloud.client("cloudwatch")
        series = read_series(client, "Sessions", start=moment, end=moment + PERIOD, period=PERIOD)
        return {one: values[moment] for one, values in series.items() if values}

    def give_the_function(self, *, seconds: int) -> None:
        """Shorten its timeout, which is its queries' together, so that nobody has to wait for half a minute."""
        client = self.cloud.client("lambda")
        client.update_function_configuration(FunctionName=self.function, Timeout=seconds)

    @property
    def function(self) -> str:
        """The name of the function that asks."""
        names = [one["FunctionName"] for one in self.cloud.client("lambda").list_functions()["Functions"]]
        (name,) = [name for name in names if "QueryDatabase" in name]
        return str(name)


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("end-to-end") / "cdk.out"
    deployment.synthesize(project.METRICS_FILE, folder)
    return folder


@pytest.fixture
def deployed(assembly: Path) -> Iterator[Deployed]:
    with LocalCloud(event_scheduler=False) as cloud:
        yield deploy(cloud, assembly)


def deploy(cloud: LocalCloud, assembly: Path) -> Deployed:
    """Deploy the stack, and prepare its database with rows that stay."""
    deployment.deploy(cloud, assembly)
    settings = load_settings(project.METRICS_FILE)
    preparation.prepare(settings.databases["shop"], "shop", tables=(), secret=None, clients=cloud.client)
    cloud.functions.log_lines.clear()
    cloud.database.execute(
        "INSERT INTO sessions (plan, expires_at) VALUES"
        " ('free', '2099-01-01 00:00:00'), ('team', '2099-01-01 00:00:00'), ('team', '2001-01-01 00:00:00')"
    )
    (machine,) = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    return Deployed(cloud, machine["stateMachineArn"])
