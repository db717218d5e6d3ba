"""Names and values that CloudWatch takes, as the types of metrics.toml's keys."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from sidestep import cloudwatch

_PLACEHOLDER = "${"
"""What the CDK and CloudFormation take for something to put a value in."""


def _checked_namespace(namespace: str) -> str:
    problem = cloudwatch.namespace_problem(namespace)
    if problem:
        raise ValueError(f"{namespace!r} {problem}; a namespace has {cloudwatch.NAMESPACE_RULE}")
    return namespace


def _checked_name(name: str) -> str:
    _refuse_placeholder(name)
    problem = cloudwatch.name_problem(name)
    if problem:
        raise ValueError(f"{name!r} {problem}; CloudWatch wants {cloudwatch.NAME_RULE}, no leading colon")
    return name


def _checked_metric_name(name: str) -> str:
    if name in cloudwatch.OWN_METRICS:
        raise ValueError(f"{name!r} is a name that Sidestep publishes itself; choose another one")
    return _checked_name(name)


def _checked_value(value: str) -> str:
    _refuse_placeholder(value)
    problem = cloudwatch.value_problem(value)
    if problem:
        raise ValueError(f"{value!r} {problem}; a fixed value has {cloudwatch.VALUE_RULE}")
    return value


def _refuse_placeholder(text: str) -> None:
    if _PLACEHOLDER in text:
        raise ValueError(f"{text!r} has {_PLACEHOLDER}, which a template takes for a placeholder; leave it out")


Namespace = Annotated[str, AfterValidator(_checked_namespace)]
MetricName = Annotated[str, AfterValidator(_checked_metric_name)]
DimensionName = Annotated[str, AfterValidator(_checked_name)]

FixedDimensions: TypeAlias = dict[DimensionName, Annotated[str, AfterValidator(_checked_value)]]
"""Values by names, the same for each series."""
