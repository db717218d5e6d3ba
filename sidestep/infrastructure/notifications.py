"""Notifications about alarms: an encrypted topic with e-mail subscriptions."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import (
    ArnFormat,
    RemovalPolicy,
    Stack,
    aws_cloudwatch_actions,
    aws_iam,
    aws_kms,
    aws_sns,
    aws_sns_subscriptions,
)
from constructs import Construct

from sidestep import resource_names


class Notifications(Construct):
    """A topic to which only alarms with a prefix can publish, over TLS.

    Attributes:
        action: the alarm action that publishes to the topic.
    """

    def __init__(self, scope: Construct, construct_id: str, *, name: str, addresses: Sequence[str]) -> None:
        """Create the topic for alarms with the prefix of `name`. Each address must confirm its subscription."""
        super().__init__(scope, construct_id)
        self._name = name
        topic = aws_sns.Topic(
            self,
            "Topic",
            display_name=name,
            master_key=self._key(),
            enforce_ssl=True,
        )
        # This policy replaces the default one, which allows all alarms of the account to publish.
        topic.add_to_resource_policy(self._allow_alarms("AlarmsPublish", ["sns:Publish"], topic.topic_arn))
        for address in addresses:
            topic.add_subscription(aws_sns_subscriptions.EmailSubscription(address))
        self.action: Final = aws_cloudwatch_actions.SnsAction(topic)

    def _key(self) -> aws_kms.Key:
        """Return a customer managed key: alarms cannot use SNS's AWS managed key (AWS Knowledge Center)."""
        key = aws_kms.Key(
            self,
            "Key",
            description=f"Sidestep: what the alarms of {self._name} say",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # it encrypts no stored data, and costs money while it exists
        )
        # In the policy of a key, "*" means this key.
        key.add_to_resource_policy(self._allow_alarms("AlarmsEncrypt", ["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
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
