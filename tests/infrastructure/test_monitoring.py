"""Alarms, notifications and the dashboard: what fires when, and who can publish."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Environment, Stack

from sidestep import SqlMetrics, paths
from sidestep.commands.cost.comparison import compare
from sidestep.config.cloudwatch import LISTING, MAX_WIDGETS
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from sidestep.infrastructure.stack import SidestepStack
from sidestep.infrastructure.template_limits import MAX_BYTES, MAX_RESOURCES, check_templates
from sidestep.prices import ANOMALY_ALARM_METRICS
from tests.infrastructure import apps
from tests.infrastructure.conftest import Template, new_app, only, resources

SHIPPED = (paths.ROOT / "metrics.toml").read_text(encoding="utf-8")
COUNT = 'ActiveSessions = { unit = "Count" }'
BY_PLAN = 'SessionsByPlan = { unit = "Count", resolution = 60 }'

Synthesized = Callable[[str], dict[str, Template]]


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    """Return the properties of all alarms, by their names without the stack's."""
    return {
        alarm["AlarmName"].removeprefix("sidestep-shop/"): alarm
        for alarm in resources(template, "AWS::CloudWatch::Alarm")
    }


def widgets(template: Template) -> dict[str, dict[str, Any]]:
    """Return what the dashboard shows, by title, with every reference resolved to the same text."""
    body = only(template, "AWS::CloudWatch::Dashboard")["DashboardBody"]
    _, parts = body["Fn::Join"]
    text = "".join(part if isinstance(part, str) else "REFERENCE" for part in parts)
    shown = [widget["properties"] for widget in json.loads(text)["widgets"]]
    return {properties.get("title", properties.get("markdown")): properties for properties in shown}


