"""The errors that a user can correct: in metrics.toml, and in the options of a command."""

from collections.abc import Collection
from difflib import get_close_matches


class ConfigError(Exception):
    """metrics.toml cannot be deployed.

    Attributes:
        errors: one message each, in the order of the file: file, key, what is wrong, and what would be right.
    """

    def __init__(self, errors: list[str]) -> None:
        """Keep the messages; the text of the exception has one per line."""
        super().__init__("\n".join(errors))
        self.errors = errors


class OptionError(Exception):
    """An option is wrong or missing. The message names it and a valid value, and never contains a password."""


def printable(text: str) -> str:
    """Return a user's text on one line, with control characters escaped so that they cannot affect a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def suggestion(word: str, allowed: Collection[str]) -> str:
    """Return ' (did you mean "..."?)' for a misspelled word, or "" if no allowed word is similar."""
    close = get_close_matches(word, allowed, n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
