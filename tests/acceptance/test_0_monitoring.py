"""Whether CloudWatch accepts the alarms and the dashboard of the template."""

from collections.abc import Callable

from tests.acceptance.clouds.cloud import Cloud
from tests.acceptance.preflight import monitoring
from tests.acceptance.preflight.template import Template

Claim = Callable[[str, str], None]


def test_cloudwatch_accepts_each_alarm(cloud: Cloud, template: Template, claim: Claim) -> None:
    # Given
    requests = list(monitoring.alarm_requests(template, name=cloud.facts.stack_prefix))

    # When
    for request in requests:
        monitoring.put_alarm(cloud.client("cloudwatch"), request)

    # Then
    assert requests
    claim("alarm-bodies", f"{len(requests)} alarms accepted")


def test_cloudwatch_accepts_the_dashboard_without_a_warning(cloud: Cloud, template: Template, claim: Claim) -> None:
    # Given
    (request,) = monitoring.dashboard_requests(template, name=cloud.facts.stack_prefix)

    # When
    warnings = monitoring.put_dashboard(cloud.client("cloudwatch"), request)

    # Then
    claim("dashboard-body", "; ".join(warnings) or "accepted without a warning")
    assert warnings == []
