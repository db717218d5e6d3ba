"""When a watch asks again for alarms and metrics, of which the latter cost money."""

import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sidestep.aws.state_machine import DeployedWorkflow
from sidestep.commands.watch.picture import picture_of_all
from sidestep.commands.watch.watched import Watched
from sidestep.config.cloudwatch import LISTING
from sidestep.config.loader import load_settings
from sidestep.local.cloud import LocalCloud
from tests.local.machines import DEFINITION, create_machine, run
from tests.unit.metrics_files import GOOD, write


@pytest.fixture
def asked() -> Counter[str]:
    """What AWS is asked for, by the names of the requests."""
    return Counter()


def watch(
    cloud: LocalCloud, folder: Path, asked: Counter[str], *, most_series: int, namespace: str = "Shop"
) -> tuple[Watched, datetime]:
    """Return a watched database and the time at which its one run has ended and published into a namespace."""
    machine = create_machine(cloud)
    ended = run(cloud, machine).stopped
    assert ended is not None
    workflow = DeployedWorkflow("shop", machine, DEFINITION, keeps_history=True, in_console=False)

    def count(model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        asked[model.name] += 1

    def client(service: str) -> Any:  # noqa: ANN401 - any service's
        made = cloud.client(service)
        made.meta.events.register("before-call", count)
        return made

    settings = load_settings(write(folder, GOOD))
    cloud.client("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": "Orders", "Value": 1, "Timestamp": ended}]
    )
    return Watched(workflow, settings, client, most_series=most_series), ended.astimezone(UTC)


def test_metrics_are_read_after_runs_only_and_rarely(cloud: LocalCloud, tmp_path: Path, asked: Counter[str]) -> None:
    # Given
    watched, ended = watch(cloud, tmp_path, asked, most_series=5)

    # When: what the run published may not have been there at the first look
    read = []
    for seconds in (1, 3, 20, 59, 62, 64, 130, 3600):
        watched.look(ended + timedelta(seconds=seconds))
        read.append(asked["GetMetricData"])

    # Then
    assert read == [1, 1, 1, 1, 2, 2, 2, 2]


def test_metrics_that_are_not_listed_yet_are_looked_for_as_long_as_it_may_take(
    cloud: LocalCloud, tmp_path: Path, asked: Counter[str]
) -> None:
    # Given a run whose values CloudWatch does not list
    watched, ended = watch(cloud, tmp_path, asked, most_series=5, namespace="Unlisted")
    watched._settings = replace(watched._settings, namespace=f"Empty{ended.timestamp()}")

    # When
    looks = []
    for minutes in (1, 3, 14, 17, 20):
        now = ended + timedelta(minutes=minutes)
        watched.look(now)
        console = Console(width=100, record=True, file=io.StringIO())
        console.print(picture_of_all([watched], width=100))
        looks.append((asked["ListMetrics"], f"{LISTING // timedelta(minutes=1)} minutes" in console.export_text()))

    # Then it shows this for the whole period, and then does not look again before the next run
    each = looks[0][0]
    assert looks == [(each, True), (2 * each, True), (3 * each, True), (3 * each, False), (3 * each, False)]


def test_alarms_are_read_once_a_minute(cloud: LocalCloud, tmp_path: Path, asked: Counter[str]) -> None:
    # Given
    watched, ended = watch(cloud, tmp_path, asked, most_series=0)

    # When
    read = []
    for seconds in (0, 30, 61, 100, 130):
        watched.look(ended + timedelta(seconds=seconds))
        read.append(asked["DescribeAlarms"])

    # Then, and no metric is read that nobody wants
    assert read == [1, 1, 2, 2, 3]
    assert asked["ListMetrics"] == asked["GetMetricData"] == 0
