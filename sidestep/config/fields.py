"""Types of the keys of metrics.toml, and the base class of its tables."""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict

from sidestep.config import cloudwatch


class Table(BaseModel):
    """One table: nothing may be misspelt, coerced or changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @classmethod
    def key_names(cls) -> Collection[str]:
        """Return the keys that the table knows, as the file spells them."""
        return list(cls.spelling().values())

    @classmethod
    def spelling(cls) -> Mapping[str, str]:
        """Return how the file spells the table's keys, by the names of the attributes that they become."""
        return {name: field.alias or name for name, field in cls.model_fields.items()}


def matching(pattern: str, rule: str) -> AfterValidator:
    """Return a validator of text that has to match `pattern` as a whole; `rule` says in words what it wants."""
    compiled = re.compile(pattern)

    def checked(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"is {text!r}; {rule}")
        return text

    return AfterValidator(checked)


def distinct(entries: tuple[str, ...]) -> tuple[str, ...]:
    """Return the entries of a list; refuse one that is there twice."""
    for entry in entries:
        if entries.count(entry) > 1:
            raise ValueError(f"{entry!r} is named twice; once is enough")
    return entries


def one_of(*allowed: int) -> AfterValidator:
    """Return a validator of a value that has to be one of `allowed`: Literal would take 1.0 and true for 1."""

    def checked(value: int) -> int:
        if value not in allowed:
            words = ", ".join(str(one).lower() for one in allowed)
            raise ValueError(f"is {str(value).lower()}; allowed: {words}")
        return value

    return AfterValidator(checked)


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
