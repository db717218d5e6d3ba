"""Who may publish to topics of stacks, and who is told. Nothing is mailed here."""

import json

from moto.core.common_models import CloudFormationModel
from moto.sns.models import SNSBackend, sns_backends

from sidestep.local.moto_patches.resource_type import ResourceType


class Subscription(ResourceType, CloudFormationModel):
    """AWS::SNS::Subscription: upstream ignores it."""

    TYPE = "AWS::SNS::Subscription"

    def create(self) -> None:
        """Subscribe."""
        subscription = self._sns.subscribe(
            self.properties["TopicArn"], self.properties["Endpoint"], self.properties["Protocol"]
        )
        self.physical_resource_id = subscription.arn

    def remove(self) -> None:
        """Unsubscribe."""
        self._sns.unsubscribe(self.physical_resource_id)

    @property
    def _sns(self) -> SNSBackend:
        return sns_backends[self.account][self.region]


class TopicPolicy(ResourceType, CloudFormationModel):
    """AWS::SNS::TopicPolicy: upstream ignores it."""

    TYPE = "AWS::SNS::TopicPolicy"

    def create(self) -> None:
        """Put the policy in the place of the one that the topics have."""
        for topic in self.properties["Topics"]:
            sns_backends[self.account][self.region].set_topic_attribute(
                topic, "policy", json.dumps(self.properties["PolicyDocument"])
            )

    def remove(self) -> None:
        """Leave the topics as they are: they go away together with their policy."""
