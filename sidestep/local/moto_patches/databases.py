"""Databases of RDS in stacks: one database of this cloud plays them all."""

import json
from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel
from moto.rds import models as rds

from sidestep.aws.administrator import Administrator


class AdministratorSecret(rds.MasterUserSecret):
    """The secret that RDS keeps an administrator's password in: upstream's has one that nobody can log in with."""

    def _generate_secret_string(self) -> str:
        administrator = DatabaseInstance.administrator
        return json.dumps({"username": administrator.user, "password": administrator.password})


class DatabaseInstance(rds.DBInstance, CloudFormationModel):
    """AWS::RDS::DBInstance: upstream lacks attributes, groups and the secret, and nothing listens there.

    Attributes:
        listens_at: host and port of the database that plays all instances of this cloud.
        administrator: of that database.
    """

    listens_at: ClassVar[tuple[str, int]]
    administrator: ClassVar[Administrator]

    @property
    def address(self) -> str:
        """The endpoint's host."""
        return self.listens_at[0]

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        *args: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> rds.DBInstance:
        """Create the instance as upstream does, at an endpoint that answers, with its secret if it is to have one."""
        instance = rds.DBInstance.create_from_cloudformation_json(
            resource_name, cloudformation_json, *args, **options
        )
        instance.__class__ = cls
        instance.port = cls.listens_at[1]
        properties = cloudformation_json["Properties"]
        # Upstream looks for the groups under the name that RDS's API has for them.
        instance.vpc_security_group_ids = properties.get("VPCSecurityGroups", instance.vpc_security_group_ids)
        if properties.get("ManageMasterUserPassword"):
            instance.manage_master_user_password = True
            instance.master_user_secret = AdministratorSecret(instance, None)
        return instance

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return whether an output can ask for an attribute."""
        return attr in {"DbiResourceId", "MasterUserSecret.SecretArn"} or super().has_cfn_attr(attr)

    def get_cfn_attribute(self, attribute_name: str) -> Any:  # noqa: ANN401
        """Return what Fn::GetAtt names."""
        match attribute_name:
            case "DbiResourceId":
                return self.dbi_resource_id
            case "MasterUserSecret.SecretArn":
                return self.master_user_secret.secret_arn
            case _:
                return super().get_cfn_attribute(attribute_name)


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
