"""Databases of RDS in stacks: one database of this cloud plays them all."""

from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel
from moto.rds import models as rds


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
