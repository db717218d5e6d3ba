"""Queries on several databases in their stacks, and the stack with the dashboard of all of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sidestep import Check, Metric, Query, paths
from sidestep.commands.cost.comparison import compare
from sidestep.config.loader import load_settings
from sidestep.infrastructure.app import add_stacks
from sidestep.infrastructure.environment import Environment
from tests.infrastructure import apps
from tests.infrastructure.conftest import Template, function, new_app, resources
from tests.infrastructure.test_monitoring import widgets
from tests.infrastructure.test_nag import findings_in

US = """
endpoint = "us.abc.us-east-1.rds.amazonaws.com"
resource_id = "db-ABC"
vpc_id = "vpc-0123abcd"
subnets = ["subnet-0123abcd"]
security_group = "sg-0123abcd"
database = "shop"
"""

FILE = """
name = "prod"
namespace = "Shop"
schedule = "rate(5 minutes)"
query_metrics = true

[database.eu]
{eu}
[database.us]
{us}

[[query]]
name = "orders"
database = "*"
sql = "SELECT COUNT(*) AS Orders FROM orders"
alarm_on_empty = true
[query.metrics]
Orders = {{ alarm = {{ above = 9 }} }}

[[query]]
name = "by_plan"
database = ["eu", "us"]
sql = "SELECT plan AS Plan, COUNT(*) AS ByPlan FROM orders GROUP BY plan"
dimensions = ["Plan"]
[query.metrics]
ByPlan = {{ rollup = true, alarm = {{ above = 9 }} }}

