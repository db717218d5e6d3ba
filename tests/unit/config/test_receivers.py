"""Who is notified of alarms: what is valid, which list counts, and where topics must be."""

import json
from pathlib import Path

import botocore
import botocore.session
import pytest
from pydantic import TypeAdapter, ValidationError

from sidestep.config import receivers
from sidestep.config.loader import load_settings
from sidestep.config.settings import QuerySettings
from tests.unit.metrics_files import GOOD, error_about, mistakes_of, write

TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
RECEIVERS: TypeAdapter[tuple[str, ...]] = TypeAdapter(receivers.Receivers)
PARTITIONS = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text(encoding="utf-8"))

TWO_DATABASES = """
namespace = "Shop"
schedule = "rate(5 minutes)"
notify = ["file@example.com"]
[database.first]
sample = true
[database.second]
sample = true
notify = ["database@example.com"]
[[query]]
name = "a"
database = "first"
sql = "SELECT 1 AS A, 2 AS B"
metrics = { A = { alarm = { above = 5 } }, B = { alarm = { above = 5, notify = ["alarm@example.com"] } } }
[[query]]
name = "b"
database = "second"
sql = "SELECT 1 AS C, 2 AS D"
metrics = { C = { alarm = { above = 5 } }, D = { alarm = { above = 5, notify = [] } } }
[[check]]
name = "c"
database = "second"
sql = "SELECT 1"
notify = ["check@example.com"]
"""


def region_of(partition: str) -> str:
    (found,) = (one for one in PARTITIONS["partitions"] if one["id"] == partition)
    return str(next(region for region in found["regions"] if not region.endswith("-global")))


def receivers_of(settings: QuerySettings, query: str, metric: str) -> tuple[str, ...]:
    (found,) = (one for one in settings.queries if one.name == query)
    assert found.database
    return settings.receivers_of(found.database, found.metrics[metric].alarm)


@pytest.mark.parametrize("partition", [one["id"] for one in PARTITIONS["partitions"]])
def test_topics_of_every_partition_are_accepted_in_its_own_regions_only(partition: str) -> None:
    # Given
    arn = f"arn:{partition}:sns:{region_of(partition)}:123456789012:alarms"
    other = "aws-cn" if partition == "aws" else "aws"

    # When / Then
    assert RECEIVERS.validate_python([arn]) == (arn,)
    with pytest.raises(ValidationError, match=f"in the partition {partition}"):
        RECEIVERS.validate_python([arn.replace(f"arn:{partition}:", f"arn:{other}:")])


@pytest.mark.parametrize(
    ("receiver", "fact"),
    [
        ("alarms", "'alarms'; write an e-mail address"),
        ("arn:aws:sqs:eu-central-1:123456789012:alarms", "ARN of an SNS topic"),
        (f"{TOPIC}:0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", "ARN of an SNS topic"),
        ("arn:aws:sns:eu-central-1:alarms", "ARN of an SNS topic"),
        (f"{TOPIC}.fifo", "use a standard topic"),
        ("${Topic}", "ARN of an SNS topic"),
    ],
)
def test_other_receivers_are_rejected(tmp_path: Path, receiver: str, fact: str) -> None:
    (mistake,) = mistakes_of(tmp_path, f'notify = ["{receiver}"]\n{GOOD}')
    assert mistake.startswith("metrics.toml: notify.0: is ")
    assert fact in mistake


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("sample = true", 'sample = true\nnotify = ["me"]', "database.shop.notify.0"),
        ('unit = "Count"', 'alarm = { above = 1, notify = ["me"] }', "metrics.Orders.alarm.notify.0"),
        ("[[query]]", '[[check]]\nname = "c"\nsql = "SELECT 1"\nnotify = ["me"]\n[[query]]', "notify.0"),
    ],
)
def test_wrong_receivers_are_found_in_every_table(tmp_path: Path, before: str, after: str, key: str) -> None:
    assert error_about(key, tmp_path, GOOD.replace(before, after)).startswith("is 'me'; ")


def test_an_alarm_has_as_many_topics_as_it_has_actions() -> None:
    # Given
    model = botocore.session.get_session().get_service_model("cloudwatch")
    topics = [f"{TOPIC}{number}" for number in range(receivers.MAX_ACTIONS)]

    # When / Then
    assert model.shape_for("ResourceList").metadata["max"] == receivers.MAX_ACTIONS
    RECEIVERS.validate_python(topics)
    RECEIVERS.validate_python([*topics[1:], "a@example.com", "b@example.com"])
    for too_many in ([*topics, f"{TOPIC}-more"], [*topics, "ops@example.com"]):
        with pytest.raises(ValidationError, match="subscribe more endpoints to one topic"):
            RECEIVERS.validate_python(too_many)


def test_the_closest_list_of_receivers_counts(tmp_path: Path) -> None:
    # When
    settings = load_settings(write(tmp_path, TWO_DATABASES))

    # Then
    assert settings.receivers_of("first") == receivers_of(settings, "a", "A") == ("file@example.com",)
    assert settings.receivers_of("second") == receivers_of(settings, "b", "C") == ("database@example.com",)
    assert receivers_of(settings, "a", "B") == ("alarm@example.com",)
    assert receivers_of(settings, "b", "D") == ()
    assert receivers_of(settings, "c", "Violations") == ("check@example.com",)
    assert settings.all_receivers_of("second") == ("database@example.com", "check@example.com")


def test_a_topic_in_another_region_than_its_database_is_rejected(tmp_path: Path) -> None:
    # Given
    existing = 'instance = "orders-db"\nvpc_id = "vpc-0a1b2c3d"\nschema = "shop"\nregion = "REGION"'
    text = f'notify = ["{TOPIC}"]\n{GOOD.replace("sample = true", existing)}'

    # When
    load_settings(write(tmp_path, text.replace("REGION", "eu-central-1")))
    (mistake,) = mistakes_of(tmp_path, text.replace("REGION", "eu-west-1"))

    # Then
    assert mistake.startswith("metrics.toml: database.shop: notify: ")
    for fact in (TOPIC, "eu-west-1"):
        assert fact in mistake
