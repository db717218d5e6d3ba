"""Schedules of EventBridge Scheduler in stacks; the ticker of the local cloud reads them from moto."""

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.scheduler.models import EventBridgeSchedulerBackend, scheduler_backends

from sidestep.local.moto_patches.resource_type import Properties, ResourceType


class Schedule(ResourceType, CloudFormationModel):
    """AWS::Scheduler::Schedule: upstream ignores it."""

    TYPE = "AWS::Scheduler::Schedule"
    NAME_PROPERTY = "Name"

    def create(self) -> None:
        """Create the schedule."""
        self._scheduler.create_schedule(**self._arguments(), action_after_completion=None)

    def change(self, properties: Properties) -> None:
        """Change it in place; only in another group it is another schedule."""
        if properties.get("GroupName") != self.properties.get("GroupName"):
            super().change(properties)
        else:
            self.properties = properties
            self._scheduler.update_schedule(**self._arguments())

    def remove(self) -> None:
        """Delete it; what it started runs on."""
        self._scheduler.delete_schedule(self._group, self.name)

    def attributes(self) -> dict[str, str]:
        """Return the ARN."""
        return {"Arn": self._scheduler.get_schedule(self._group, self.name).arn}

    @property
    def _scheduler(self) -> EventBridgeSchedulerBackend:
        return scheduler_backends[self.account][self.region]

    @property
    def _group(self) -> str:
        return str(self.properties.get("GroupName", "default"))

    def _arguments(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "group_name": self._group,
            "description": self.properties.get("Description"),
            "schedule_expression": self.properties["ScheduleExpression"],
            "schedule_expression_timezone": self.properties.get("ScheduleExpressionTimezone", "UTC"),
            "flexible_time_window": self.properties["FlexibleTimeWindow"],
            "target": self.properties["Target"],
            "state": self.properties.get("State", "ENABLED"),
            "start_date": self.properties.get("StartDate"),
            "end_date": self.properties.get("EndDate"),
            "kms_key_arn": self.properties.get("KmsKeyArn"),
        }