[[query]]
name = "here"
database = "eu"
sql = "SELECT COUNT(*) AS Here FROM orders"
[query.metrics]
Here = {{}}
"""

SAMPLES = FILE.format(eu="sample = true", us="sample = true")

Synthesized = Callable[[str], dict[str, Template]]


def in_environment(environment: Environment) -> str:
    """Return the keys of a database in an account and a Region; the key of an unknown one is left out."""
    keys = {"account": environment.account, "region": environment.region}
    return US + "".join(f'{key} = "{value}"\n' for key, value in keys.items() if value)


def lines(shown: dict[str, Any], title: str) -> dict[str, dict[str, Any]]:
    """Return the options of each line of a graph, by its label."""
    return {line[-1]["label"]: line[-1] for line in shown[title]["metrics"]}


def test_alarms_watch_the_series_of_their_own_database(synthesized: Synthesized) -> None:
    # When
    templates = synthesized(SAMPLES)

    # Then
    for database in ("eu", "us"):
        alarms = {
            alarm["AlarmName"]: alarm for alarm in resources(templates[f"prod-{database}"], "AWS::CloudWatch::Alarm")
        }
        own = {"Name": "Database", "Value": database}
        assert alarms[f"prod-{database}/orders/above/Orders"]["Dimensions"] == [own]
        assert alarms[f"prod-{database}/orders/empty"]["Dimensions"] == [own, {"Name": "Query", "Value": "orders"}]
        (insights,) = [metric["Expression"] for metric in alarms[f"prod-{database}/by_plan/above/ByPlan"]["Metrics"]]
        assert insights.endswith(f"WHERE \"Database\" = '{database}'")


def test_the_bundle_names_the_database_of_shared_queries_only(synthesized: Synthesized, tmp_path: Path) -> None:
    # When
    _, properties = function(synthesized(SAMPLES)["prod-eu"], "query_database")
    asset = tmp_path / "out" / f"asset.{properties['Code']['S3Key'].removesuffix('.zip')}"
    (listing,) = asset.rglob("queries.json")

    # Then
    queries = json.loads(listing.read_text(encoding="utf-8"))
    assert [(query["name"], query.get("database"), query["fixed_dimensions"]) for query in queries] == [
        ("orders", "eu", {"Database": "eu"}),
        ("by_plan", "eu", {"Database": "eu"}),
        ("here", None, {}),
    ]
    assert all(query["query_metrics"] for query in queries)


def test_a_dashboard_shows_the_databases_together(synthesized: Synthesized) -> None:
    # When
    templates = synthesized(SAMPLES)
    shown = widgets(templates["prod-overview"])

    # Then with a line for each database, and without the query of one database
    assert lines(shown, "Orders").keys() == {"eu", "us"}
    assert lines(shown, "ByPlan").keys() == {
        *("eu ${PROP('Dim.Plan')}", "us ${PROP('Dim.Plan')}", "eu total", "us total"),
    }
    assert lines(shown, "QueryDuration orders").keys() == {"eu", "us"}
    assert "FailedQueries orders eu" in lines(shown, "Queries that failed or were empty")
    assert "Here" not in shown

    # And it depends on no other stack
    assert len(resources(templates["prod-overview"], "AWS::CloudWatch::Dashboard")) == 1
    assert len(templates["prod-overview"]["Resources"]) == 1
    assert "ImportValue" not in json.dumps(templates)
    assert widgets(templates["prod-eu"]).keys() >= {"Orders", "ByPlan", "Here", "QueryDuration", "RowsReturned"}


def test_a_band_of_expected_values_is_on_the_dashboard_of_its_database_only(synthesized: Synthesized) -> None:
    # Given
    anomaly = SAMPLES.replace("Orders = { alarm = { above = 9 } }", "Orders = { alarm = { anomaly = 2 } }")

    # When
    templates = synthesized(anomaly)

    # Then
    assert lines(widgets(templates["prod-overview"]), "Orders").keys() == {"eu", "us"}
    assert "ANOMALY_DETECTION_BAND" in str(widgets(templates["prod-eu"])["Orders"])


@pytest.mark.parametrize(
    ("eu", "us", "own", "there"),
    [
        (Environment(), Environment("1" * 12, "us-east-1"), Environment(), {"region": "us-east-1"}),
        (
            Environment("2" * 12, "eu-west-1"),
            Environment("1" * 12, "us-east-1"),
            Environment("2" * 12, "eu-west-1"),
            {"region": "us-east-1", "accountId": "1" * 12},
        ),
        (Environment("1" * 12, "eu-west-1"), Environment(), Environment("1" * 12, "eu-west-1"), {}),
    ],
    ids=["unknown and known", "two accounts", "the shell's Region"],
)
def test_lines_of_another_region_or_account_name_it(
    tmp_path: Path, eu: Environment, us: Environment, own: Environment, there: dict[str, str]
) -> None:
    # Given the credentials of an account in one Region
    shell = Environment("1" * 12, "eu-west-1")
    file = tmp_path / "metrics.toml"
    file.write_text(FILE.format(eu=in_environment(eu), us=in_environment(us)), encoding="utf-8")

    # When
    app = new_app(tmp_path / "out")
    add_stacks(app, load_settings(file), build=paths.ROOT / paths.BUILD, shell=shell)
    (stack,) = [stack for stack in app.synth().stacks if stack.stack_name == "prod-overview"]

    # Then
    unknown = Environment("unknown-account", "unknown-region")
    assert (stack.environment.account, stack.environment.region) == (
        own.account or unknown.account,
        own.region or unknown.region,
    )
    body = stack.template["Resources"]["Dashboard9E4231ED"]["Properties"]["DashboardBody"]
    shown = {one["properties"].get("title"): one["properties"] for one in json.loads(plain(body))["widgets"]}
    for title in ("Orders", "ByPlan", "QueryDuration orders"):
        (line, *_) = [line for label, line in lines(shown, title).items() if label.startswith("us")]
        assert {key: line[key] for key in ("region", "accountId") if key in line} == there
        assert not {"region", "accountId"} & lines(shown, title)[next(iter(lines(shown, title)))].keys()


def plain(body: str | dict[str, Any]) -> str:
    """Return text with every reference resolved to the same text."""
    if isinstance(body, str):
        return body
    return "".join(part if isinstance(part, str) else "REFERENCE" for part in body["Fn::Join"][1])


@pytest.mark.parametrize(
    "text", [f"dashboard = false\n{SAMPLES}", SAMPLES.replace('"*"', '"eu"').replace('["eu", "us"]', '"us"')]
)
def test_without_shared_queries_or_dashboards_there_is_no_other_stack(synthesized: Synthesized, text: str) -> None:
    assert synthesized(text).keys() == {"prod-eu", "prod-us"}


def test_the_bill_has_as_many_dashboards_and_alarms_as_the_stacks(synthesized: Synthesized, tmp_path: Path) -> None:
    # When
    templates = synthesized(SAMPLES).values()
    bill = {line.what: line.quantity for line in compare(load_settings(tmp_path / "metrics.toml")).ours.lines}

    # Then
    def count(kind: str) -> int:
        return sum(len(resources(template, kind)) for template in templates)

    assert bill["dashboards"] == count("AWS::CloudWatch::Dashboard") == 3
    assert bill["alarms"] + 2 == count("AWS::CloudWatch::Alarm")  # two more are on dimensions
    assert bill["custom metrics"] == 2 * (3 + 102) + 3


def test_no_rule_of_cdk_nag_is_broken(tmp_path: Path) -> None:
    # Given
    file = tmp_path / "metrics.toml"
    file.write_text(SAMPLES, encoding="utf-8")
    app = new_app(tmp_path / "out")

    # When
    add_stacks(app, load_settings(file), build=paths.ROOT / paths.BUILD)

    # Then
    assert findings_in(app) == []


def test_an_app_turns_query_metrics_on(tmp_path: Path) -> None:
    # Given
    off = Query(name="off", sql="SELECT 1 AS Off", metrics={"Off": Metric()}, query_metrics=False)
    orphans = Check(name="orphans", sql="SELECT id FROM orders")

    # When
    app = new_app(tmp_path / "out")
    metrics = apps.known_shop(app, queries=[apps.ORDERS, off], checks=[orphans], query_metrics=True)
    template = apps.template_of(app)

    # Then
    shown = widgets(template)
    assert [line[-1]["label"] for line in shown["RowsReturned"]["metrics"]] == ["orders", "orphans"]
    assert metrics.dashboard
