"""Names in SQL; needs no driver."""

from typing import Final

MAX_NAME: Final = 63
"""Bytes in a name (PostgreSQL manual, "Identifiers and Key Words"); the server cuts off the others."""


def quoted(name: str) -> str:
    """Return a quoted name for SQL, in which no character has a meaning."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
