"""What is common to the tables of metrics.toml."""

import re
from collections.abc import Collection, Mapping

from pydantic import AfterValidator, BaseModel, ConfigDict


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
