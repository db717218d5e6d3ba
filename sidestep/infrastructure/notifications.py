"""Notifications about alarms: topics of the user, and encrypted topics with e-mail subscriptions."""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from aws_cdk import (
    Annotations,
    ArnFormat,
    RemovalPolicy,
    Stack,
    Token,
    aws_cloudwatch,
    aws_cloudwatch_actions,
    aws_iam,
    aws_kms,
    aws_sns,
    aws_sns_subscriptions,
)
from constructs import Construct

from sidestep import resource_names
from sidestep.config import receivers

_ENCRYPT: Final = ("kms:Decrypt", "kms:GenerateDataKey*")
"""What a service needs to publish to a topic that a key encrypts (SNS developer guide, "Key management")."""


class Notifications(Construct):
    """The alarm actions that notify receivers.

    All e-mail addresses of one list are subscribed to one topic, to which only alarms with a prefix can publish, over
    TLS. One key encrypts these topics. A topic of the user stays as it is, and needs no key.
    """

    def __init__(self, scope: Construct, construct_id: str, *, name: str, default: Sequence[str]) -> None:
        """Create the topic for `default`, the receivers of most alarms; the alarms have the prefix of `name`."""
        super().__init__(scope, construct_id)
        self._name = name
        self._default = receivers.addresses(default)
        self._key: aws_kms.Key | None = None
        self._topics: dict[Sequence[str] | str, aws_sns.ITopic] = {}
        self.actions(default)

    def actions(self, listed: Sequence[str]) -> list[aws_cloudwatch.IAlarmAction]:
        """Return the actions that notify receivers. Each e-mail address must confirm its subscription."""
        addresses = receivers.addresses(listed)
        topics = [self._existing_topic(arn) for arn in receivers.topics(listed)]
        if addresses:
            topics.append(self._topic_for(addresses))
        return [aws_cloudwatch_actions.SnsAction(topic) for topic in topics]

    def _topic_for(self, addresses: Sequence[str]) -> aws_sns.ITopic:
        """Return the topic of a list; the logical ID of the default list's does not depend on the addresses."""
        if addresses not in self._topics:
            digest = hashlib.sha256(" ".join(addresses).encode()).hexdigest()[:8]
            self._topics[addresses] = self._new_topic(
                "Topic" if addresses == self._default else f"Topic {digest}", addresses
            )
        return self._topics[addresses]

    def _new_topic(self, construct_id: str, addresses: Sequence[str]) -> aws_sns.Topic:
        self._key = self._key or self._new_key()
        topic = aws_sns.Topic(
            self,
            construct_id,
            display_name=self._name,
            master_key=self._key,
            enforce_ssl=True,
        )
        # This policy replaces the default one, which allows all alarms of the account to publish.
        topic.add_to_resource_policy(self._allow_alarms("AlarmsPublish", ["sns:Publish"], topic.topic_arn))
        for address in addresses:
            topic.add_subscription(aws_sns_subscriptions.EmailSubscription(address))
        return topic

    def _existing_topic(self, arn: str) -> aws_sns.ITopic:
        """Return a topic of the user, and print at synth what its policy needs."""
        if arn not in self._topics:
            self._topics[arn] = aws_sns.Topic.from_topic_arn(self, f"Existing topic {len(self._topics)}", arn)
            if not Token.is_unresolved(arn):
                topic = "-".join(arn.split(":")[4:])  # the account and the name
                Annotations.of(self).add_info_v2(f"sidestep:topic-policy-{topic}", self._policy_note(arn))
        return self._topics[arn]

    def _policy_note(self, arn: str) -> str:
        stack = Stack.of(self)
        partition, _, region = arn.split(":")[1:4]
        account = "ACCOUNT" if Token.is_unresolved(stack.account) else stack.account
        alarms = f"arn:{partition}:cloudwatch:{region}:{account}:alarm:{resource_names.alarm_prefix(self._name)}*"
        statement = json.dumps(receivers.publish_statement(arn, alarms=alarms, account=account))
        return (
            f"notify: {arn} must accept these alarms. Unless its policy allows that already, add the statement "
            f"{statement}. If a key of yours encrypts it, allow the same principal {' and '.join(_ENCRYPT)} in the "
            "policy of the key"
        )

    def _new_key(self) -> aws_kms.Key:
        """Return a customer managed key: alarms cannot use SNS's AWS managed key (AWS Knowledge Center)."""
        key = aws_kms.Key(
            self,
            "Key",
            description=f"Sidestep: what the alarms of {self._name} say",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # it encrypts no stored data, and costs money while it exists
        )
        # In the policy of a key, "*" means this key.
        key.add_to_resource_policy(self._allow_alarms("AlarmsEncrypt", _ENCRYPT, "*"))
        return key

    def _allow_alarms(self, sid: str, actions: Sequence[str], resource: str) -> aws_iam.PolicyStatement:
        """Return a statement that allows actions to CloudWatch, for the alarms with the prefix."""
        stack = Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{resource_names.alarm_prefix(self._name)}*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return aws_iam.PolicyStatement(
            sid=sid,
            principals=[aws_iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=list(actions),
            resources=[resource],
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {"aws:SourceArn": alarms},
            },
        )
