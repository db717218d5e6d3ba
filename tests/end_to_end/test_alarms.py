"""Alarms, subscriptions and the dashboard exist after a deployment, follow the file, and go away with the stack."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.local import deployment
from tests.end_to_end.conftest import Deployed, deploy, synthesize
from tests.faults.cloud import FaultyCloud

STACK = "sidestep-shop"

TOPIC = "arn:aws:sns:us-east-1:123456789012:pager"

EVERYTHING = (
    f'notify = ["ops@example.com", "{TOPIC}"]\n'
    + (paths.ROOT / "metrics.toml").read_text(encoding="utf-8")
    .replace('ActiveSessions = { unit = "Count" }', "ActiveSessions = { alarm = { above = 500, anomaly = 2 } }")
    .replace("resolution = 60 }", "alarm = { below = 1 } }")
    .replace('dimensions = ["Plan"]', 'dimensions = ["Plan"]\nalarm_on_empty = true')
)  # fmt: skip


def synthesized(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "metrics.toml").write_text(text, encoding="utf-8")
    synthesize(folder / "metrics.toml", folder / "cdk.out")
    return folder / "cdk.out"


def alarm_names(cloud: FaultyCloud) -> set[str]:
    return {alarm["AlarmName"] for alarm in cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the assembly of everything that metrics.toml can declare."""
    return synthesized(tmp_path_factory.mktemp("alarms") / "everything", EVERYTHING)


@pytest.fixture
def cloud() -> Iterator[FaultyCloud]:
    with FaultyCloud(event_scheduler=False) as cloud:
        yield cloud


def test_the_shipped_stack_has_one_alarm_and_a_dashboard(deployed: Deployed) -> None:
    # When
    client = deployed.cloud.client("cloudwatch")
    (alarm,) = client.describe_alarms()["MetricAlarms"]
    (dashboard,) = client.list_dashboards()["DashboardEntries"]

    # Then
    assert alarm["AlarmName"] == "sidestep-shop/missing"
    assert alarm["EvaluationPeriods"] == 4
    assert alarm["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"] == [
        {"Name": "StateMachineArn", "Value": deployed.state_machine}
    ]
    body = json.loads(client.get_dashboard(DashboardName=dashboard["DashboardName"])["DashboardBody"])
    assert body["widgets"][0]["properties"]["alarms"] == [alarm["AlarmArn"]]


def test_monitoring_is_created_changed_and_deleted_with_the_stack(
    cloud: FaultyCloud, everything: Path, tmp_path: Path
) -> None:
    # Given
    deployment.deploy(cloud, everything)
    client, sns = cloud.client("cloudwatch"), cloud.client("sns")

    # Then the alarms exist, and the address is subscribed
    assert alarm_names(cloud) == {
        "sidestep-shop/missing",
        "sidestep-shop/active_sessions/above/ActiveSessions",
        "sidestep-shop/active_sessions/anomaly/ActiveSessions",
        "sidestep-shop/sessions_by_plan/empty",
        "sidestep-shop/sessions_by_plan/below/SessionsByPlan",
    }
    (topic,) = sns.list_topics()["Topics"]
    (subscription,) = sns.list_subscriptions()["Subscriptions"]
    assert (subscription["TopicArn"], subscription["Endpoint"]) == (topic["TopicArn"], "ops@example.com")
    for alarm in client.describe_alarms()["MetricAlarms"]:
        assert set(alarm["AlarmActions"]) == set(alarm["OKActions"]) == {TOPIC, topic["TopicArn"]}
    (band,) = client.describe_alarms(AlarmNames=["sidestep-shop/active_sessions/anomaly/ActiveSessions"])[
        "MetricAlarms"
    ]
    assert band["ThresholdMetricId"] in {one["Id"] for one in band["Metrics"] if "Expression" in one}
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["AllowPublishThroughSSLOnly", "AlarmsPublish"]

    # When the thresholds change and the rest is taken out again
    changed = (
        tmp_path / "changed",
        EVERYTHING.replace("above = 500", "above = 9").replace("alarm_on_empty = true", ""),
    )
    template = (synthesized(*changed) / f"{STACK}.template.json").read_text(encoding="utf-8")
    cloud.client("cloudformation").update_stack(
        StackName=STACK, TemplateBody=template, Capabilities=["CAPABILITY_IAM"]
    )

    # Then so do the alarms
    (alarm,) = client.describe_alarms(AlarmNames=["sidestep-shop/active_sessions/above/ActiveSessions"])[
        "MetricAlarms"
    ]
    assert alarm["Threshold"] == 9
    assert "sidestep-shop/sessions_by_plan/empty" not in alarm_names(cloud)

    # And nothing outlives the stack
    cloud.client("cloudformation").delete_stack(StackName=STACK)
    assert alarm_names(cloud) == set()
    assert client.list_dashboards()["DashboardEntries"] == []
    assert sns.list_topics()["Topics"] == sns.list_subscriptions()["Subscriptions"] == []


def test_an_empty_result_beside_others_is_published_for_an_alarm(cloud: FaultyCloud, everything: Path) -> None:
    # Given no session, which one query counts and the other one has nothing to say about
    deployed = deploy(cloud, everything)
    cloud.database.execute("DELETE FROM sessions")

    # When
    execution = deployed.run({})

    # Then
    assert execution.status == "SUCCEEDED"
    metrics = cloud.client("cloudwatch").list_metrics(Namespace="Sessions")["Metrics"]
    published = {metric["MetricName"] for metric in metrics}
    assert published == {"ActiveSessions", "EmptyResults"}
