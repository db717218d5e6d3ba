"""Reads from an account what a deployment needs: its plan, quotas, zones, engine versions and authorities.

It changes nothing, and costs nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from sidestep.aws.clients import Clients

NO_PLAN: Final = "none"
"""The plan of an account from before plans."""

UNKNOWN_PLAN: Final = "unknown"
"""The plan of an account whose credentials may not read it. Whether the sample starts, the deployment shows."""


def account_plan(freetier: Any) -> str:  # noqa: ANN401 - a client
    """Return the plan of the account, FREE or PAID, with its status; else NO_PLAN or UNKNOWN_PLAN."""
    try:
        plan = freetier.get_account_plan_state()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in _PLANS_OF_ERRORS:
            raise
        return _PLANS_OF_ERRORS[code]
    return f"{plan['accountPlanType']}, {plan['accountPlanStatus']}"


_PLANS_OF_ERRORS: Final = {"ResourceNotFoundException": NO_PLAN, "AccessDeniedException": UNKNOWN_PLAN}


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A quota that a deployment uses up a part of.

    Attributes:
        title: what it counts.
        service, code: its codes in Service Quotas.
        needed: what the suite adds.
        used: counts what the account uses.
    """

    title: str
    service: str
    code: str
    needed: int
    used: Callable[[Clients], int]


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a quota leaves."""

    quota: Quota
    limit: float
    used: int

    @property
    def is_enough(self) -> bool:
        """Whether the deployment fits."""
        return self.used + self.quota.needed <= self.limit

    def __str__(self) -> str:
        """Return the numbers in one line."""
        return f"{self.quota.title}: {self.used} of {self.limit:g} used, {self.quota.needed} needed"


def _counted(service: str, operation: str, key: str) -> Callable[[Clients], int]:
    def count(clients: Clients) -> int:
        pages = clients(service).get_paginator(operation).paginate()
        return sum(len(page[key]) for page in pages)

    return count


QUOTAS: Final = (
    Quota(
        title="VPCs",
        service="vpc",
        code="L-F678F1CE",
        needed=1,
        used=_counted("ec2", "describe_vpcs", "Vpcs"),
    ),
    Quota(
        title="RDS instances",
        service="rds",
        code="L-7B6409FD",
        needed=1,
        used=_counted("rds", "describe_db_instances", "DBInstances"),
    ),
)
"""The quotas with small defaults: 5 VPCs, and 40 instances (quotas of Amazon VPC and of Amazon RDS)."""

MIN_CONCURRENCY: Final = 3
"""Of functions: a scheduled run, a manual run and a preparation at the same time. A new account has 10."""


def rooms(clients: Clients) -> Iterator[Room]:
    """Yield what each quota leaves."""
    for quota in QUOTAS:
        yield Room(quota=quota, limit=_limit(clients("service-quotas"), quota), used=quota.used(clients))


def _limit(quotas: Any, quota: Quota) -> float:  # noqa: ANN401 - a client
    """Return the value of a quota: that of the account, or the default if it was never changed."""
    which = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        found = quotas.get_service_quota(**which)
    except quotas.exceptions.NoSuchResourceException:
        found = quotas.get_aws_default_service_quota(**which)
    return float(found["Quota"]["Value"])


def free_concurrency(lambda_client: Any) -> int:  # noqa: ANN401 - a client
    """Return how many functions without a reservation can run at once."""
    return int(lambda_client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"])


@dataclass(frozen=True, kw_only=True)
class Zones:
    """The Availability Zones of a Region, by name.

    Attributes:
        all: in the order of CloudFormation's Fn::GetAZs.
        of_lambda: those in which Lambda offers an interface endpoint. No API lists the zones that a function can be
            attached in; that a zone without the endpoint is one of the others is inferred.
        of_database: those in which RDS offers the instance class.
    """

    all: Sequence[str]
    of_lambda: Sequence[str]
    of_database: Sequence[str]

    @property
    def default(self) -> list[str]:
        """The zones that the sample gets without `availability_zones`: the first two."""
        return list(self.all[:2])

    @property
    def usable(self) -> list[str]:
        """The zones for function and database."""
        return [zone for zone in self.all if zone in self.of_lambda and zone in self.of_database]


def zones(clients: Clients, *, engine: str, version: str, instance_class: str) -> Zones:
    """Find the zones of the Region of the clients, for a database of this class."""
    ec2 = clients("ec2")
    found = ec2.describe_availability_zones(Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}])
    name = f"com.amazonaws.{ec2.meta.region_name}.lambda"
    endpoints = ec2.describe_vpc_endpoint_services(ServiceNames=[name])["ServiceDetails"]
    options = _orderable(clients, engine, version, instance_class)
    return Zones(
        all=sorted(zone["ZoneName"] for zone in found["AvailabilityZones"] if zone["State"] == "available"),
        of_lambda=sorted({zone for endpoint in endpoints for zone in endpoint["AvailabilityZones"]}),
        of_database=sorted({zone["Name"] for option in options for zone in option["AvailabilityZones"]}),
    )


def engine_versions(rds: Any, *, engine: str, version: str) -> list[str]:  # noqa: ANN401 - a client
    """Return the minor versions that RDS offers of a major version."""
    pages = rds.get_paginator("describe_db_engine_versions").paginate(Engine=engine)
    found = [one["EngineVersion"] for page in pages for one in page["DBEngineVersions"]]
    return [one for one in found if one.startswith(f"{version}.")]


def authorities(rds: Any) -> dict[str, str]:  # noqa: ANN401 - a client
    """Return the SHA-1 thumbprints of the Region's certificate authorities, by identifier, in lower case."""
    found = rds.describe_certificates()["Certificates"]
    return {one["CertificateIdentifier"]: one["Thumbprint"].lower() for one in found}


def _orderable(clients: Clients, engine: str, version: str, instance_class: str) -> list[dict[str, Any]]:
    pages = (
        clients("rds")
        .get_paginator("describe_orderable_db_instance_options")
        .paginate(Engine=engine, DBInstanceClass=instance_class)
    )
    options = (option for page in pages for option in page["OrderableDBInstanceOptions"])
    return [option for option in options if option["EngineVersion"].startswith(f"{version}.")]
