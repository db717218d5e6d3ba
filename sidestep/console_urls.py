"""Links into the AWS console."""

import re
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


def logs_insights_page(region: str, log_group: str, query: str) -> str:
    """Return the page that runs a query on a log group, for the last day.

    The form is that of the console's own links, which AWS does not document. Quotes and parentheses are encoded,
    because mail programs end a link there.
    """
    detail = (
        f"~(end~0~start~-86400~timeType~'RELATIVE~unit~'seconds~editorString~'{_starred(query)}"
        f"~source~(~'{_starred(log_group)}))"
    )
    encoded = "".join(f"$25{ord(char):02X}" if char in "~(')" else char for char in detail)
    return f"{_home('cloudwatch', region)}#logsV2:logs-insights$3FqueryDetail$3D{encoded}"


def _starred(text: str) -> str:
    """Encode text as the console does, with `*2f` instead of `%2F`. A tilde, which `quote` leaves, has a meaning."""
    encoded = quote(text, safe="").replace("~", "%7E")
    return re.sub("%(..)", lambda match: f"*{match[1].lower()}", encoded)


def _home(service: str, region: str) -> str:
    return f"https://{region}.console.aws.amazon.com/{service}/home?region={region}"
