"""Results of several pages on the whole chain: each series arrives once, whether the environment is kept or not."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidestep.aws.metrics import Series, Values, read_series
from tests.end_to_end.conftest import PERIOD, Deployed, deploy, synthesize
from tests.faults.cloud import FaultyCloud

PAGES = 3
SERIES = PAGES * 1000

SQL = "SELECT plan AS Plan, id AS Number FROM sessions WHERE id > 3 ORDER BY id"

METRICS_FILE = f"""
namespace = "Large"
schedule = "rate(5 minutes)"

[database.shop]
sample = true
prepare = true

[[query]]
name = "sessions"
sql = "{SQL}"
dimensions = ["Plan"]
max_series = {SERIES}
metrics = {{ Number = {{ unit = "Count" }} }}

[[query]]
name = "shuffled"
sql = "SELECT plan AS Plan, id AS Shuffled FROM sessions WHERE id BETWEEN 4 AND 1503 ORDER BY RAND()"
dimensions = ["Plan"]
max_series = 1500
metrics = {{ Shuffled = {{ unit = "Count" }} }}
"""


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    (folder / "metrics.toml").write_text(METRICS_FILE)
    synthesize(folder / "metrics.toml", folder / "cdk.out")
    return folder / "cdk.out"


@pytest.fixture
def deployed(assembly: Path) -> Iterator[Deployed]:
    with FaultyCloud(event_scheduler=False) as cloud:
        deployed = deploy(cloud, assembly)
        cloud.database.execute(
            "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?) "
            "INSERT INTO sessions (plan, expires_at) SELECT 'plan-' || n, '2099-01-01 00:00:00' FROM number",
            [SERIES],
        )
        yield deployed


@pytest.fixture
def moment() -> datetime:
    """Return when the runs are scheduled."""
    return (datetime.now(UTC) - 2 * PERIOD).replace(minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(("keep_warm", "executions_of_the_query"), [(True, 1), (False, PAGES)])
def test_every_series_arrives_once(
    deployed: Deployed, moment: datetime, keep_warm: bool, executions_of_the_query: int
) -> None:
    # Given environments that are kept as in Lambda, or lost after each page
    cloud = deployed.cloud
    cloud.functions.keep_warm = keep_warm

    # When
    execution = deployed.run(
        {"ScheduledTime": moment.isoformat(), "Queries": ["sessions"]},
        interval=0.5,  # each look reads the whole history
    )

    # Then
    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert [step.state for step in execution.steps].count("PublishMetrics") == PAGES
    asked = [
        answer for answer in cloud.database.answers if answer.sql.startswith("SELECT plan AS Plan, id AS Number")
    ]
    assert len(asked) == executions_of_the_query

    # And each value is there, once
    assert series_at(deployed, moment) == {
        Series("Number", (("Plan", f"plan-{number}"),)): {moment: number + 3.0} for number in range(1, SERIES + 1)
    }
    assert sum(json.loads(line)["datums"] for line in deployed.logged(pages=PAGES)) == SERIES

    # And the execution's history has room for many times as many
    pages = cloud.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution.arn)
    assert sum(len(page["events"]) for page in pages) < PAGES * 12 + 10


def test_an_order_that_changes_between_pages_fails_its_query(deployed: Deployed, moment: datetime) -> None:
    # Given a result without an order, and an environment that is lost after its first page
    deployed.cloud.functions.keep_warm = False

    # When
    execution = deployed.run({"ScheduledTime": moment.isoformat(), "Queries": ["shuffled"]})

    # Then
    assert (execution.status, execution.error) == ("FAILED", "QueriesFailed")
    (failure,) = json.loads(execution.cause or "")
    assert failure["Query"] == "shuffled"
    assert "1000" in failure["Error"]
    assert "ORDER BY" in failure["Error"]

    # And what is there is right
    values = series_at(deployed, moment)
    assert values.pop(Series("FailedQueries", (("Query", "shuffled"),))) == {moment: 1.0}
    assert len(values) == 1000
    assert all(list(value.values()) == [float(one.label.partition("-")[2]) + 3] for one, value in values.items())


def series_at(deployed: Deployed, moment: datetime) -> dict[Series, Values]:
    client = deployed.cloud.client("cloudwatch")
    return read_series(client, "Large", start=moment, end=moment + PERIOD, period=PERIOD)
