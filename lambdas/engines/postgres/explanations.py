"""What may be told of the database's errors: some of their texts quote the data, and failures are shown and kept.

An error's text is repeated if its class speaks of the statement, the schema, the permissions, the server or the
connection. Of any other error only its code is told: 'invalid input syntax for type integer: "x"' would carry x into
the execution's history. Details and hints, which quote rows, are never told.
"""

from typing import Final

from pg8000.exceptions import DatabaseError, Error

from engines.postgres.connection import LOST, reason

DIVISION_BY_ZERO: Final = "22012"

_UNDEFINED_TABLE: Final = "42P01"
"""Also of a table that is there, in a schema that is not searched, or that the user may not use and so cannot see."""

_HARMLESS: Final = (
    "08",  # connection
    "0A",  # feature not supported
    "21",  # more than one row where one is wanted
    "25",  # transaction state, such as a write in a read-only one
    "28",  # authorization
    "3D",  # no such database
    "3F",  # no such schema
    "40",  # deadlock, or in conflict with the primary
    "42",  # syntax, access, names and types
    "53",  # resources, such as too many connections
    "54",  # beyond a limit of the server
    "55",  # state of an object, such as a lock
    "57",  # intervention of the operator
    DIVISION_BY_ZERO,
)
"""Beginnings of codes (PostgreSQL manual, "PostgreSQL Error Codes")."""


def code(error: BaseException) -> str:
    """Return the five characters of an error's SQLSTATE; nothing if it is none of the server's."""
    return str(error.args[0].get("C", "")) if isinstance(error, DatabaseError) else ""


def answer(error: Error | OSError) -> str:
    """Return what the database answered to a query, without what might be data."""
    state = code(error)
    if not state:
        problem = reason(error)
        return LOST if problem == LOST else f"{LOST}: {problem}"
    if state == _UNDEFINED_TABLE:
        return f"{reason(error)}, or is in another schema, or in one that the user may not use"
    if state.startswith(_HARMLESS):
        return reason(error)
    return f"{state} an error; its text may quote data and is left out: run the query by hand to see it"
