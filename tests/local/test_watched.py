"""When a watch asks again for alarms and metrics, of which the latter cost money."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sidestep.local.cloud import LocalCloud
from sidestep.metrics_file import load_settings
from sidestep.watch.watched import Watched
from sidestep.workflow import Workflow
from tests.local.machines import DEFINITION, create_machine, run
from tests.unit.metrics_files import GOOD, write


@pytest.fixture
def asked() -> Counter[str]:
    """What AWS is asked for, by the names of the requests."""
    return Counter()


def watch(cloud: LocalCloud, folder: Path, asked: Counter[str], *, most_series: int) -> tuple[Watched, datetime]:
    """Return a watched database and the time at which its one run has ended."""
    machine = create_machine(cloud)
    ended = run(cloud, machine).stopped
    assert ended is not None
    workflow = Workflow("shop", machine, DEFINITION, keeps_history=True, in_console=False)

    def count(model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        asked[model.name] += 1

    def client(service: str) -> Any:  # noqa: ANN401 - any service's
        made = cloud.client(service)
        made.meta.events.register("before-call", count)
        return made

    settings = load_settings(write(folder, GOOD))
    cloud.client("cloudwatch").put_metric_data(
        Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 1, "Timestamp": ended}]
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
