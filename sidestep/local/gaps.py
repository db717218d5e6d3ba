"""What moto's CloudFormation lacks for the synthesized stacks, in moto's own plug-in form.

moto takes its resource types from the direct subclasses of CloudFormationModel, the one defined last winning. So it
is enough to import this module before the first stack is created. Each class says what upstream lacks.
"""

import re
from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel
from moto.ec2.models import ec2_backends
from moto.rds import models as rds
from moto.scheduler.models import Schedule as MotoSchedule
from moto.scheduler.models import scheduler_backends
from moto.stepfunctions.models import StateMachine as MotoStateMachine
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

Properties = dict[str, Any]
"""A resource of a template, with all references resolved."""


class DatabaseInstance(rds.DBInstance, CloudFormationModel):
    """AWS::RDS::DBInstance: upstream has no attribute DbiResourceId, and nothing listens at its endpoint.

    Attributes:
        listens_at: host and port of the database that plays all instances of this cloud.
    """

    listens_at: ClassVar[tuple[str, int]]

    @property
    def address(self) -> str:
        """The endpoint's host."""
        return self.listens_at[0]

    @classmethod
    def create_from_cloudformation_json(cls, *args: Any, **options: Any) -> rds.DBInstance:  # noqa: ANN401
        """Create the instance as upstream does, at an endpoint that answers."""
        instance = rds.DBInstance.create_from_cloudformation_json(*args, **options)
        instance.__class__ = cls
        instance.port = cls.listens_at[1]
        return instance

    def get_cfn_attribute(self, attribute_name: str) -> Any:  # noqa: ANN401
        """Return what Fn::GetAtt names."""
        return (
            self.dbi_resource_id if attribute_name == "DbiResourceId" else super().get_cfn_attribute(attribute_name)
        )


class ParameterGroup(rds.DBParameterGroup, CloudFormationModel):
    """AWS::RDS::DBParameterGroup: upstream gives it no physical id, so nothing can refer to it."""

    @property
    def physical_resource_id(self) -> str:
        """What Ref returns."""
        return self.name

    @classmethod
    def create_from_cloudformation_json(cls, *args: Any, **options: Any) -> rds.DBParameterGroup:  # noqa: ANN401
        """Create the group as upstream does, with an id."""
        group = rds.DBParameterGroup.create_from_cloudformation_json(*args, **options)
        group.__class__ = cls
        return group


class StateMachine(CloudFormationModel):
    """AWS::StepFunctions::StateMachine: upstream creates one that is never executed, and leaves out substitutions."""

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names the resource."""
        return "StateMachineName"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource's type."""
        return "AWS::StepFunctions::StateMachine"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **_: object,
    ) -> MotoStateMachine:
        """Create it where state machines are executed."""
        properties = cloudformation_json["Properties"]
        return stepfunctions_parser_backends[account_id][region_name].create_state_machine(
            name=resource_name,
            definition=_substituted(properties["DefinitionString"], properties.get("DefinitionSubstitutions", {})),
            roleArn=properties["RoleArn"],
            sm_type=properties.get("StateMachineType", "STANDARD"),
        )


class Schedule(CloudFormationModel):
    """AWS::Scheduler::Schedule: upstream ignores it."""

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names the resource."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource's type."""
        return "AWS::Scheduler::Schedule"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **_: object,
    ) -> "Schedule":
        """Create it; the ticker of the local cloud reads it from there."""
        properties = cloudformation_json["Properties"]
        return cls(
            scheduler_backends[account_id][region_name].create_schedule(
                name=resource_name,
                group_name=properties.get("GroupName", "default"),
                description=properties.get("Description"),
                schedule_expression=properties["ScheduleExpression"],
                schedule_expression_timezone=properties.get("ScheduleExpressionTimezone", "UTC"),
                flexible_time_window=properties["FlexibleTimeWindow"],
                target=properties["Target"],
                state=properties.get("State", "ENABLED"),
                start_date=properties.get("StartDate"),
                end_date=properties.get("EndDate"),
                kms_key_arn=properties.get("KmsKeyArn"),
                action_after_completion=None,
            )
        )

    def __init__(self, schedule: MotoSchedule) -> None:
        """Wrap the schedule, which is no resource of CloudFormation's upstream."""
        self.physical_resource_id = schedule.name


class SecurityGroupEgress(CloudFormationModel):
    """AWS::EC2::SecurityGroupEgress: upstream ignores it."""

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names the resource: it has none."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Return the resource's type."""
        return "AWS::EC2::SecurityGroupEgress"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **_: object,
    ) -> "SecurityGroupEgress":
        """Add the rule to its group."""
        properties = cloudformation_json["Properties"]
        ec2_backends[account_id][region_name].authorize_security_group_egress(
            group_name_or_id=properties["GroupId"],
            ip_protocol=properties["IpProtocol"],
            from_port=properties["FromPort"],
            to_port=properties["ToPort"],
            ip_ranges=[],
            source_groups=[{"GroupId": properties["DestinationSecurityGroupId"]}],
        )
        return cls(resource_name)

    def __init__(self, name: str) -> None:
        """Remember the name under which the stack lists the rule."""
        self.physical_resource_id = name


def _substituted(definition: str, substitutions: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: str(substitutions[match[1]]), definition)
