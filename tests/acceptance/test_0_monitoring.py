"""Whether CloudWatch accepts every kind of alarm, and a dashboard with every kind of line."""

from collections.abc import Callable

import pytest

from tests.acceptance import metrics_files
from tests.acceptance.clouds.cloud import Cloud
from tests.acceptance.preflight import monitoring
from tests.acceptance.preflight.template import Template, place_of
from tests.acceptance.project import Project, output

Claim = Callable[[str, str], None]


@pytest.fixture(scope="module")
def monitored(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Return a template with every kind of alarm and of line on its dashboard."""
    folder = tmp_path_factory.mktemp("monitored") / "project"
    folder.mkdir()
    project = Project(folder, cloud)
    made = project.sidestep("init", "--sample")
    assert made.returncode == 0, output(made)
    project.write(metrics_files.MONITORED)
    done = project.synthesize()
    assert done.returncode == 0, output(done)
    return Template.of_stack(project.assembly, project.stack.name, place_of(cloud.client("sts")))


def test_cloudwatch_accepts_each_alarm(cloud: Cloud, monitored: Template, claim: Claim) -> None:
    # Given
    requests = list(monitoring.alarm_requests(monitored, name=cloud.facts.stack_prefix))

    # When
    for request in requests:
        monitoring.put_alarm(cloud.client("cloudwatch"), request)

    # Then
    claim("alarm-bodies", f"{len(requests)} alarms accepted")
    assert len(requests) == 10


def test_cloudwatch_accepts_the_dashboard_without_a_warning(cloud: Cloud, monitored: Template, claim: Claim) -> None:
    # Given
    (request,) = monitoring.dashboard_requests(monitored, name=cloud.facts.stack_prefix)

    # When
    warnings = monitoring.put_dashboard(cloud.client("cloudwatch"), request)

    # Then
    claim("dashboard-body", "; ".join(warnings) or "accepted without a warning")
    assert warnings == []
