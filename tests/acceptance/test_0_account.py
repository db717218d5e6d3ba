"""Whether the account has what the deployment needs, before anything is created."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import load_pem_x509_certificates

from sidestep.config.certificates import RDS_ROOTS, common_name
from tests.acceptance.clouds.cloud import Cloud, Feature
from tests.acceptance.preflight import account
from tests.acceptance.preflight.template import Template

pytestmark = [pytest.mark.needs(Feature.ACCOUNT)]

Claim = Callable[[str, str], None]


@pytest.mark.essential
def test_the_plan_of_the_account_is_active(cloud: Cloud, template: Template, claim: Claim) -> None:
    # Given
    instance = template.only("AWS::RDS::DBInstance")["DBInstanceClass"]

    # When
    plan = account.account_plan(cloud.client("freetier"))

    # Then
    claim("free-plan", f"plan {plan}; the sample is a {instance}")
    assert "EXPIRED" not in plan


@pytest.mark.essential
def test_the_quotas_leave_room_for_the_deployment(cloud: Cloud) -> None:
    # When
    rooms = list(account.rooms(cloud.client))
    concurrency = account.free_concurrency(cloud.client("lambda"))

    # Then
    assert [str(room) for room in rooms if not room.is_enough] == []
    assert concurrency >= account.MIN_CONCURRENCY


@pytest.mark.essential
def test_lambda_and_rds_offer_the_zones_of_the_sample(cloud: Cloud, template: Template, claim: Claim) -> None:
    # Given
    instance = template.only("AWS::RDS::DBInstance")

    # When
    zones = account.zones(
        cloud.client,
        engine=instance["Engine"],
        version=instance["EngineVersion"],
        instance_class=instance["DBInstanceClass"],
    )

    # Then
    claim("zones", f"{', '.join(zones.default)} of {', '.join(zones.all)}; both services: {', '.join(zones.usable)}")
    assert set(zones.default) <= set(zones.usable), "run the suite in another Region, with AWS_REGION"


@pytest.mark.essential
def test_rds_offers_a_minor_version_for_the_major_one(cloud: Cloud, template: Template, claim: Claim) -> None:
    # Given
    instance = template.only("AWS::RDS::DBInstance")

    # When
    found = account.engine_versions(cloud.client("rds"), engine=instance["Engine"], version=instance["EngineVersion"])

    # Then
    claim("engine-version", f"DescribeDBEngineVersions: {instance['EngineVersion']} is {', '.join(found)}")
    assert found


def test_the_shipped_authorities_are_those_of_the_region(cloud: Cloud, claim: Claim) -> None:
    # Given
    shipped = {
        root.fingerprint(hashes.SHA1()).hex(): common_name(root)  # noqa: S303 - as RDS names them
        for root in load_pem_x509_certificates(RDS_ROOTS.read_bytes())
    }

    # When
    found = account.authorities(cloud.client("rds"))

    # Then
    known = {name: shipped.get(thumbprint) for name, thumbprint in found.items()}
    claim("shipped-roots", "; ".join(f"{name}: {root or 'not shipped'}" for name, root in known.items()))
    assert {name for name in known if name.endswith("-g1")} == {name for name, root in known.items() if root}
