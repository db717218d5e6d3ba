"""When a watch reads alarms and metrics again; reading metrics costs money."""

import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sidestep.aws.state_machine import DeployedWorkflow
from sidestep.commands.watch.screen import picture_of_all
from sidestep.commands.watch.watched_database import MetricsSource, WatchedDatabase
from sidestep.config.cloudwatch import LISTING
from sidestep.config.loader import load_settings
from sidestep.local.cloud import LocalCloud
from tests.local.machines import DEFINITION, create_machine, run
from tests.unit.metrics_files import GOOD, write


@pytest.fixture
def asked() -> Counter[str]:
    """The number of requests to AWS, by name."""
    return Counter()


def watch(
    cloud: LocalCloud,
    folder: Path,
    asked: Counter[str],
    *,
    most_series: int,
    namespace: str = "Shop",
    check_log_group: str | None = None,
) -> tuple[WatchedDatabase, datetime]:
    """Return a watched database and the time at which its one run has ended and published into a namespace."""
    machine = create_machine(cloud)
    ended = run(cloud, machine).stopped
    assert ended is not None
    workflow = DeployedWorkflow(
        "shop",
        "sidestep-shop",
        machine,
        DEFINITION,
        keeps_history=True,
        in_console=False,
        check_log_group=check_log_group,
    )

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
    return WatchedDatabase(
        workflow, MetricsSource(settings, "shop"), client, most_series=most_series
    ), ended.astimezone(UTC)


def test_metrics_are_read_after_runs_only_and_rarely(cloud: LocalCloud, tmp_path: Path, asked: Counter[str]) -> None:
    # Given
    watched, ended = watch(cloud, tmp_path, asked, most_series=5)

    # When: the first poll may be before the published values can be read
    read = []
    for seconds in (1, 3, 20, 59, 62, 64, 130, 3600):
        watched.poll(ended + timedelta(seconds=seconds))
        read.append(asked["GetMetricData"])

    # Then
    assert read == [1, 1, 1, 1, 2, 2, 2, 2]


def test_unlisted_metrics_are_read_again_until_cloudwatch_lists_them(
    cloud: LocalCloud, tmp_path: Path, asked: Counter[str]
) -> None:
    # Given a run whose values CloudWatch does not list
    watched, ended = watch(cloud, tmp_path, asked, most_series=5, namespace="Unlisted")
    assert watched._source is not None
    settings = replace(watched._source.settings, namespace=f"Empty{ended.timestamp()}")
    watched._source = MetricsSource(settings, "shop")

    # When
    polls = []
    for minutes in (1, 3, 14, 17, 20):
        now = ended + timedelta(minutes=minutes)
        watched.poll(now)
        console = Console(width=100, record=True, file=io.StringIO())
        console.print(picture_of_all([watched], width=100))
        polls.append((asked["ListMetrics"], f"{LISTING // timedelta(minutes=1)} minutes" in console.export_text()))

    # Then it shows this for the whole period, and then does not read again before the next run
    each = polls[0][0]
    assert polls == [(each, True), (2 * each, True), (3 * each, True), (3 * each, False), (3 * each, False)]


def test_alarms_are_read_once_a_minute(cloud: LocalCloud, tmp_path: Path, asked: Counter[str]) -> None:
    # Given
    watched, ended = watch(cloud, tmp_path, asked, most_series=0)

    # When
    read = []
    for seconds in (0, 30, 61, 100, 130):
        watched.poll(ended + timedelta(seconds=seconds))
        read.append(asked["DescribeAlarms"])

    # Then, and no metrics are read
    assert read == [1, 1, 2, 2, 3]
    assert asked["ListMetrics"] == asked["GetMetricData"] == 0


def test_the_log_of_checks_is_read_until_the_lines_of_the_latest_run_are_there(
    cloud: LocalCloud, tmp_path: Path, asked: Counter[str]
) -> None:
    # Given
    cloud.client("logs").create_log_group(logGroupName="/sidestep/checks/one")
    watched, ended = watch(cloud, tmp_path, asked, most_series=0, check_log_group="/sidestep/checks/one")

    # When
    read = []
    for seconds in (0, 1, 4, 16, 20, 60, 3600):
        watched.poll(ended + timedelta(seconds=seconds))
        read.append(asked["FilterLogEvents"])

    # Then
    assert read == [1, 1, 2, 3, 3, 3, 3]


def test_a_log_of_checks_that_cannot_be_read_is_named_beside_the_rest(
    cloud: LocalCloud, tmp_path: Path, asked: Counter[str]
) -> None:
    # Given
    watched, ended = watch(cloud, tmp_path, asked, most_series=0, check_log_group="/sidestep/checks/gone")

    # When
    watched.poll(ended)
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(picture_of_all([watched], width=100))

    # Then
    text = console.export_text()
    assert "/sidestep/checks/gone" in text
    assert "executions of shop" in text
