"""Mistakes in metrics.toml, told one by one: file, key, what was wrong, what is allowed."""

import json
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MAX_SHOWN_BITS: Final = 128
"""Longer integers are not written out; Python itself refuses to beyond some thousand digits."""

Location = tuple[int | str, ...]

_SENTENCES: Final = {
    "missing": "is missing",
    "string_type": "must be text in quotes, not {given}",
    "int_parsing_size": "must be a whole number of a usual size",
    "int_type": "must be a whole number, not {given}",
    "float_type": "must be a number, not {given}",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false, not {given}",
    "dict_type": "must be a table, not {given}",
    "model_type": "must be a table, not {given}",
    "tuple_type": "must be a list, not {given}",
    "greater_than_equal": "must be at least {ge:g}, not {given}",
    "less_than_equal": "must be at most {le}, not {given}",
    "too_short": "must have at least {min_length} entry",
    "too_long": "must have at most {max_length} entries, not {actual_length}",
}
"""By pydantic's type of error; the keys in braces are pydantic's too, but for `given`."""


class SettingsError(Exception):
    """metrics.toml cannot be deployed as it is.

    Attributes:
        mistakes: one sentence each, in the order of the file; every mistake of the file is among them.
    """

    def __init__(self, mistakes: list[str]) -> None:
        """Keep the sentences; as text, the error is one a line."""
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def explain(
    error: ValidationError,
    *,
    allowed_keys: Callable[[Location], Collection[str]],
    misplaced: Callable[[Location], str | None],
    spelling: Mapping[str, str],
) -> list[str]:
    """Turn what pydantic found in one table into sentences of the form "key: what was wrong".

    Args:
        error: the findings.
        allowed_keys: the keys that belong beside the one at a location, for the message about one that does not.
        misplaced: a message about the right place of the key at a location, or None.
        spelling: the table's own keys by the names of their attributes, which pydantic calls those that are left out.
    """
    return [_sentence(detail, allowed_keys, misplaced, spelling) for detail in error.errors()]


def escaped(text: str) -> str:
    """Return a text of the user's in one line: what a terminal would obey is written out."""
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)


def suggestion(word: str, allowed: Collection[str]) -> str:
    """Return ' (did you mean "..."?)' for a misspelt word, or nothing."""
    close = get_close_matches(word, allowed, n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def unknown_key(key: str, allowed: Collection[str]) -> str:
    """Say that a table does not know `key`, and which keys it knows."""
    return f"is not a key of this table{suggestion(key, allowed)}; it has {', '.join(allowed)}"


def _sentence(
    detail: ErrorDetails,
    allowed_keys: Callable[[Location], Collection[str]],
    misplaced: Callable[[Location], str | None],
    spelling: Mapping[str, str],
) -> str:
    key = _key(detail["loc"] if detail["type"] == "extra_forbidden" else _as_spelt(detail["loc"], spelling))
    is_elsewhere = detail["type"] in ("extra_forbidden", "model_type") and misplaced(detail["loc"])
    complaint = is_elsewhere or _complaint(detail, allowed_keys)
    return f"{key}: {complaint}" if key else complaint


def _as_spelt(location: Location, spelling: Mapping[str, str]) -> Location:
    return (spelling.get(str(location[0]), location[0]), *location[1:]) if location else location


def _key(location: Location) -> str:
    return ".".join(str(part) for part in location if part != "[key]")


def _complaint(detail: ErrorDetails, allowed_keys: Callable[[Location], Collection[str]]) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return unknown_key(str(detail["loc"][-1]), allowed_keys(detail["loc"]))
        case "literal_error":
            return _wrong_choice(detail["input"], str(context["expected"]))
        case "value_error":
            return str(context["error"])
        case kind:
            return _SENTENCES.get(kind, detail["msg"]).format(given=_as_toml(detail["input"]), **context)


def _wrong_choice(given: object, expected: str) -> str:
    allowed = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    hint = suggestion(given, allowed) if isinstance(given, str) else ""
    return f"is {_as_toml(given)}{hint}; allowed: {', '.join(allowed)}"


def _as_toml(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > MAX_SHOWN_BITS:
        return "a number of that size"
    return json.dumps(value, ensure_ascii=False, default=str)


class OptionError(Exception):
    """An option is wrong or missing; the message names it and a right value. It never has a password."""
