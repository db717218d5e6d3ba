"""Deletes the parts of a network that moto's CloudFormation leaves in a VPC, which would prevent its deletion."""

from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.route_tables import RouteTable

from sidestep.local.moto_patches.resource_type import Properties, ResourceType


class _RouteTable(RouteTable, CloudFormationModel):
    """moto does not delete it."""

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str
    ) -> None:
        """Delete the table with this id. It must not be associated with a subnet."""
        del cloudformation_json
        ec2_backends[account_id][region_name].delete_route_table(resource_name)


class _SubnetRouteTableAssociation(ResourceType[EC2Backend], CloudFormationModel):
    """moto does not delete it."""

    TYPE = "AWS::EC2::SubnetRouteTableAssociation"
    BACKENDS = ec2_backends

    def create(self) -> None:
        self.physical_resource_id = self.backend.associate_route_table(
            route_table_id=self.properties["RouteTableId"], subnet_id=self.properties["SubnetId"]
        )

    def remove(self) -> None:
        self.backend.disassociate_route_table(self.physical_resource_id)


class _SecurityGroupRule(ResourceType[EC2Backend]):
    """A rule that is a resource of its own in the template."""

    PEER: ClassVar[str]
    """The property with the other security group."""

    BACKENDS = ec2_backends

    @property
    def _group_exists(self) -> bool:
        """Whether the rule's group exists: moto may delete a group before its rules."""
        return self.backend.get_security_group_from_id(self.properties["GroupId"]) is not None

    @property
    def _rule(self) -> dict[str, Any]:
        peer, cidr = self.properties.get(self.PEER), self.properties.get("CidrIp")
        return {
            "group_name_or_id": self.properties["GroupId"],
            "ip_protocol": self.properties["IpProtocol"],
            "from_port": self.properties.get("FromPort"),
            "to_port": self.properties.get("ToPort"),
            "ip_ranges": [{"CidrIp": cidr}] if cidr else [],
            "source_groups": [{"GroupId": peer}] if peer else [],
        }


class _SecurityGroupEgress(_SecurityGroupRule, CloudFormationModel):
    """moto ignores it."""

    TYPE = "AWS::EC2::SecurityGroupEgress"
    PEER = "DestinationSecurityGroupId"

    def create(self) -> None:
        self.backend.authorize_security_group_egress(**self._rule)

    def remove(self) -> None:
        if self._group_exists:
            self.backend.revoke_security_group_egress(**self._rule)


class _SecurityGroupIngress(_SecurityGroupRule, CloudFormationModel):
    """moto neither changes nor deletes it."""

    TYPE = "AWS::EC2::SecurityGroupIngress"
    PEER = "SourceSecurityGroupId"

    def create(self) -> None:
        self.backend.authorize_security_group_ingress(**self._rule)

    def remove(self) -> None:
        if self._group_exists:
            self.backend.revoke_security_group_ingress(**self._rule)
