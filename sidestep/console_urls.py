"""Links into the AWS console."""

from datetime import datetime
from urllib.parse import quote


def state_machine_page(region: str, state_machine_arn: str) -> str:
    """Return the page with a state machine's executions."""
    return f"{_home('states', region)}#/statemachines/view/{state_machine_arn}"


def execution_page(execution_arn: str, started: datetime) -> str:
    """Return the page of one execution. The page of an Express execution needs its start time."""
    region = execution_arn.split(":")[3]
    if ":express:" in execution_arn:
        moment = int(started.timestamp() * 1000)
        return f"{_home('states', region)}#/express-executions/details/{execution_arn}?startDate={moment}"
    return f"{_home('states', region)}#/v2/executions/details/{execution_arn}"


def metrics_page(region: str, namespace: str) -> str:
    """Return the page with the metrics of a namespace."""
    # The console encodes with asterisks instead of percent signs.
    encoded = quote(namespace, safe="").replace("%", "*")
    return f"{_home('cloudwatch', region)}#metricsV2:graph=~();namespace=~'{encoded}"


def _home(service: str, region: str) -> str:
    return f"https://{region}.console.aws.amazon.com/{service}/home?region={region}"
