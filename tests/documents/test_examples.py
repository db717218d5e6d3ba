"""The examples of metrics.toml, events and TOML keys in the documents are valid."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.config.checks import Check
from sidestep.config.loader import load_settings
from sidestep.config.settings import Alarm, General, Metric, Query
from sidestep.lambdas.query_database.checks import check_data
from sidestep.lambdas.query_database.event import FIRST_KEYS, run_from
from sidestep.lambdas.query_database.metric_data import Layout
from sidestep.lambdas.query_database.queries import Check as DeployedCheck
from sidestep.lambdas.query_database.queries import Metric as DeployedMetric
from sidestep.lambdas.query_database.queries import Query as DeployedQuery
from tests.documents.markdown import WITH_EXAMPLES, blocks, examples
from tests.unit.metrics_files import write

CONFIGURATION = paths.ROOT / "docs" / "configuration.md"
OPERATIONS = paths.ROOT / "docs" / "operations.md"

EXAMPLES = [
    pytest.param(example, id=f"{document.name}-{number}")
    for document in WITH_EXAMPLES
    for number, example in enumerate(examples(document))
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_valid(tmp_path: Path, example: str) -> None:
    assert load_settings(write(tmp_path, example)).queries


def test_the_first_example_of_the_configuration_has_every_key() -> None:
    # Given
    content = tomllib.loads(examples(CONFIGURATION)[0])
    (query,) = content["query"]
    rows, age = content["check"]
    (metric,) = query["metrics"].values()

    # Then
    of_a_file = {"certificates", "certificates_sha256"}  # which does not exist here
    assert set(content) == {*General.key_names(), "database", "query", "check"} - of_a_file
    assert {*rows, *age} == set(Check.key_names())
    assert set(query) == set(Query.key_names())
    assert set(metric) == set(Metric.key_names())
    assert set(metric["alarm"]) == set(Alarm.key_names()) - {"anomaly"}  # which is for queries without dimensions


def test_the_documented_event_is_valid() -> None:
    # Given
    (shown,) = blocks(OPERATIONS, "json")
    deployed = {"new_orders": DeployedQuery("new_orders", "", (), 10, 100, "skip", "skip", {})}

    # When
    event = json.loads(shown)

    # Then
    assert set(event) == set(FIRST_KEYS)
    run = run_from(event, deployed, datetime(2026, 2, 1, tzinfo=UTC), "0" * 32)
    assert (run.scheduled_time, [query.name for query in run.queries]) == (event["ScheduledTime"], event["Queries"])


def test_the_line_of_a_logged_row_is_one_that_the_function_writes() -> None:
    # Given
    (shown,) = blocks(CONFIGURATION, "json")
    metrics = {"Violations": DeployedMetric("Count", 60)}
    query = DeployedQuery("negative_amounts", "", (), 10, 100, "fail", "fail", metrics)
    time = "2026-01-31T08:05:00Z"

    # When
    lines: list[str] = []
    check = DeployedCheck(1, ("id",))
    rows = [(17, -1), (18, -2), (19, -3)]
    [*_] = check_data(query, check, ["id", "amount"], [rows], Layout(query, time), time, lines.append)

    # Then
    assert lines == [shown.strip()]
