"""Checks in a stack: alarms, the log group of rows, and what a stack without rows has instead."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from sidestep import Check
from sidestep.config.errors import ConfigError
from tests.infrastructure import apps
from tests.infrastructure.conftest import Template, function, new_app, resources
from tests.infrastructure.test_monitoring import alarms, widgets

HEAD = """
namespace = "Shop"
schedule = "rate(5 minutes)"
[database.shop]
sample = true
"""

ORPHANS = """
[[check]]
name = "orphans"
sql = "SELECT id, email FROM orders WHERE customer_id IS NULL"
severity = "critical"
for = 2
"""

ROWS = 'rows = 20\nshow = ["id"]\n'

FRESH = """
[[check]]
name = "fresh"
sql = "SELECT MAX(created_at) FROM orders"
max_age = "2 hours"
missing = "alarm"
"""

LOG_GROUP = "/sidestep/checks/sidestep-shop"

MAX_DESCRIPTION = 1024
"""Characters of an alarm's description (CloudWatch API reference, PutMetricAlarm)."""

Synthesized = Callable[[str], dict[str, Template]]


def description(alarm: dict[str, Any]) -> str:
    """Return an alarm's description in a region."""
    text = alarm["AlarmDescription"]
    parts = [text] if isinstance(text, str) else text["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else "eu-central-1" for part in parts)


def log_group_of(template: Template, name: str) -> dict[str, Any]:
    """Return the log group of the function lambdas/`name`."""
    _, properties = function(template, name)
    group: dict[str, Any] = template["Resources"][properties["LoggingConfig"]["LogGroup"]["Ref"]]
    return group


def test_a_check_has_an_alarm_that_returns_to_ok(synthesized: Synthesized) -> None:
    # When
    alarm = alarms(synthesized(HEAD + ORPHANS)["sidestep-shop"])["orphans/above/Violations"]

    # Then
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Shop", "Violations", "Average")
    assert alarm["Dimensions"] == [{"Name": "Check", "Value": "orphans"}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (300, 2, "ignore")
    assert description(alarm).startswith("[critical] The check orphans")


def test_a_check_of_an_age_has_an_alarm_beyond_it(synthesized: Synthesized) -> None:
    # When
    alarm = alarms(synthesized(HEAD + FRESH)["sidestep-shop"])["fresh/above/Age"]

    # Then
    assert (alarm["MetricName"], alarm["Dimensions"]) == ("Age", [{"Name": "Check", "Value": "fresh"}])
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 7200)
    assert alarm["TreatMissingData"] == "breaching"
    assert "7200 s" in description(alarm)


def test_rows_are_logged_in_a_log_group_of_one_month(synthesized: Synthesized) -> None:
    # When
    template = synthesized(HEAD + ORPHANS + ROWS)["sidestep-shop"]

    # Then
    group = log_group_of(template, "query_database")
    assert group["Properties"] == {"LogGroupName": LOG_GROUP, "RetentionInDays": 30}
    assert group["DeletionPolicy"] == "Delete"
    outputs = {name: output["Value"] for name, output in template["Outputs"].items()}
    assert outputs["CheckLogGroup"] == LOG_GROUP


def test_without_rows_the_stack_has_no_log_group_for_them(synthesized: Synthesized, template: Template) -> None:
    # When
    other = synthesized(HEAD + ORPHANS + FRESH)["sidestep-shop"]

    # Then its log group has the same logical ID and properties as without checks
    _, with_checks = function(other, "query_database")
    _, without = function(template, "query_database")
    assert with_checks["LoggingConfig"] == without["LoggingConfig"]
    assert log_group_of(other, "query_database")["Properties"] == {"RetentionInDays": 30}
    assert "CheckLogGroup" not in other["Outputs"]


def test_the_alarm_leads_to_the_rows(synthesized: Synthesized) -> None:
    # When
    template = synthesized(HEAD + ORPHANS.replace("orphans", "o" * 64) + ROWS)["sidestep-shop"]
    text = description(alarms(template)[f"{'o' * 64}/above/Violations"])

    # Then the link has the form of the console's own links, and no character at which a mail program ends it
    _, _, link = text.rpartition(" ")
    assert link.isascii()
    assert not set("'()<>\" ") & set(link)
    fragment = unquote(unquote(link.partition("#")[2].replace("$", "%")))
    assert fragment.startswith(
        "logsV2:logs-insights?queryDetail=~(end~0~start~-86400~timeType~'RELATIVE~unit~'seconds~"
    )
    detail = unquote(fragment.replace("*", "%"))
    assert f'filter check = "{"o" * 64}"' in detail
    assert detail.endswith(f"~source~(~'{LOG_GROUP}))")
    assert len(text) <= MAX_DESCRIPTION


def test_the_dashboard_shows_each_check_and_its_rows(synthesized: Synthesized) -> None:
    # When
    shown = widgets(synthesized(HEAD + ORPHANS + ROWS + FRESH)["sidestep-shop"])

    # Then
    assert {"Violations orphans", "Age fresh", "Rows orphans"} <= shown.keys()
    assert shown["Rows orphans"]["query"].startswith(f"SOURCE '{LOG_GROUP}' | fields")
    assert "Rows fresh" not in shown


def test_the_bundle_says_what_a_check_is(synthesized: Synthesized, tmp_path: Path) -> None:
    # When
    template = synthesized(HEAD + ORPHANS + ROWS + FRESH)["sidestep-shop"]
    _, properties = function(template, "query_database")
    asset = tmp_path / "out" / f"asset.{properties['Code']['S3Key'].removesuffix('.zip')}"
    (listing,) = asset.rglob("queries.json")

    # Then
    queries = json.loads(listing.read_text(encoding="utf-8"))
    assert [query["check"] for query in queries] == [
        {"rows": 20, "show": ["id"], "is_age": False},
        {"rows": 0, "show": [], "is_age": True},
    ]
    assert "severity" not in queries[0]


def test_an_app_passes_checks_as_objects(tmp_path: Path) -> None:
    # Given
    orphans = Check(name="orphans", sql="SELECT id FROM orders", rows=5, show=["id"], severity="error", for_=2)
    fresh = Check(name="fresh", sql="SELECT MAX(created_at) FROM orders", max_age="1 day", on_null="skip")

    # When
    app = new_app(tmp_path / "out")
    metrics = apps.known_shop(app, queries=None, checks=[orphans, fresh], name="shop-checks")
    metric = metrics.metric("Age")
    template = apps.template_of(app)

    # Then
    names = {alarm["AlarmName"] for alarm in resources(template, "AWS::CloudWatch::Alarm")}
    assert names == {"shop-checks/missing", "shop-checks/orphans/above/Violations", "shop-checks/fresh/above/Age"}
    assert metric.dimensions == {"Check": "fresh"}
    assert log_group_of(template, "query_database")["Properties"]["LogGroupName"] == "/sidestep/checks/shop-checks"


def test_a_metric_that_several_checks_publish_needs_the_name_of_one(tmp_path: Path) -> None:
    # Given
    checks = [Check(name=name, sql="SELECT id FROM orders") for name in ("one", "other")]
    metrics = apps.known_shop(new_app(tmp_path / "out"), queries=None, checks=checks)

    # Then
    assert metrics.metric("Violations", dimensions={"Check": "other"}).dimensions == {"Check": "other"}
    with pytest.raises(ConfigError, match="one, other"):
        metrics.metric("Violations")


def test_an_error_in_a_check_of_an_app_names_the_construct(tmp_path: Path) -> None:
    # Given
    wrong = Check(name="wrong", sql="SELECT id FROM orders", rows=5)

    # When
    with pytest.raises(ConfigError) as caught:
        apps.known_shop(new_app(tmp_path / "out"), queries=None, checks=[wrong])

    # Then
    (error,) = caught.value.errors
    assert error.startswith('Shop/Orders: check "wrong": rows: needs show')


def test_an_app_passes_a_file_or_objects(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="either metrics"):
        apps.known_shop(new_app(tmp_path / "out"), queries=None)
