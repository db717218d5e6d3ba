"""Notifications: which alarm notifies which topic, and what they cost in resources."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Environment, Stack, aws_sns

from sidestep import Alarm, Metric, Query, SqlMetrics, paths
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from sidestep.infrastructure.stack import SidestepStack
from tests.infrastructure import apps
from tests.infrastructure.conftest import Template, new_app, resources
from tests.infrastructure.test_monitoring import alarms

TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
PAGER = "arn:aws:sns:eu-central-1:210987654321:pager"

FILE = """
namespace = "Shop"
schedule = "rate(5 minutes)"
notify = NOTIFY
[database.shop]
sample = true
[[query]]
name = "orders"
sql = "SELECT 1 AS Orders, 2 AS Stock, 3 AS Refunds"
[query.metrics]
Orders = { alarm = { above = 500 } }
Stock = { alarm = { below = 1, notify = ALARM } }
Refunds = { alarm = { above = 9, notify = [] } }
[[check]]
name = "unpaid"
sql = "SELECT 1"
notify = CHECK
"""

Synthesized = Callable[[str], dict[str, Template]]


def text(notify: list[str], alarm: list[str], check: list[str]) -> str:
    return FILE.replace("NOTIFY", str(notify)).replace("ALARM", str(alarm)).replace("CHECK", str(check))


def keys_for(stack: Stack) -> dict[str, Any]:
    vpc = apps.known_vpc(stack)
    return apps.KEYS | apps.FOR_MYSQL | {"vpc": vpc, "database": apps.known_instance(stack, vpc)}


def topics(template: Template) -> dict[str, str]:
    """Return the addresses of each topic in a template, by the topic's logical ID."""
    found: dict[str, list[str]] = {}
    for subscription in resources(template, "AWS::SNS::Subscription"):
        found.setdefault(subscription["TopicArn"]["Ref"], []).append(subscription["Endpoint"])
    return {topic: " ".join(addresses) for topic, addresses in found.items()}


def test_topics_of_ones_own_need_no_topic_and_no_key(synthesized: Synthesized) -> None:
    # When
    template = synthesized(text([TOPIC], [PAGER], [TOPIC, PAGER]))["sidestep-shop"]

    # Then
    assert {name: alarm.get("AlarmActions") for name, alarm in alarms(template).items()} == {
        "missing": [TOPIC],
        "orders/above/Orders": [TOPIC],
        "orders/below/Stock": [PAGER],
        "orders/above/Refunds": None,
        "unpaid/above/Violations": [TOPIC, PAGER],
    }
    assert all(alarm.get("AlarmActions") == alarm.get("OKActions") for alarm in alarms(template).values())
    assert not [one for one in template["Resources"].values() if one["Type"].startswith(("AWS::SNS", "AWS::KMS"))]


def test_each_list_of_addresses_has_one_topic_and_all_lists_have_one_key(synthesized: Synthesized) -> None:
    # When
    ops, dev = "ops@example.com", "dev@example.com"
    template = synthesized(text([ops], [ops, dev], [ops, dev, TOPIC]))["sidestep-shop"]

    # Then
    found = alarms(template)
    (of_file,) = found["orders/above/Orders"]["AlarmActions"]
    (of_alarm,) = found["orders/below/Stock"]["AlarmActions"]
    assert topics(template) == {of_file["Ref"]: ops, of_alarm["Ref"]: f"{ops} {dev}"}
    assert found["unpaid/above/Violations"]["AlarmActions"] == [TOPIC, of_alarm]
    assert len(resources(template, "AWS::KMS::Key")) == 1
    assert len(resources(template, "AWS::SNS::TopicPolicy")) == 2


def test_addresses_of_one_alarm_change_nothing_of_the_topic_of_the_others(synthesized: Synthesized) -> None:
    # When
    alone = synthesized(text(["a@example.com"], [], []))["sidestep-shop"]
    beside = synthesized(text(["a@example.com"], ["b@example.com"], []))["sidestep-shop"]

    # Then
    same = {name: alone["Resources"][name] for name in alone["Resources"] if "Notifications" in name}
    assert same.items() <= beside["Resources"].items()
    assert topics(alone).items() < topics(beside).items()


def test_synth_prints_what_the_policy_of_a_topic_needs(tmp_path: Path) -> None:
    # Given
    file = tmp_path / "metrics.toml"
    file.write_text(text([TOPIC], [PAGER], []), encoding="utf-8")
    app = new_app(tmp_path / "out")

    # When
    SidestepStack(app, database="shop", settings=load_settings(file), build=paths.ROOT / paths.BUILD)
    (stack,) = app.synth().stacks
    notes = [str(one.entry.data) for one in stack.messages if str(one.entry.data).startswith("notify: ")]

    # Then
    assert [note.split()[1] for note in notes] == [TOPIC, PAGER]
    for topic, note in zip((TOPIC, PAGER), notes, strict=True):
        assert f'"Resource": "{topic}"' in note
        assert '"aws:SourceArn": "arn:aws:cloudwatch:eu-central-1:ACCOUNT:alarm:sidestep-shop/*"' in note
        for fact in ("cloudwatch.amazonaws.com", "sns:Publish", "aws:SourceAccount", "kms:GenerateDataKey*"):
            assert fact in note


def test_an_app_can_pass_a_topic_that_it_creates(tmp_path: Path) -> None:
    # Given
    app = new_app(tmp_path / "out")
    stack = Stack(app, "Shop")
    topic = aws_sns.Topic(stack, "Operators")
    own = Metric(alarm=Alarm(above=5, notify=["a@example.com"]))
    metrics = {"Orders": Metric(alarm=Alarm(above=5)), "Stock": own}
    queries = [Query(name="orders", sql="SELECT 1 AS Orders, 2 AS Stock", metrics=metrics)]

    # When
    SqlMetrics(stack, "Orders", **keys_for(stack) | {"queries": queries, "notify": [topic.topic_arn]})
    template = apps.template_of(app)

    # Then
    created = resources(template, "AWS::CloudWatch::Alarm")
    actions = {alarm["AlarmName"].rpartition("/")[2]: alarm["AlarmActions"] for alarm in created}
    assert actions["Orders"] == actions["missing"] == [stack.resolve(topic.topic_arn)]
    assert actions["Stock"] != actions["Orders"]


def test_a_topic_in_another_region_than_the_stack_is_rejected(tmp_path: Path) -> None:
    # Given
    app = new_app(tmp_path / "out")
    stack = Stack(app, "Shop", env=Environment(account="123456789012", region="eu-west-1"))

    # When / Then
    with pytest.raises(ConfigError) as caught:
        SqlMetrics(stack, "Orders", notify=[TOPIC], **keys_for(stack))
    (mistake,) = caught.value.errors
    assert mistake.startswith("Shop/Orders: notify: ")
    assert "eu-west-1" in mistake
