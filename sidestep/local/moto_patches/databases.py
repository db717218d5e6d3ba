"""RDS databases in stacks. All of them have the same endpoint: that of the local cloud's database."""

import json
from typing import Any, ClassVar, Final

from moto.core.common_models import CloudFormationModel
from moto.rds import models as rds

from sidestep.aws.administrator import Administrator

MAX_IDENTIFIER: Final = 63
"""Characters of an instance's identifier (RDS API reference, CreateDBInstance)."""


class AdministratorSecret(rds.MasterUserSecret):
    """The administrator's secret, with a password that the database accepts; moto's has another one."""

    def _generate_secret_string(self) -> str:
        administrator = DatabaseInstance.administrator
        return json.dumps({"username": administrator.user, "password": administrator.password})


class DatabaseInstance(rds.DBInstance, CloudFormationModel):
    """moto lacks attributes, security groups and the secret, and nothing listens at its endpoint.

    Attributes:
        listens_at: host and port of the database behind all instances.
        administrator: the administrator of that database.
    """

    listens_at: ClassVar[tuple[str, int]]
    administrator: ClassVar[Administrator]

    @property
    def address(self) -> str:
        """The host of the endpoint."""
        return self.listens_at[0]

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        *args: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> rds.DBInstance:
        """Create the instance like moto, with the endpoint of the database, and with a secret if RDS manages it."""
        instance = rds.DBInstance.create_from_cloudformation_json(
            _shortened(resource_name), cloudformation_json, *args, **options
        )
        instance.__class__ = cls
        instance.port = cls.listens_at[1]
        properties = cloudformation_json["Properties"]
        # moto reads the groups from the name of RDS's API.
        instance.vpc_security_group_ids = properties.get("VPCSecurityGroups", instance.vpc_security_group_ids)
        if properties.get("ManageMasterUserPassword"):
            instance.manage_master_user_password = True
            instance.master_user_secret = AdministratorSecret(instance, None)
        return instance

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return whether Fn::GetAtt supports an attribute."""
        return attr in {"DbiResourceId", "MasterUserSecret.SecretArn"} or super().has_cfn_attr(attr)

    def get_cfn_attribute(self, attribute_name: str) -> Any:  # noqa: ANN401
        """Return an attribute for Fn::GetAtt."""
        match attribute_name:
            case "DbiResourceId":
                return self.dbi_resource_id
            case "MasterUserSecret.SecretArn":
                return self.master_user_secret.secret_arn
            case _:
                return super().get_cfn_attribute(attribute_name)


def _shortened(name: str) -> str:
    """Return a name that CloudFormation has made up, as short as RDS wants it; moto only puts its parts together."""
    beginning, _, unique = name.rpartition("-")
    return f"{beginning[: MAX_IDENTIFIER - len(unique) - 1].rstrip('-')}-{unique}"


class _ParameterGroup(rds.DBParameterGroup, CloudFormationModel):
    """moto gives it no physical id, so no resource can refer to it."""

    @property
    def physical_resource_id(self) -> str:
        return self.name

    @classmethod
    def create_from_cloudformation_json(cls, *args: Any, **options: Any) -> rds.DBParameterGroup:  # noqa: ANN401
        group = rds.DBParameterGroup.create_from_cloudformation_json(*args, **options)
        group.__class__ = cls
        return group