def test_one_alarm_fires_when_no_run_succeeds(template: Template) -> None:
    # When
    ((name, alarm),) = alarms(template).items()
    expression, succeeded = alarm["Metrics"]

    # Then it counts successes and nothing else, with zero for a period without one, and fires below one
    assert name == "missing"
    assert (expression["Expression"], expression["ReturnData"]) == ("FILL(succeeded, 0)", True)
    assert (succeeded["Id"], succeeded["ReturnData"]) == ("succeeded", False)
    metric = succeeded["MetricStat"]["Metric"]
    assert (metric["Namespace"], metric["MetricName"]) == ("AWS/States", "ExecutionsSucceeded")
    (machine,) = [key for key, one in template["Resources"].items() if "StateMachine" in one["Type"]]
    assert metric["Dimensions"] == [{"Name": "StateMachineArn", "Value": {"Ref": machine}}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"

    # And waits for 20 minutes of silence, also when it is new
    assert (succeeded["MetricStat"]["Stat"], succeeded["MetricStat"]["Period"]) == ("Sum", 300)
    assert alarm["EvaluationPeriods"] == 4
    assert alarm["WarmUpConfiguration"] == {
        "WarmUpPeriodDurationInMinutes": 20,
        "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True,
    }


def test_notifications_are_opt_in(template: Template) -> None:
    assert not [one for one in template["Resources"].values() if one["Type"].startswith(("AWS::SNS", "AWS::KMS"))]
    assert "AlarmActions" not in alarms(template)["missing"]


def test_the_alarm_on_missing_metrics_can_be_left_out(synthesized: Synthesized) -> None:
    templates = synthesized(f"alarm_on_missing = false\n{SHIPPED}")
    assert alarms(templates["sidestep-shop"]) == {}
    assert "Alarms" not in widgets(templates["sidestep-shop"])


def test_a_database_can_override_monitoring(synthesized: Synthesized) -> None:
    templates = synthesized(SHIPPED.replace("sample = true", "sample = true\nalarm_on_missing = false"))
    assert not resources(templates["sidestep-shop"], "AWS::CloudWatch::Alarm")


@pytest.mark.parametrize(("key", "warned"), [("", True), ("alarm_on_missing = false\n", False)])
def test_a_database_that_runs_too_seldom_is_named(tmp_path: Path, key: str, warned: bool) -> None:
    # Given
    file = tmp_path / "metrics.toml"
    file.write_text(key + SHIPPED.replace("rate(5 minutes)", "cron(0 8 1 * ? *)"), encoding="utf-8")
    app = new_app(tmp_path / "out")

    # When
    SidestepStack(app, database="shop", settings=load_settings(file), build=paths.ROOT / paths.BUILD)
    (stack,) = app.synth().stacks

    # Then
    assert alarms(stack.template) == {}
    warnings = [str(one.entry.data) for one in stack.messages if "database.shop" in str(one.entry.data)]
    assert warned == any("alarm_on_missing = false" in warning for warning in warnings)


def test_thresholds_compare_averages_of_consecutive_runs(synthesized: Synthesized) -> None:
    # When
    rule = 'alarm = { above = 500, below = 1, for = 3, missing = "alarm" }'
    found = alarms(synthesized(SHIPPED.replace(COUNT, f"ActiveSessions = {{ {rule} }}"))["sidestep-shop"])

    # Then
    above, below = (found[f"active_sessions/{side}/ActiveSessions"] for side in ("above", "below"))
    assert (above["ComparisonOperator"], above["Threshold"]) == ("GreaterThanThreshold", 500)
    assert (below["ComparisonOperator"], below["Threshold"]) == ("LessThanThreshold", 1)
    for alarm in (above, below):
        assert (alarm["Namespace"], alarm["MetricName"]) == ("Sessions", "ActiveSessions")
        assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Average", 300, 3)
        assert alarm["TreatMissingData"] == "breaching"


@pytest.mark.parametrize(
    ("word", "treatment"),
    [("ignore", "ignore"), ("ok", "notBreaching"), ("alarm", "breaching"), ("unknown", "missing")],
)
def test_missing_values_are_treated_as_declared(synthesized: Synthesized, word: str, treatment: str) -> None:
    rule = f'alarm = {{ above = 5, missing = "{word}" }}'
    found = alarms(synthesized(SHIPPED.replace(COUNT, f"ActiveSessions = {{ {rule} }}"))["sidestep-shop"])
    assert found["active_sessions/above/ActiveSessions"]["TreatMissingData"] == treatment


def test_with_dimensions_the_worst_series_counts(synthesized: Synthesized) -> None:
    # When
    rule = "SessionsByPlan = { alarm = { above = 10, below = 2, for = 2 } }"
    found = alarms(synthesized(SHIPPED.replace(BY_PLAN, rule))["sidestep-shop"])

    # Then
    for side, worst in (("above", "MAX"), ("below", "MIN")):
        alarm = found[f"sessions_by_plan/{side}/SessionsByPlan"]
        (query,) = alarm["Metrics"]
        assert query["Expression"] == f'SELECT {worst}("SessionsByPlan") FROM SCHEMA("Sessions", "Plan")'
        assert (query["Period"], alarm["EvaluationPeriods"]) == (300, 2)


def test_fixed_dimensions_are_part_of_every_threshold(synthesized: Synthesized) -> None:
    # Given
    text = SHIPPED.replace(
        "sample = true", 'sample = true\nfixed_dimensions = { Environment = "prod", "My team" = "a/b" }'
    )
    text = text.replace(COUNT, "ActiveSessions = { alarm = { above = 5 } }")
    text = text.replace(BY_PLAN, "SessionsByPlan = { alarm = { above = 5 } }")
    text = text.replace('dimensions = ["Plan"]', 'dimensions = ["Plan"]\nalarm_on_empty = true')

    # When
    found = alarms(synthesized(text)["sidestep-shop"])

    # Then
    assert found["active_sessions/above/ActiveSessions"]["Dimensions"] == [
        {"Name": "Environment", "Value": "prod"},
        {"Name": "My team", "Value": "a/b"},
    ]
    (query,) = found["sessions_by_plan/above/SessionsByPlan"]["Metrics"]
    assert query["Expression"] == (
        'SELECT MAX("SessionsByPlan") FROM SCHEMA("Sessions", "Plan", "Environment", "My team") '
        "WHERE \"Environment\" = 'prod' AND \"My team\" = 'a/b'"
    )

    # And Sidestep's own metrics have the query as their only one
    assert found["sessions_by_plan/empty"]["Dimensions"] == [{"Name": "Query", "Value": "sessions_by_plan"}]


def test_an_alarm_on_empty_results_is_opt_in(synthesized: Synthesized) -> None:
    # When
    text = SHIPPED.replace('dimensions = ["Plan"]', 'dimensions = ["Plan"]\nalarm_on_empty = true')
    alarm = alarms(synthesized(text)["sidestep-shop"])["sessions_by_plan/empty"]

    # Then
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Sessions", "EmptyResults", "Maximum")
    assert alarm["Dimensions"] == [{"Name": "Query", "Value": "sessions_by_plan"}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_a_band_of_expected_values_is_one_alarm_and_a_line_of_the_graph(synthesized: Synthesized) -> None:
    # When
    text = SHIPPED.replace(COUNT, "ActiveSessions = { alarm = { anomaly = 2.5, for = 3, missing = 'ok' } }")
    template = synthesized(text.replace("sample = true", 'sample = true\nfixed_dimensions = { Team = "a" }'))[
        "sidestep-shop"
    ]
    alarm = alarms(template)["active_sessions/anomaly/ActiveSessions"]

    # Then
    assert alarm["ComparisonOperator"] == "LessThanLowerOrGreaterThanUpperThreshold"
    assert (alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (3, "notBreaching")
    assert "Threshold" not in alarm
    band, series = sorted(alarm["Metrics"], key=lambda one: "MetricStat" in one)
    assert (band["Id"], band["Expression"]) == (
        alarm["ThresholdMetricId"],
        f"ANOMALY_DETECTION_BAND({series['Id']}, 2.5)",
    )
    assert series["MetricStat"] == {
        "Metric": {
            "Namespace": "Sessions",
            "MetricName": "ActiveSessions",
            "Dimensions": [{"Name": "Team", "Value": "a"}],
        },
        "Period": 300,
        "Stat": "Average",
    }

    # And
    assert widgets(template)["ActiveSessions"]["metrics"] == [
        ["Sessions", "ActiveSessions", "Team", "a", {"id": "average"}],
        [{"label": "expected", "expression": "ANOMALY_DETECTION_BAND(average, 2.5)"}],
    ]


def test_a_wall_clock_window_has_the_days_of_the_schedules_time_zone(synthesized: Synthesized) -> None:
    # Given
    rule = 'alarm = { above = 5, anomaly = 2, for = 3, missing = "alarm", window = "wall-clock" }'
    text = SHIPPED.replace(COUNT, f"ActiveSessions = {{ {rule} }}")
    daily = 'schedule = "cron(0 8 * * ? *)"\ntimezone = "Europe/Berlin"'
    text = text.replace('name = "active_sessions"', f'name = "active_sessions"\n{daily}')

    # When
    found = alarms(synthesized(text)["sidestep-shop"])

    # Then the other alarms have CloudWatch's default
    windows = {name: alarm["EvaluationWindow"] for name, alarm in found.items() if "EvaluationWindow" in alarm}
    berlin = {"WallClockWindow": {"Timezone": "Europe/Berlin"}}
    assert windows == {
        "active_sessions/above/ActiveSessions": berlin,
        "active_sessions/anomaly/ActiveSessions": berlin,
    }
    above = found["active_sessions/above/ActiveSessions"]
    assert (above["Period"], above["EvaluationPeriods"]) == (86_400, 3)


def test_a_weekly_run_is_missed_on_the_days_of_its_time_zone(synthesized: Synthesized) -> None:
    # When
    text = SHIPPED.replace("rate(5 minutes)", "cron(0 8 ? * MON *)")
    alarm = alarms(synthesized(f'timezone = "Europe/Berlin"\n{text}')["sidestep-shop"])["missing"]

    # Then
    assert alarm["EvaluationWindow"] == {"WallClockWindow": {"Timezone": "Europe/Berlin"}}
    assert (alarm["Metrics"][1]["MetricStat"]["Period"], alarm["EvaluationPeriods"]) == (86_400, 7)


@pytest.mark.parametrize(("region", "names"), [("eu-central-1", ["Missing"]), ("me-south-1", [])])
def test_a_weekly_schedule_has_no_alarm_on_missing_runs_where_wall_clock_windows_are_missing(
    tmp_path: Path, region: str, names: list[str]
) -> None:
    # Given
    app = new_app(tmp_path / "out")
    stack = Stack(app, "Shop", env=Environment(account="123456789012", region=region))

    vpc = apps.known_vpc(stack)
    keys = apps.KEYS | apps.FOR_MYSQL | {"vpc": vpc, "database": apps.known_instance(stack, vpc)}

    # When
    metrics = SqlMetrics(stack, "Orders", **keys | {"schedule": "cron(0 8 ? * MON *)"})

    # Then
    assert [alarm.node.id for alarm in metrics.alarms] == names


def test_every_alarm_of_several_schedules_keeps_its_own_time(synthesized: Synthesized) -> None:
    # Given a query that runs once a day beside one that runs all the time
    text = SHIPPED.replace(COUNT, "ActiveSessions = { alarm = { above = 5, for = 2 } }")
    text = text.replace('name = "active_sessions"', 'name = "active_sessions"\nschedule = "rate(1 day)"')

    # When
    found = alarms(synthesized(text)["sidestep-shop"])

    # Then
    assert found["active_sessions/above/ActiveSessions"]["Period"] == 86_400
    assert found["missing"]["EvaluationPeriods"] == 4


def test_alarms_notify_all_recipients_of_alarm_and_ok(synthesized: Synthesized) -> None:
    # When
    template = synthesized(f'notify = ["ops@example.com", "me@example.com"]\n{SHIPPED}')["sidestep-shop"]

    # Then
    (topic,) = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::SNS::Topic"]
    for alarm in alarms(template).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
    assert [(one["Protocol"], one["Endpoint"]) for one in resources(template, "AWS::SNS::Subscription")] == [
        ("email", "ops@example.com"),
        ("email", "me@example.com"),
    ]


def test_only_the_stacks_alarms_can_publish_and_only_encrypted(synthesized: Synthesized) -> None:
    # When
    template = synthesized(f'notify = ["ops@example.com"]\n{SHIPPED}')["sidestep-shop"]
    (key_name,) = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::KMS::Key"]
    key = template["Resources"][key_name]
    policy = only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    # Then the key is the stack's own, turns every year, and goes with it
    assert only(template, "AWS::SNS::Topic")["KmsMasterKeyId"] == {"Fn::GetAtt": [key_name, "Arn"]}
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == "Delete"

    # And no principal publishes without TLS, or for alarms of other stacks and accounts
    deny, allow = policy
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    encrypt = key["Properties"]["KeyPolicy"]["Statement"][1]
    assert (allow["Effect"], allow["Action"]) == ("Allow", "sns:Publish")
    assert encrypt["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    for statement in (allow, encrypt):
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        (source,) = statement["Condition"]["ArnLike"].values()
        assert source["Fn::Join"][1][-1] == ":alarm:sidestep-shop/*"


def test_the_dashboard_shows_alarms_runs_and_every_metric(template: Template) -> None:
    # When
    shown = widgets(template)

    # Then
    assert only(template, "AWS::CloudWatch::Dashboard")["DashboardName"] == "sidestep-shop"
    titles = list(shown)
    (about_searches,) = [title for title in titles if str(LISTING // timedelta(minutes=1)) in title]
    assert [title for title in titles if title != about_searches] == [
        "Alarms",
        "Runs by outcome",
        "Run time",
        "Queries that failed or were empty",
        "ActiveSessions",
        "SessionsByPlan",
    ]
    assert len(shown["Alarms"]["alarms"]) == 1
    outcomes = [line[1] for line in shown["Runs by outcome"]["metrics"]]
    assert outcomes == ["ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"]
    assert {line[1] for line in shown["Run time"]["metrics"]} == {"ExecutionTime"}
    assert shown["ActiveSessions"]["metrics"] == [["Sessions", "ActiveSessions"]]


def with_metrics(count: int, table: str = "{ alarm = { above = 1, below = 0 } }") -> str:
    """Return the shipped file with `count` metrics in the first query, each with two alarms."""
    metrics = "\n".join(f"M{number} = {table}" for number in range(count))
    return SHIPPED.replace(COUNT, metrics).replace("COUNT(*) AS ActiveSessions", "*")


def test_an_alarm_widget_has_no_more_alarms_than_cloudwatch_takes(synthesized: Synthesized) -> None:
    # When
    template = synthesized(with_metrics(50))["sidestep-shop"]
    shown = [widget for title, widget in widgets(template).items() if title.startswith("Alarms")]

    # Then
    assert [len(widget["alarms"]) for widget in shown] == [100, 1]
    assert len(alarms(template)) == 101


def test_a_dashboard_with_more_widgets_than_cloudwatch_takes_is_refused(synthesized: Synthesized) -> None:
    # Given one metric more than leaves room for the other widgets
    text = with_metrics(MAX_WIDGETS - 5, "{}")

    # When / Then
    with pytest.raises(ConfigError) as caught:
        synthesized(text)
    assert "database.shop: " in str(caught.value)
    assert str(MAX_WIDGETS + 1) in str(caught.value)


def test_a_stack_that_cloudformation_would_refuse_is_refused(tmp_path: Path) -> None:
    # Given more alarms than a template has room for
    file = tmp_path / "metrics.toml"
    file.write_text(with_metrics(MAX_RESOURCES // 2), encoding="utf-8")

    # When
    result = subprocess.run(
        [sys.executable, paths.ROOT / "app.py"],
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps({"metrics": str(file)})},
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert result.returncode == 2, result.stderr
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{file}: database.shop: ")
    assert str(MAX_RESOURCES) in line


def test_a_template_that_is_too_large_is_refused(tmp_path: Path) -> None:
    # Given
    template = tmp_path / "sidestep-shop.template.json"
    settings = load_settings(paths.METRICS_FILE)
    template.write_text('{"Resources": {}}')
    check_templates(tmp_path, settings, file="metrics.toml")

    # When
    template.write_text('{"Resources": {}}' + " " * MAX_BYTES)

    # Then
    with pytest.raises(ConfigError) as caught:
        check_templates(tmp_path, settings, file="metrics.toml")
    (mistake,) = caught.value.errors
    assert f"{MAX_BYTES:,}" in mistake


def test_the_dashboard_has_a_line_per_dimension_value(template: Template) -> None:
    (line,) = widgets(template)["SessionsByPlan"]["metrics"][0]
    assert line["expression"] == """SEARCH('{"Sessions","Plan"} MetricName="SessionsByPlan"', 'Average', 300)"""
    assert line["label"] == "${PROP('Dim.Plan')}"


def test_the_dashboard_searches_for_fixed_dimensions(synthesized: Synthesized) -> None:
    # Given
    fixed = 'fixed_dimensions = { Environment = "prod (EU)" }'
    shown = widgets(synthesized(SHIPPED.replace("sample = true", f"sample = true\n{fixed}"))["sidestep-shop"])

    # Then a parenthesis is not one of the search's own
    assert shown["ActiveSessions"]["metrics"] == [["Sessions", "ActiveSessions", "Environment", "prod (EU)"]]
    ((search,),) = shown["SessionsByPlan"]["metrics"]
    assert search["expression"] == (
        """SEARCH('{"Sessions","Plan","Environment"} MetricName="SessionsByPlan" """
        """"Environment"="prod \\(EU\\)"', 'Average', 300)"""
    )
    assert search["label"] == "${PROP('Dim.Plan')}"


def test_the_dashboard_has_a_line_for_a_total(synthesized: Synthesized) -> None:
    # When
    text = SHIPPED.replace(BY_PLAN, "SessionsByPlan = { rollup = true }").replace(
        'dimensions = ["Plan"]', 'dimensions = ["Plan"]\nfixed_dimensions = { Environment = "prod" }'
    )
    ((series,), total) = widgets(synthesized(text)["sidestep-shop"])["SessionsByPlan"]["metrics"]

    # Then
    assert series["expression"].startswith("SEARCH(")
    assert total == ["Sessions", "SessionsByPlan", "Environment", "prod", {"label": "total"}]


def test_the_dashboard_shows_percentiles_of_distributions(synthesized: Synthesized) -> None:
    # When
    text = SHIPPED.replace(COUNT, 'ActiveSessions = { statistic = "distribution" }')
    text = text.replace(BY_PLAN, 'SessionsByPlan = { statistic = "distribution", rollup = true }')
    shown = widgets(synthesized(text)["sidestep-shop"])

    # Then
    assert [line[-1] for line in shown["ActiveSessions"]["metrics"]] == [
        {"label": stat, "stat": stat} for stat in ("p50", "p90", "p99")
    ]
    by_plan = shown["SessionsByPlan"]["metrics"]
    assert [line[-1]["label"] for line in by_plan] == [
        f"{which} {stat}" for stat in ("p50", "p90", "p99") for which in ("${PROP('Dim.Plan')}", "total")
    ]
    assert [line[0]["expression"].split(", ")[-2] for line in by_plan[::2]] == ["'p50'", "'p90'", "'p99'"]
    assert [line[-1]["stat"] for line in by_plan[1::2]] == ["p50", "p90", "p99"]


def test_a_set_has_no_percentiles(synthesized: Synthesized) -> None:
    text = SHIPPED.replace(COUNT, 'ActiveSessions = { statistic = "set" }').replace("COUNT(*) AS ActiveSessions", "*")
    shown = widgets(synthesized(text)["sidestep-shop"])
    assert shown["ActiveSessions"]["metrics"] == [["Sessions", "ActiveSessions"]]


def test_the_dashboard_is_left_out_on_request(synthesized: Synthesized) -> None:
    template = synthesized(f"dashboard = false\n{SHIPPED}")["sidestep-shop"]
    assert not resources(template, "AWS::CloudWatch::Dashboard")


def test_no_alarm_and_no_line_of_sidesteps_own_metrics_is_a_sum(synthesized: Synthesized) -> None:
    # Given everything there is
    text = SHIPPED.replace(COUNT, "ActiveSessions = { alarm = { above = 1 } }")
    text = text.replace('dimensions = ["Plan"]', 'dimensions = ["Plan"]\nalarm_on_empty = true')
    template = synthesized(text)["sidestep-shop"]

    # Then
    assert {alarm.get("Statistic") for alarm in alarms(template).values()} == {None, "Average", "Maximum"}
    for title in ("Queries that failed or were empty", "ActiveSessions", "SessionsByPlan"):
        assert "Sum" not in json.dumps(widgets(template)[title])


def test_the_bill_has_as_many_alarms_keys_and_dashboards_as_the_stacks(
    synthesized: Synthesized, tmp_path: Path
) -> None:
    # Given thresholds with and without dimensions, a band, an alarm on empty results, mails, and two databases
    text = """
namespace = "Shop"
schedule = "rate(5 minutes)"
notify = ["ops@example.com"]
[database.shop]
sample = true
[database.other]
sample = true
[[query]]
name = "orders"
database = "shop"
sql = "SELECT COUNT(*) AS Orders FROM orders"
alarm_on_empty = true
metrics = { Orders = { alarm = { above = 9, below = 1, anomaly = 2 } } }
[[check]]
name = "wrong_orders"
database = "shop"
sql = "SELECT id FROM orders WHERE amount < 0"
[[query]]
name = "plans"
database = "other"
sql = "SELECT plan AS Plan, COUNT(*) AS Plans FROM plans GROUP BY plan"
dimensions = ["Plan"]
metrics = { Plans = { alarm = { above = 9 } } }
"""

    # When
    templates = synthesized(text).values()
    lines = {line.what: line.quantity for line in compare(load_settings(tmp_path / "metrics.toml")).ours.lines}

    # Then
    def count(kind: str) -> int:
        return sum(len(resources(template, kind)) for template in templates)

    more_of_the_band = ANOMALY_ALARM_METRICS - 1
    assert lines["alarms"] + 1 == count("AWS::CloudWatch::Alarm") + more_of_the_band
    assert lines["alarms on dimensions"] == 100  # one more alarm, on as many series as the file admits
    assert lines["dashboards"] == count("AWS::CloudWatch::Dashboard")
    assert lines["key for notifications"] == count("AWS::KMS::Key")
