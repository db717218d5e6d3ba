"""Who is told when an alarm rings: an encrypted topic with e-mail subscriptions."""

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


class Notifications(Construct):
    """A topic that only the alarms of its stack can publish to, over TLS.

    Attributes:
        action: what an alarm does to tell everyone.
    """

    def __init__(self, scope: Construct, construct_id: str, *, addresses: Sequence[str]) -> None:
        """Create the topic. Each address gets one message first, whose link has to be followed."""
        super().__init__(scope, construct_id)
        topic = aws_sns.Topic(
            self,
            "Topic",
            display_name=Stack.of(self).stack_name,
            master_key=self._key(),
            enforce_ssl=True,
        )
        # A policy of its own takes the place of the default one, under which alarms of the account could publish.
        topic.add_to_resource_policy(self._for_alarms("AlarmsPublish", ["sns:Publish"], topic.topic_arn))
        for address in addresses:
            topic.add_subscription(aws_sns_subscriptions.EmailSubscription(address))
        self.action: Final = aws_cloudwatch_actions.SnsAction(topic)

    def _key(self) -> aws_kms.Key:
        """Return a key of our own: alarms may not use the one that AWS manages for SNS (AWS Knowledge Center)."""
        key = aws_kms.Key(
            self,
            "Key",
            description=f"Sidestep: what the alarms of {Stack.of(self).stack_name} say",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # nothing is stored under it, and it costs money while it exists
        )
        # In a key's own policy "*" is the key.
        key.add_to_resource_policy(self._for_alarms("AlarmsEncrypt", ["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
        return key

    def _for_alarms(self, sid: str, actions: Sequence[str], resource: str) -> aws_iam.PolicyStatement:
        """Return what CloudWatch may do for this stack's alarms, whose names begin with the stack's and a slash."""
        stack = Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{stack.stack_name}/*",
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
