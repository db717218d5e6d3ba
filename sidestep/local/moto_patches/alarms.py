"""Alarms and dashboards of stacks. Nothing evaluates an alarm here: it stays OK until somebody sets its state."""

from collections.abc import Mapping
from typing import Any, Final

from moto.cloudwatch import models as cloudwatch
from moto.core.common_models import CloudFormationModel

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
    "treat_missing_data": "TreatMissingData",
}
"""Properties that moto takes as they are, by what it calls them."""


class Alarm(ResourceType, CloudFormationModel):
    """AWS::CloudWatch::Alarm: upstream ignores it, and so refuses a dashboard that shows its state."""

    TYPE = "AWS::CloudWatch::Alarm"
    NAME_PROPERTY = "AlarmName"

    def create(self) -> None:
        """Create the alarm."""
        arguments: dict[str, Any] = {name: self.properties.get(key) for name, key in _ARGUMENTS.items()}
        self._cloudwatch.put_metric_alarm(
            name=self.name,
            metric_data_queries=[_query(metric) for metric in self.properties.get("Metrics", [])],
            dimensions=self.properties.get("Dimensions", []),
            alarm_actions=self.properties.get("AlarmActions", []),
            **arguments,
        )

    def change(self, properties: Properties) -> None:
        """Change it in place: the same name is the same alarm."""
        self.properties = properties
        self.create()

    def remove(self) -> None:
        """Delete it."""
        self._cloudwatch.delete_alarms([self.name])

    def attributes(self) -> dict[str, str]:
        """Return the ARN."""
        return {"Arn": self._cloudwatch.alarms[self.name].alarm_arn}

    @property
    def _cloudwatch(self) -> cloudwatch.CloudWatchBackend:
        return cloudwatch.cloudwatch_backends[self.account][self.region]


class Dashboard(ResourceType, CloudFormationModel):
    """AWS::CloudWatch::Dashboard: upstream gives it no physical id, so it could neither change nor go."""

    TYPE = "AWS::CloudWatch::Dashboard"
    NAME_PROPERTY = "DashboardName"

    def create(self) -> None:
        """Create the dashboard, or change the one with this name."""
        self._cloudwatch.put_dashboard(self.name, self.properties["DashboardBody"])

    def remove(self) -> None:
        """Delete it."""
        self._cloudwatch.delete_dashboards([self.name])

    @property
    def _cloudwatch(self) -> cloudwatch.CloudWatchBackend:
        return cloudwatch.cloudwatch_backends[self.account][self.region]


def _query(raw: Mapping[str, Any]) -> cloudwatch.MetricDataQuery:
    return cloudwatch.MetricDataQuery(
        query_id=raw["Id"],
        label=raw.get("Label", ""),
        period=raw.get("Period"),  # type: ignore[arg-type]  # nor do all requests have one
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
