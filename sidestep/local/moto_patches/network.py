"""The parts of a network that moto's CloudFormation never takes away again, so that their VPC could not go either."""

from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.route_tables import RouteTable as MotoRouteTable

from sidestep.local.moto_patches.resource_type import Properties, ResourceType


class RouteTable(MotoRouteTable, CloudFormationModel):
    """AWS::EC2::RouteTable: upstream does not delete it."""

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str
    ) -> None:
        """Delete the table with this id; it must be associated with no subnet any more."""
        del cloudformation_json
        ec2_backends[account_id][region_name].delete_route_table(resource_name)


class SubnetRouteTableAssociation(ResourceType, CloudFormationModel):
    """AWS::EC2::SubnetRouteTableAssociation: upstream does not delete it."""

    TYPE = "AWS::EC2::SubnetRouteTableAssociation"

    def create(self) -> None:
        """Associate the table with the subnet."""
        self.physical_resource_id = ec2_backends[self.account][self.region].associate_route_table(
            route_table_id=self.properties["RouteTableId"], subnet_id=self.properties["SubnetId"]
        )

    def remove(self) -> None:
        """Take the association back."""
        ec2_backends[self.account][self.region].disassociate_route_table(self.physical_resource_id)


class _SecurityGroupRule(ResourceType):
    """A rule that stands beside its group in the template."""

    PEER: ClassVar[str]
    """The property with the security group at the other end."""

    @property
    def _ec2(self) -> EC2Backend:
        return ec2_backends[self.account][self.region]

    @property
    def _group_exists(self) -> bool:
        """Whether there is anything to take the rule out of: moto may delete a group before its rules."""
        return self._ec2.get_security_group_from_id(self.properties["GroupId"]) is not None

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


class SecurityGroupEgress(_SecurityGroupRule, CloudFormationModel):
    """AWS::EC2::SecurityGroupEgress: upstream ignores it."""

    TYPE = "AWS::EC2::SecurityGroupEgress"
    PEER = "DestinationSecurityGroupId"

    def create(self) -> None:
        """Add the rule to its group."""
        self._ec2.authorize_security_group_egress(**self._rule)

    def remove(self) -> None:
        """Take the rule out of its group."""
        if self._group_exists:
            self._ec2.revoke_security_group_egress(**self._rule)


class SecurityGroupIngress(_SecurityGroupRule, CloudFormationModel):
    """AWS::EC2::SecurityGroupIngress: upstream neither changes nor deletes it."""

    TYPE = "AWS::EC2::SecurityGroupIngress"
    PEER = "SourceSecurityGroupId"

    def create(self) -> None:
        """Add the rule to its group."""
        self._ec2.authorize_security_group_ingress(**self._rule)

    def remove(self) -> None:
        """Take the rule out of its group."""
        if self._group_exists:
            self._ec2.revoke_security_group_ingress(**self._rule)
