"""CloudWatch's rules for names, units and resolutions, as PutMetricData documents them.

Source: the botocore service model of CloudWatch (MetricDatum, Dimension, PutMetricData) and the pages
"Metrics concepts" and "PutMetricData" of the AWS documentation.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, Literal, get_args

from sidestep.lambdas.query_database.metric_data import EMPTY_RESULTS, FAILED_QUERIES, INVALID_ROWS

Unit = Literal[
    "Seconds", "Microseconds", "Milliseconds",
    "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
    "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits",
    "Percent", "Count",
    "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second",
    "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
    "Count/Second", "None",
]  # fmt: skip
"""The units of the service model's StandardUnit."""

UNITS: Final[tuple[str, ...]] = get_args(Unit)

RESOLUTIONS: Final = (1, 60)
"""Seconds per stored point: 1 is a high-resolution metric, 60 a regular one."""

LISTING: Final = timedelta(minutes=15)
"""The time that CloudWatch may take to list a new metric (API reference, ListMetrics)."""

NAME_LIMIT: Final = 255
"""Characters in a namespace, metric name or dimension name."""

VALUE_LIMIT: Final = 255
"""Characters in a fixed dimension's value. PutMetricData takes 1,024, but the CDK makes no alarm with more."""

MAX_DIMENSIONS: Final = 30
"""Dimensions of one metric."""

OWN_METRICS: Final = (EMPTY_RESULTS, FAILED_QUERIES, INVALID_ROWS)
"""What Sidestep publishes about itself, in the same namespace, with the dimension Query."""

NAME_RULE: Final = f"1 to {NAME_LIMIT} printable ASCII characters, not all of them blank"

VALUE_RULE: Final = f"1 to {VALUE_LIMIT} printable ASCII characters, not all of them blank"

NAMESPACE_RULE: Final = f"1 to {NAME_LIMIT} letters, digits, spaces and any of . - _ / # :, not all of them blank"

_NAMESPACE: Final = re.compile(r"[A-Za-z0-9._/#: -]*")


def name_problem(name: str) -> str | None:
    """Say what forbids `name` as a metric or dimension name or as a namespace; None if nothing does."""
    return next(_name_problems(name), None)


def value_problem(value: str) -> str | None:
    """Say what forbids `value` as the value of a fixed dimension; None if nothing does."""
    return next(_text_problems(value, VALUE_LIMIT), None)


def namespace_problem(namespace: str) -> str | None:
    """Say what forbids `namespace` for custom metrics; None if nothing does."""
    if namespace.startswith("AWS/"):
        return "starts with AWS/, which is reserved for AWS's own metrics"
    if not _NAMESPACE.fullmatch(namespace) and name_problem(namespace) is None:
        return "has a character that a namespace may not have"
    return name_problem(namespace)


def _name_problems(name: str) -> Iterator[str]:
    if name.startswith(":"):
        yield "starts with a colon"
    yield from _text_problems(name, NAME_LIMIT)


def _text_problems(text: str, limit: int) -> Iterator[str]:
    if len(text) > limit:
        yield f"has {len(text)} characters"
    if not text.strip():
        yield "is empty or blank"
    if not (text.isascii() and text.isprintable()):
        yield "has a character that is not printable ASCII"
