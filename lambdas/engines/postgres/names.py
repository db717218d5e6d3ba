"""Names in SQL; needs no driver."""

from typing import Final

MAX_NAME: Final = 63
"""Bytes in a name (PostgreSQL manual, "Identifiers and Key Words"); the server cuts off the others."""


def quoted(name: str) -> str:
    """Return a name as SQL writes it, so that nothing in it means anything."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
