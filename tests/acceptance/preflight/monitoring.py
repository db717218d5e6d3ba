"""Sends the alarms and the dashboard of a template to CloudWatch, which validates them; removes them at once."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.acceptance.preflight.template import Template
from tests.acceptance.run_resources import tags_of

MARK: Final = "preflight"
"""In the names, so that they differ from those of the deployment."""


def alarm_requests(template: Template, *, name: str) -> Iterator[dict[str, Any]]:
    """Yield a PutMetricAlarm request for each alarm, without actions: their topics do not exist yet.

    `name` is that of the run. The properties of AWS::CloudWatch::Alarm have the names of the request's parameters.
    """
    for alarm in template.resources("AWS::CloudWatch::Alarm").values():
        request = {key: value for key, value in alarm.items() if key not in ("AlarmActions", "OKActions")}
        yield request | {"AlarmName": _marked(alarm["AlarmName"], name), "Tags": tags_of(name)}


def dashboard_requests(template: Template, *, name: str) -> Iterator[dict[str, Any]]:
    """Yield a PutDashboard request for each dashboard; `name` is that of the run."""
    for dashboard in template.resources("AWS::CloudWatch::Dashboard").values():
        yield dashboard | {"DashboardName": _marked(dashboard["DashboardName"], name), "Tags": tags_of(name)}


def put_alarm(cloudwatch: Any, request: Mapping[str, Any]) -> None:  # noqa: ANN401 - a client
    """Create an alarm and delete it.

    Raises:
        botocore.exceptions.ClientError: CloudWatch refuses it.
    """
    cloudwatch.put_metric_alarm(**request)
    cloudwatch.delete_alarms(AlarmNames=[request["AlarmName"]])


def put_dashboard(cloudwatch: Any, request: Mapping[str, Any]) -> list[str]:  # noqa: ANN401 - a client
    """Create a dashboard and delete it; return CloudWatch's warnings.

    Raises:
        botocore.exceptions.ClientError: CloudWatch refuses it.
    """
    answer = cloudwatch.put_dashboard(**request)
    cloudwatch.delete_dashboards(DashboardNames=[request["DashboardName"]])
    return [f"{one.get('DataPath')}: {one.get('Message')}" for one in answer.get("DashboardValidationMessages", [])]


def _marked(resource: str, name: str) -> str:
    """Return the name of a resource for the preflight: of the same length as before or longer, with the same end."""
    return f"{name}-{MARK}{resource.removeprefix(name)}"
