"""Alarms, dashboards and notifications in stacks. Alarms are not evaluated: only a request changes their state."""

import json
from collections.abc import Mapping
from typing import Any, Final

from moto.cloudwatch import models as cloudwatch
from moto.core.common_models import CloudFormationModel
from moto.sns.models import SNSBackend, sns_backends

from sidestep.local.moto_patches.resource_type import Properties, ResourceType

_ARGUMENTS: Final = {
    "namespace": "Namespace",
    "metric_name": "MetricName",
    "comparison_operator": "ComparisonOperator",
    "evaluation_periods": "EvaluationPeriods",
    "period": "Period",
    "threshold": "Threshold",
    "statistic": "Statistic",
    "description": "AlarmDescription",
    "ok_actions": "OKActions",
    "threshold_metric_id": "ThresholdMetricId",
    "treat_missing_data": "TreatMissingData",
}
"""The properties that moto takes unchanged, by its argument names."""


class _Alarm(ResourceType[cloudwatch.CloudWatchBackend], CloudFormationModel):
    """moto ignores it, and so refuses a dashboard that shows its state."""

    TYPE = "AWS::CloudWatch::Alarm"
    NAME_PROPERTY = "AlarmName"
    BACKENDS = cloudwatch.cloudwatch_backends

    def create(self) -> None:
        arguments: dict[str, Any] = {name: self.properties.get(key) for name, key in _ARGUMENTS.items()}
        self.backend.put_metric_alarm(
            name=self.name,
            metric_data_queries=[_query(metric) for metric in self.properties.get("Metrics", [])],
            dimensions=self.properties.get("Dimensions", []),
            alarm_actions=self.properties.get("AlarmActions", []),
            **arguments,
        )

    def change(self, properties: Properties) -> None:
        """Change it in place, and keep its state."""
        self.properties = properties
        self.create()

    def remove(self) -> None:
        self.backend.delete_alarms([self.name])

    def attributes(self) -> dict[str, str]:
        return {"Arn": self.backend.alarms[self.name].alarm_arn}


class _Dashboard(ResourceType[cloudwatch.CloudWatchBackend], CloudFormationModel):
    """moto gives it no physical id, so it can be neither changed nor deleted."""

    TYPE = "AWS::CloudWatch::Dashboard"
    NAME_PROPERTY = "DashboardName"
    BACKENDS = cloudwatch.cloudwatch_backends

    def create(self) -> None:
        self.backend.put_dashboard(self.name, self.properties["DashboardBody"])

    def remove(self) -> None:
        self.backend.delete_dashboards([self.name])


class _Subscription(ResourceType[SNSBackend], CloudFormationModel):
    """moto ignores it. The local cloud sends no mail."""

    TYPE = "AWS::SNS::Subscription"
    BACKENDS = sns_backends

    def create(self) -> None:
        subscription = self.backend.subscribe(
            self.properties["TopicArn"], self.properties["Endpoint"], self.properties["Protocol"]
        )
        self.physical_resource_id = subscription.arn

    def remove(self) -> None:
        self.backend.unsubscribe(self.physical_resource_id)


class _TopicPolicy(ResourceType[SNSBackend], CloudFormationModel):
    """moto ignores it."""

    TYPE = "AWS::SNS::TopicPolicy"
    BACKENDS = sns_backends

    def create(self) -> None:
        for topic in self.properties["Topics"]:
            self.backend.set_topic_attribute(topic, "policy", json.dumps(self.properties["PolicyDocument"]))

    def remove(self) -> None:
        """Do nothing: the topics are deleted together with their policy."""


def _query(raw: Mapping[str, Any]) -> cloudwatch.MetricDataQuery:
    return cloudwatch.MetricDataQuery(
        query_id=raw["Id"],
        label=raw.get("Label", ""),
        period=raw.get("Period"),  # type: ignore[arg-type]  # not all requests have one
        return_data=raw.get("ReturnData", True),
        expression=raw.get("Expression"),
        metric_stat=_statistic(raw["MetricStat"]) if "MetricStat" in raw else None,
    )


def _statistic(raw: Mapping[str, Any]) -> cloudwatch.MetricStat:
    metric = raw["Metric"]
    dimensions = [cloudwatch.Dimension(one["Name"], one["Value"]) for one in metric.get("Dimensions", [])]
    return cloudwatch.MetricStat(
        metric=cloudwatch.Metric(metric["MetricName"], metric["Namespace"], dimensions),
        period=raw["Period"],
        stat=raw["Stat"],
        unit=raw.get("Unit"),  # type: ignore[arg-type]  # as above
    )
