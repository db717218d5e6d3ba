"""The receivers of notifications about alarms: e-mail addresses and SNS topics."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from sidestep.config.fields import distinct

MAX_ACTIONS: Final = 5
"""Maximum number of actions of an alarm for one state (ResourceList in the service model of CloudWatch)."""

_ADDRESS: Final = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

_TOPIC: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):sns:(?P<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}(?P<fifo>\.fifo)?"
)
"""The form of an ARN is that of the SNS API reference, CreateTopic; a name has at most 256 characters with .fifo."""

_TOKEN: Final = re.compile(r"\$\{Token\[[^\]]+\]\}")
"""What the CDK returns as the ARN of a topic that the app creates. It is known at deployment."""

_PARTITIONS: Final[Mapping[str, str]] = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
}
"""Partitions by the beginning of their Regions (partitions.json of botocore); all other Regions are in aws."""

_EXAMPLES: Final = (
    'write an e-mail address, for example "ops@example.com", or the ARN of an SNS topic, for example '
    '"arn:aws:sns:eu-central-1:123456789012:alarms"'
)


def _checked(receiver: str) -> str:
    if _ADDRESS.fullmatch(receiver) or _TOKEN.fullmatch(receiver):
        return receiver
    topic = _TOPIC.fullmatch(receiver)
    if not topic:
        raise ValueError(f"is {receiver!r}; {_EXAMPLES}")
    if topic["fifo"]:
        raise ValueError(
            f"is {receiver!r}, a FIFO topic, which rejects messages without a group ID, and alarms send none; use a "
            "standard topic"
        )
    partition = _partition(topic["region"])
    if topic["partition"] != partition:
        raise ValueError(f"is {receiver!r}, but the Region {topic['region']} is in the partition {partition}")
    return receiver


def _within_the_limit(receivers: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse more topics than an alarm has actions; all addresses together are subscribed to one topic."""
    most = MAX_ACTIONS - bool(addresses(receivers))
    if len(topics(receivers)) > most:
        beside = " beside e-mail addresses, which have a topic of their own" if most < MAX_ACTIONS else ""
        raise ValueError(
            f"has {len(topics(receivers))} topics, but an alarm publishes to {most} at most{beside}; subscribe more "
            "endpoints to one topic"
        )
    return receivers


Receivers = Annotated[
    tuple[Annotated[str, AfterValidator(_checked)], ...],
    Field(strict=False),
    AfterValidator(distinct),
    AfterValidator(_within_the_limit),
]
"""E-mail addresses and ARNs of SNS topics."""


def addresses(receivers: Iterable[str]) -> tuple[str, ...]:
    """Return the e-mail addresses among receivers."""
    return tuple(receiver for receiver in receivers if _ADDRESS.fullmatch(receiver))


def topics(receivers: Iterable[str]) -> tuple[str, ...]:
    """Return the ARNs of topics among receivers."""
    return tuple(receiver for receiver in receivers if not _ADDRESS.fullmatch(receiver))


def topics_outside(region: str, receivers: Iterable[str]) -> tuple[str, ...]:
    """Return the ARNs of topics in other Regions, as far as they are known."""
    matches = {topic: _TOPIC.fullmatch(topic) for topic in topics(receivers)}
    return tuple(topic for topic, match in matches.items() if match and match["region"] != region)


def publish_statement(topic: str, *, alarms: str, account: str) -> dict[str, object]:
    """Return the statement with which the policy of a topic accepts notifications.

    Source: SNS developer guide, "Example cases for Amazon SNS access control" (CloudWatch alarms).

    Args:
        topic: its ARN.
        alarms: a pattern for the ARNs of the alarms.
        account: that of the alarms.
    """
    return {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": alarms},
        },
    }


def _partition(region: str) -> str:
    return next((name for beginning, name in _PARTITIONS.items() if region.startswith(beginning)), "aws")
