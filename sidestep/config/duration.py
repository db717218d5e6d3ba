"""Durations in words, such as "90 minutes" or "2 hours"."""

import re
from typing import Final

_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}

_DURATION: Final = re.compile(rf"([1-9][0-9]{{0,6}}) ({'|'.join(_UNITS)})s?")


def duration(text: str) -> int:
    """Return the seconds of a duration.

    Raises:
        ValueError: it has another form.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f'is {text!r}; write for example "90 minutes", "2 hours" or "1 day"')
    return int(match[1]) * _UNITS[match[2]]
