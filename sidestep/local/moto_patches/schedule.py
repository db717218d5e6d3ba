"""Schedules of EventBridge Scheduler in stacks; sidestep/local/scheduler.py reads them from moto."""

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.scheduler.models import EventBridgeSchedulerBackend, scheduler_backends

from sidestep.local.moto_patches.resource_type import Properties, ResourceType


class _Schedule(ResourceType[EventBridgeSchedulerBackend], CloudFormationModel):
    """moto ignores it."""

    TYPE = "AWS::Scheduler::Schedule"
    NAME_PROPERTY = "Name"
    BACKENDS = scheduler_backends

    def create(self) -> None:
        self.backend.create_schedule(**self._arguments(), action_after_completion=None)

    def change(self, properties: Properties) -> None:
        """Change it in place; a new group replaces it."""
        if properties.get("GroupName") != self.properties.get("GroupName"):
            super().change(properties)
        else:
            self.properties = properties
            self.backend.update_schedule(**self._arguments())

    def remove(self) -> None:
        self.backend.delete_schedule(self._group, self.name)

    def attributes(self) -> dict[str, str]:
        return {"Arn": self.backend.get_schedule(self._group, self.name).arn}

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
