r"""Finds a SELECT ... INTO that MySQL or MariaDB may execute under any sql_mode.

sqlglot's tokens are not enough: a number ends where INTO begins (1.0INTO), and the server's sql_mode decides where
strings end. Under NO_BACKSLASH_ESCAPES a backslash escapes no quote; under ANSI_QUOTES it escapes none within "...".
Source: MySQL manual, "Server SQL Modes"; tests compare the forms with MariaDB's parser.
"""

import re
from itertools import pairwise
from typing import Final

_ESCAPING_QUOTES: Final = ("'\"", "'", "")
"""The quotes in which a backslash escapes: by default, under ANSI_QUOTES, under NO_BACKSLASH_ESCAPES."""

_NO_TOKENS: Final = frozenset({"'", '"', "`", "/*", "\\"})
"""Tokens that are not valid outside of strings; the server refuses the statement."""


def writes_with_into(sql: str) -> bool:
    """Return whether a server may parse the statement as one that writes with INTO, under any sql_mode."""
    return any(_writes(_tokens(sql, token)) for token in _READINGS)


def _token(escaping: str) -> re.Pattern[str]:
    """Return the pattern of a token or comment."""
    strings = [rf"{quote}(?:[^{quote}\\]|\\.)*{quote}" for quote in escaping]
    strings += [f"{quote}[^{quote}]*{quote}" for quote in "'\"`" if quote not in escaping]
    return re.compile(
        rf"""(?P<comment>--(?=[\s\x00-\x1f\x7f]|\Z)[^\n]*|\#[^\n]*|/\*.*?\*/)
        |{"|".join(strings)}
        |\\N|(?:\d+\.\d*|\.\d+)(?:e[+-]?\d+)?|\d+e[+-]?\d+
        |[\w$\x80-\U0010ffff]+
        |/\*|\S""",
        re.DOTALL | re.IGNORECASE | re.VERBOSE,
    )


_READINGS: Final = tuple(map(_token, _ESCAPING_QUOTES))


def _tokens(sql: str, token: re.Pattern[str]) -> list[str]:
    return [match[0].upper() for match in token.finditer(sql) if not match["comment"]]


def _writes(tokens: list[str]) -> bool:
    return _NO_TOKENS.isdisjoint(tokens) and any(
        word == "INTO" and (target in {"OUTFILE", "DUMPFILE"} or target.startswith("@"))
        for word, target in pairwise(tokens)
    )
