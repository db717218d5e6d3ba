"""Names and values that CloudWatch takes, as the types of metrics.toml's keys."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from sidestep import cloudwatch


def _checked_namespace(namespace: str) -> str:
    problem = cloudwatch.namespace_problem(namespace)
    if problem:
        raise ValueError(f"{namespace!r} {problem}; a namespace has {cloudwatch.NAMESPACE_RULE}")
    return namespace


def _checked_name(name: str) -> str:
    problem = cloudwatch.name_problem(name)
    if problem:
        raise ValueError(f"{name!r} {problem}; CloudWatch wants {cloudwatch.NAME_RULE}, no leading colon")
    return name


def _checked_metric_name(name: str) -> str:
    if name in cloudwatch.OWN_METRICS:
        raise ValueError(f"{name!r} is a name that Sidestep publishes itself; choose another one")
    return _checked_name(name)


def _checked_value(value: str) -> str:
    problem = cloudwatch.value_problem(value)
    if problem:
        raise ValueError(f"{value!r} {problem}; a fixed value has {cloudwatch.VALUE_RULE}")
    return value


Namespace = Annotated[str, AfterValidator(_checked_namespace)]
MetricName = Annotated[str, AfterValidator(_checked_metric_name)]
DimensionName = Annotated[str, AfterValidator(_checked_name)]

FixedDimensions: TypeAlias = dict[DimensionName, Annotated[str, AfterValidator(_checked_value)]]
"""Values by names, the same for each series."""
