"""What an account has: the requests, and what is read from the answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.acceptance.preflight import account
from tests.unit.clients import client

Answer = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""An operation, its response, and the parameters that it must have."""


@contextmanager
def answering(**answers: Sequence[Answer]) -> Iterator[Callable[[str], Any]]:
    """Return stubbed clients of services, which give these answers in order."""
    clients = {}
    with ExitStack() as stack:
        for service, expected in answers.items():
            made = clients[service.replace("_", "-")] = client(service.replace("_", "-"))
            stubber = stack.enter_context(Stubber(made))
            for operation, response, parameters in expected:
                stubber.add_response(operation, response, parameters)
        yield clients.__getitem__


@pytest.mark.parametrize(("kind", "status"), [("FREE", "ACTIVE"), ("PAID", "ACTIVE"), ("FREE", "EXPIRED")])
def test_the_plan_of_an_account_is_read(kind: str, status: str) -> None:
    answer = {"accountId": "123456789012", "accountPlanType": kind, "accountPlanStatus": status}
    with answering(freetier=[("get_account_plan_state", answer, {})]) as clients:
        assert account.account_plan(clients("freetier")) == f"{kind}, {status}"


@pytest.mark.parametrize(
    ("error", "plan"),
    [("ResourceNotFoundException", account.NO_PLAN), ("AccessDeniedException", account.UNKNOWN_PLAN)],
)
def test_an_account_without_a_readable_plan_is_no_obstacle(error: str, plan: str) -> None:
    freetier = client("freetier")
    with Stubber(freetier) as stubber:
        stubber.add_client_error("get_account_plan_state", error)
        assert account.account_plan(freetier) == plan


@pytest.mark.parametrize(("limit", "is_enough"), [(5.0, True), (4.0, True), (3.0, False)])
def test_a_quota_leaves_room_for_what_is_added_to_what_is_used(limit: float, is_enough: bool) -> None:
    # Given three VPCs, and no RDS instance
    vpcs = {"Vpcs": [{"VpcId": f"vpc-{number}"} for number in range(3)]}
    with answering(
        ec2=[("describe_vpcs", vpcs, {})],
        rds=[("describe_db_instances", {"DBInstances": []}, {})],
        service_quotas=[
            ("get_service_quota", {"Quota": {"Value": limit}}, {"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}),
            ("get_service_quota", {"Quota": {"Value": 40.0}}, {"ServiceCode": "rds", "QuotaCode": "L-7B6409FD"}),
        ],
    ) as clients:
        # When
        of_vpcs, of_instances = account.rooms(clients)

    # Then
    assert str(of_vpcs) == f"VPCs: 3 of {limit:g} used, 1 needed"
    assert of_vpcs.is_enough is is_enough
    assert of_instances.is_enough


def test_a_quota_that_was_never_changed_has_its_default() -> None:
    # Given
    quotas, ec2, rds = (client(service) for service in ("service-quotas", "ec2", "rds"))
    clients = {"service-quotas": quotas, "ec2": ec2, "rds": rds}
    with Stubber(quotas) as stubber, Stubber(ec2) as stubbed:
        stubber.add_client_error("get_service_quota", "NoSuchResourceException")
        stubber.add_response("get_aws_default_service_quota", {"Quota": {"Value": 5.0}})
        stubbed.add_response("describe_vpcs", {"Vpcs": []})

        # Then
        assert next(account.rooms(clients.__getitem__)).limit == 5


def test_functions_share_what_is_not_reserved() -> None:
    limits = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 10}}
    with answering(**{"lambda": [("get_account_settings", limits, {})]}) as clients:
        assert account.free_concurrency(clients("lambda")) == 10


def test_a_zone_is_usable_if_lambda_and_rds_offer_it() -> None:
    # Given
    zones = [{"ZoneName": f"eu-central-1{letter}", "State": "available"} for letter in "cab"]
    service = {"AvailabilityZones": ["eu-central-1b", "eu-central-1c"]}
    option = {"EngineVersion": "8.4.7", "AvailabilityZones": [{"Name": "eu-central-1a"}, {"Name": "eu-central-1b"}]}
    old = {"EngineVersion": "8.0.44", "AvailabilityZones": [{"Name": "eu-central-1c"}]}
    filters = {"Filters": [{"Name": "zone-type", "Values": ["availability-zone"]}]}
    instance = {"Engine": "mysql", "DBInstanceClass": "db.t4g.micro"}
    with answering(
        ec2=[
            ("describe_availability_zones", {"AvailabilityZones": zones}, filters),
            (
                "describe_vpc_endpoint_services",
                {"ServiceDetails": [service]},
                {"ServiceNames": ["com.amazonaws.eu-central-1.lambda"]},
            ),
        ],
        rds=[
            ("describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": [option, old]}, instance),
        ],
    ) as clients:
        # When
        found = account.zones(clients, engine="mysql", version="8.4", instance_class="db.t4g.micro")

    # Then
    assert found.default == ["eu-central-1a", "eu-central-1b"]
    assert found.usable == ["eu-central-1b"]


def test_minor_versions_and_authorities_are_listed() -> None:
    # Given
    versions = {"DBEngineVersions": [{"EngineVersion": one} for one in ("8.0.44", "8.4.6", "8.4.7")]}
    certificates = {"Certificates": [{"CertificateIdentifier": "rds-ca-rsa2048-g1", "Thumbprint": "7C40"}]}
    with answering(
        rds=[
            ("describe_db_engine_versions", versions, {"Engine": "mysql"}),
            ("describe_certificates", certificates, {}),
        ],
    ) as clients:
        # Then
        assert account.engine_versions(clients("rds"), engine="mysql", version="8.4") == ["8.4.6", "8.4.7"]
        assert account.authorities(clients("rds")) == {"rds-ca-rsa2048-g1": "7c40"}
