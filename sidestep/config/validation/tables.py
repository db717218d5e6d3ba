"""Errors within one table: wrong types and values, unknown keys, and keys that belong to another table."""

import json
from collections.abc import Collection, Mapping
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sidestep.config.databases import BaseDatabase, Existing, Sample
from sidestep.config.errors import suggestion
from sidestep.config.fields import Table
from sidestep.config.settings import General, Query

MAX_SHOWN_BITS: Final = 128
"""Longer integers are not printed; Python itself refuses to print some thousand digits."""

_PASSWORDS: Final = ("password", "passwd", "pwd")

_MESSAGES: Final = {
    "missing": "is missing",
    "string_type": "must be text in quotes, not {given}",
    "int_parsing_size": "is too large",
    "int_type": "must be a whole number, not {given}",
    "float_type": "must be a number, not {given}",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false, not {given}",
    "dict_type": "must be a table, not {given}",
    "model_type": "must be a table, not {given}",
    "tuple_type": "must be a list, not {given}",
    "greater_than": "must be greater than {gt:g}, not {given}",
    "greater_than_equal": "must be at least {ge:g}, not {given}",
    "less_than_equal": "must be at most {le}, not {given}",
    "too_short": "must have at least {min_length} entry",
    "too_long": "must have at most {max_length} entries, not {actual_length}",
}
"""By pydantic's type of error. Except for `given`, the names in braces are pydantic's too."""

Location = tuple[int | str, ...]


def table_errors(error: ValidationError, model: type[Table], nested: Mapping[int, type[Table]]) -> list[str]:
    """Return what pydantic found in one table as messages of the form "key: what is wrong".

    `nested` are the tables inside it, by the length of the path to one of their keys.
    """
    return [
        _message(detail, nested.get(len(detail["loc"]), model), model.keys_by_attribute())
        for detail in error.errors()
    ]


def unknown_key(key: str, allowed: Collection[str]) -> str:
    """Return the message about a key that a table does not have."""
    return f"is not a key of this table{suggestion(key, allowed)}; allowed: {', '.join(allowed)}"


def misplaced(location: Location, table: type[Table]) -> str | None:
    """Return a message with the right place of a key that is wrong in `table`; None if there is none."""
    key = str(location[-1])
    if issubclass(table, BaseDatabase) and key in _PASSWORDS:
        return "the function authenticates with IAM tokens, not with a password; remove the key"
    if table is Sample and key in Existing.key_names():
        return "is a key for an existing database, not for the sample, which is MySQL; remove the key"
    is_among_metrics = table is Query and len(location) > 1
    places = ["above [query.metrics]"] * (is_among_metrics and key in Query.key_names())
    places += ["above the first table"] * (key in General.key_names())
    return f"belongs {' or '.join(places)}; in TOML, a key belongs to the table above it" if places else None


def _message(detail: ErrorDetails, table: type[Table], keys_by_attribute: Mapping[str, str]) -> str:
    location = detail["loc"]
    if location and detail["type"] != "extra_forbidden":  # pydantic names a missing key by its attribute
        location = (keys_by_attribute.get(str(location[0]), location[0]), *location[1:])
    key = ".".join(str(part) for part in location if part != "[key]")
    is_elsewhere = detail["type"] in ("extra_forbidden", "model_type") and misplaced(location, table)
    what = is_elsewhere or _what(detail, table)
    return f"{key}: {what}" if key else what


def _what(detail: ErrorDetails, table: type[Table]) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return unknown_key(str(detail["loc"][-1]), table.key_names())
        case "literal_error":
            return _wrong_choice(detail["input"], str(context["expected"]))
        case "value_error":
            return str(context["error"])
        case kind:
            return _MESSAGES.get(kind, detail["msg"]).format(given=_as_toml(detail["input"]), **context)


def _wrong_choice(given: object, expected: str) -> str:
    allowed = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    hint = suggestion(given, allowed) if isinstance(given, str) else ""
    return f"is {_as_toml(given)}{hint}; allowed: {', '.join(allowed)}"


def _as_toml(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > MAX_SHOWN_BITS:
        return "a number of that size"
    return json.dumps(value, ensure_ascii=False, default=str)
