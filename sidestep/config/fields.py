"""Types of the keys of metrics.toml, and the base class of its tables."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict

from sidestep.config import cloudwatch


class Table(BaseModel):
    """One table: unknown keys are refused, values are not converted, and nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @classmethod
    def key_names(cls) -> Collection[str]:
        """Return the keys of the table as the file spells them."""
        return list(cls.keys_by_attribute().values())

    @classmethod
    def keys_by_attribute(cls) -> Mapping[str, str]:
        """Return the keys of the table by the names of the attributes that they become."""
        return {name: field.alias or name for name, field in cls.model_fields.items()}


def matching(pattern: str, rule: str) -> AfterValidator:
    """Return a validator of text that must match `pattern` as a whole; `rule` is the message about other text."""
    compiled = re.compile(pattern)

    def checked(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"is {text!r}; {rule}")
        return text

    return AfterValidator(checked)


def distinct(entries: tuple[str, ...]) -> tuple[str, ...]:
    """Return the entries of a list; reject duplicates."""
    for entry in entries:
        if entries.count(entry) > 1:
            raise ValueError(f"{entry!r} is listed twice; remove one")
    return entries


def one_of(*allowed: int) -> AfterValidator:
    """Return a validator of a value that must be one of `allowed`: Literal would take 1.0 and true for 1."""

    def checked(value: int) -> int:
        if value not in allowed:
            words = ", ".join(str(one).lower() for one in allowed)
            raise ValueError(f"is {str(value).lower()}; allowed: {words}")
        return value

    return AfterValidator(checked)


_PLACEHOLDER: Final = "${"
"""The CDK and CloudFormation replace text that begins like this."""


def _no_placeholder(text: str) -> str:
    if _PLACEHOLDER in text:
        raise ValueError(f"{text!r} has {_PLACEHOLDER}, which begins a placeholder in a template; leave it out")
    return text


def _not_reserved(name: str) -> str:
    if name in cloudwatch.OWN_METRICS:
        raise ValueError(f"{name!r} is a metric that Sidestep publishes itself; choose another name")
    return name


def _without(problem: Callable[[str], str | None], rule: str) -> AfterValidator:
    """Return a validator of text in which `problem` finds nothing."""

    def checked(text: str) -> str:
        if found := problem(text):
            raise ValueError(f"{text!r} {found}; allowed: {rule}")
        return text

    return AfterValidator(checked)


Namespace = Annotated[str, _without(cloudwatch.namespace_problem, cloudwatch.NAMESPACE_RULE)]
DimensionName = Annotated[
    str, AfterValidator(_no_placeholder), _without(cloudwatch.name_problem, cloudwatch.NAME_RULE)
]
MetricName = Annotated[DimensionName, AfterValidator(_not_reserved)]

FixedDimensions: TypeAlias = dict[
    DimensionName,
    Annotated[str, AfterValidator(_no_placeholder), _without(cloudwatch.value_problem, cloudwatch.VALUE_RULE)],
]
"""Values by names, the same for each series."""
