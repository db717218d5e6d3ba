"""What may be told of the database's errors: some of their texts quote the data, and failures are shown and kept.

An error's text is repeated if its class speaks of the statement, the schema, the permissions, the server or the
connection. Of any other error only its code is told: 'invalid input syntax for type integer: "x"' would carry x into
the execution's history. Details and hints, which quote rows, are never told.

Once there are rows, what speaks of the statement may have been made of them: 'relation "x" does not exist', of a text
that is cast to regclass, or 'syntax error in tsquery: "x"'.
"""

from typing import Final

from pg8000.exceptions import DatabaseError, Error

from engines.postgres.connection import LOST, reason

DIVISION_BY_ZERO: Final = "22012"

_UNDEFINED_TABLE: Final = "42P01"
"""Also of a table that is there, in a schema that is not searched, or that the user may not use and so cannot see."""

_OF_THE_STATEMENT: Final = (
    "0A",  # feature not supported
    "3D",  # no such database
    "3F",  # no such schema
    "42",  # syntax, access, names and types
)
"""Beginnings of codes (PostgreSQL manual, "PostgreSQL Error Codes") of what is wrong before there is a row."""

_HARMLESS: Final = (
    "08",  # connection
    "21",  # more than one row where one is wanted
    "25",  # transaction state, such as a write in a read-only one
    "28",  # authorization
    "40",  # deadlock, or in conflict with the primary
    "42501",  # no permission
    "53",  # resources, such as too many connections
    "54",  # beyond a limit of the server
    "55",  # state of an object, such as a lock
    "57",  # intervention of the operator
    DIVISION_BY_ZERO,
)
"""Beginnings of codes, of rows or not."""

_RAISE: Final = "exec_stmt_raise"
"""What in the server's sources reports an error that a function raises: in its own words, under any code it likes."""


def code(error: BaseException) -> str:
    """Return the five characters of an error's SQLSTATE; nothing if it is none of the server's."""
    return str(error.args[0].get("C", "")) if isinstance(error, DatabaseError) else ""


def answer(error: Error | OSError, *, has_rows: bool) -> str:
    """Return what the database answered to a query, without what might be data.

    Args:
        error: what the driver raised.
        has_rows: whether the query was running, and not only read and planned.
    """
    state = code(error)
    if not state:
        problem = reason(error)
        return LOST if problem == LOST else f"{LOST}: {problem}"
    if not state.startswith(_HARMLESS if has_rows else (*_HARMLESS, *_OF_THE_STATEMENT)) or _is_raised(error):
        return f"{state} an error; its text may quote data and is left out: run the query by hand to see it"
    where = ", or is in another schema, or in one that the user may not use" if state == _UNDEFINED_TABLE else ""
    return f"{reason(error)}{where}"


def _is_raised(error: BaseException) -> bool:
    return isinstance(error, DatabaseError) and error.args[0].get("R") == _RAISE
