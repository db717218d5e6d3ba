"""What the roles of the template may do, according to IAM's policy simulator."""

from collections.abc import Callable

import pytest

from tests.acceptance.clouds.cloud import Cloud, Feature
from tests.acceptance.preflight.permissions import MANAGE_INTERFACE, disagreements
from tests.acceptance.preflight.template import Template

pytestmark = [pytest.mark.needs(Feature.POLICY_SIMULATION)]

Claim = Callable[[str, str], None]


@pytest.mark.needs(Feature.SIMULATED_CONTEXT)
def test_each_statement_of_each_role_allows_and_denies_as_intended(
    cloud: Cloud, template: Template, claim: Claim
) -> None:
    # When
    count, others = disagreements(cloud.client("iam"), template, lambda case: case.why != MANAGE_INTERFACE)

    # Then
    claim("permissions", f"{count - len(others)} of {count} requests are decided as intended")
    assert others == []


def test_any_network_interface_is_one_of_any_resource(cloud: Cloud, template: Template, claim: Claim) -> None:
    # When
    _, others = disagreements(cloud.client("iam"), template, lambda case: case.why == MANAGE_INTERFACE)

    # Then
    claim("any-resource", "; ".join(others) or "allowed")
    assert others == []
