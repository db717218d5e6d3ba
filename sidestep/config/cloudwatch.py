"""CloudWatch's rules for names, units and resolutions.

Source: the botocore service model of CloudWatch (MetricDatum, Dimension, PutMetricData) and the pages
"Metrics concepts" and "PutMetricData" of the AWS documentation.
"""

import re
from datetime import timedelta
from typing import Final, Literal, get_args

from sidestep.lambdas.query_database.metric_data import (
    EMPTY_RESULTS,
    FAILED_QUERIES,
    INVALID_ROWS,
    QUERY_DURATION,
    ROWS_RETURNED,
)

Unit = Literal[
    "Seconds", "Microseconds", "Milliseconds",
    "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
    "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits",
    "Percent", "Count",
    "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second",
    "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
    "Count/Second", "None",
]  # fmt: skip
"""StandardUnit of the service model."""

UNITS: Final[tuple[str, ...]] = get_args(Unit)

RESOLUTIONS: Final = (1, 60)
"""Seconds per stored point: 1 is a high-resolution metric, 60 a standard one."""

LISTING: Final = timedelta(minutes=15)
"""How long CloudWatch may take to list a new metric (API reference, ListMetrics)."""

NAME_LIMIT: Final = 255
"""Maximum number of characters in a namespace, metric name or dimension name."""

VALUE_LIMIT: Final = 255
"""Maximum number of characters in a fixed dimension's value: the CDK's limit in alarms. PutMetricData takes 1,024."""

MAX_DIMENSIONS: Final = 30
"""Maximum number of dimensions of a metric."""

MAX_WIDGETS: Final = 500
"""Maximum number of widgets in a dashboard (API reference, "Dashboard Body Structure and Syntax")."""

OWN_METRICS: Final = (EMPTY_RESULTS, FAILED_QUERIES, INVALID_ROWS)
"""Sidestep's own metrics, in the namespace of the others, with the dimension Query."""

QUERY_METRICS: Final = (QUERY_DURATION, ROWS_RETURNED)
"""Sidestep's metrics of queries with query_metrics, with the same dimension."""

VALUE_RULE: Final = f"1 to {VALUE_LIMIT} printable ASCII characters, not all blank"
NAME_RULE: Final = f"1 to {NAME_LIMIT} printable ASCII characters, not all blank, no leading colon"
NAMESPACE_RULE: Final = f"1 to {NAME_LIMIT} letters, digits, spaces and any of . - _ / # :, not all blank"

_NAMESPACE: Final = re.compile(r"[A-Za-z0-9._/#: -]*")


def name_problem(name: str) -> str | None:
    """Return what is wrong with a metric name, dimension name or namespace; None if it is valid."""
    return "starts with a colon" if name.startswith(":") else _text_problem(name, NAME_LIMIT)


def value_problem(value: str) -> str | None:
    """Return what is wrong with the value of a fixed dimension; None if it is valid."""
    return _text_problem(value, VALUE_LIMIT)


def namespace_problem(namespace: str) -> str | None:
    """Return what is wrong with a namespace for custom metrics; None if it is valid."""
    if namespace.startswith("AWS/"):
        return "starts with AWS/, which is reserved for AWS's own metrics"
    if problem := name_problem(namespace):
        return problem
    return None if _NAMESPACE.fullmatch(namespace) else "has a character that is not valid in a namespace"


def _text_problem(text: str, limit: int) -> str | None:
    if len(text) > limit:
        return f"has {len(text)} characters"
    if not text.strip():
        return "is empty or blank"
    return None if text.isascii() and text.isprintable() else "has a character that is not printable ASCII"
