"""Creates a network with the ids of metrics.toml; EC2's API would generate ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.vpcs import VPC

ZONES: Final = "abc"
"""The last letters of the zones' names."""


@dataclass(frozen=True, slots=True)
class Network:
    """Where a database is."""

    subnets: Sequence[str]
    security_group: str


def network_of(ec2: EC2Backend, vpc_id: str, subnets: Sequence[str], security_group: str | None) -> Network:
    """Return the network of a database; create its missing parts.

    Args:
        ec2: moto's backend.
        vpc_id: the id of the VPC.
        subnets: their ids; if empty, the VPC gets one per zone, with generated ids.
        security_group: the id of the database's group; generated if None.
    """
    if vpc_id not in ec2.vpcs:
        _create_vpc(ec2, vpc_id)
    there = {subnet.id for subnet in ec2.describe_subnets(filters={"vpc-id": vpc_id})}
    wanted: Sequence[str | None] = subnets or ([] if there else [None] * len(ZONES))
    created = [_create_subnet(ec2, vpc_id, one) for one in wanted if one not in there]
    group = _create_group(ec2, vpc_id, security_group)
    return Network(subnets or [*there, *created], group)


def _create_vpc(ec2: EC2Backend, vpc_id: str) -> None:
    ec2.vpcs[vpc_id] = VPC(ec2, vpc_id, "10.0.0.0/16", is_default=False)  # type: ignore[abstract]
    ec2.create_route_table(vpc_id, main=True)
    ec2.create_network_acl(vpc_id, default=True)
    ec2.create_security_group("default", "default VPC security group", vpc_id=vpc_id, is_default=True)


def _create_subnet(ec2: EC2Backend, vpc_id: str, subnet_id: str | None) -> str:
    number = len(ec2.describe_subnets(filters={"vpc-id": vpc_id}))
    zone = ec2.region_name + ZONES[number % len(ZONES)]
    subnet = ec2.create_subnet(vpc_id, f"10.0.{number}.0/24", availability_zone=zone)
    if subnet_id is not None:
        del ec2.subnets[zone][subnet.id]
        subnet.id = subnet_id
        ec2.subnets[zone][subnet_id] = subnet
    return str(subnet.id)


def _create_group(ec2: EC2Backend, vpc_id: str, group_id: str | None) -> str:
    if group_id is None:
        name = f"database-{len(ec2.groups[vpc_id])}"
        return str(ec2.create_security_group(name, "the database", vpc_id=vpc_id).id)
    if group_id not in ec2.groups[vpc_id]:
        group = SecurityGroup(ec2, group_id, group_id, "the database", vpc_id=vpc_id)  # type: ignore[abstract]
        ec2.groups[vpc_id][group_id] = group
    return group_id
