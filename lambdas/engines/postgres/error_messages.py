"""Reports the database's errors without data: an error's text can quote rows, and failures are shown and stored.

An error during parsing concerns the statement and the schema: no row was evaluated yet. Later errors can contain
rows: 'relation "x" does not exist' from a cast to regclass, or any text that a function raises. For these errors,
only the code is reported, with its meaning. Details and hints, which quote rows, are never reported.
"""

import re
from collections.abc import Mapping
from typing import Final

from pg8000.exceptions import DatabaseError, Error

from .connection import LOST, reason

DIVISION_BY_ZERO: Final = "22012"

_CODE: Final = re.compile("[0-9A-Z]{5}")

_UNDEFINED_TABLE: Final = "42P01"
"""Also the code for a table that exists in a schema outside the search path, or in one that the user may not use."""

_NO_PERMISSION: Final = ("42501", "aclcheck_error")
"""The code, and the routine of the server that reports it with the name of a table, schema or function."""

_MEANINGS: Final[Mapping[str, str]] = {
    "21000": "a subquery returns more than one row",
    DIVISION_BY_ZERO: "division by zero",
    "22003": "a number is out of range for its type",
    "25006": "the query writes in a read-only transaction",
    "40001": "the query conflicts with another transaction, or with the primary",
    "40P01": "a deadlock with another session",
    "42501": "permission denied",
    "53100": "the disk is full",
    "53200": "the server is out of memory",
    "53400": "a limit of the server's configuration was exceeded",
    "54001": "the statement is too complex",
    "55P03": "another session holds a lock",
    "57014": "the query was cancelled",
    "57P01": "an administrator has ended the session",
}
"""Errors that occur while a statement is planned or runs (PostgreSQL manual, "PostgreSQL Error Codes")."""


def code(error: BaseException) -> str:
    """Return the five characters of an error's SQLSTATE; empty if the error is not the server's."""
    state = str(error.args[0].get("C", "")) if isinstance(error, DatabaseError) else ""
    return state if _CODE.fullmatch(state) else ""


def answer(error: Error | OSError, *, evaluates: bool) -> str:
    """Return the database's error, without any text that may contain data.

    Args:
        error: the driver's error.
        evaluates: whether the query was planned or running, not only parsed.
    """
    state = code(error)
    if not state:
        problem = LOST if isinstance(error, DatabaseError) else reason(error)
        return LOST if problem == LOST else f"{LOST}: {problem}"
    if not evaluates or (state, error.args[0].get("R")) == _NO_PERMISSION:
        where = ", or is in another schema, or in one that the user may not use" if state == _UNDEFINED_TABLE else ""
        return f"{reason(error)}{where}"
    if state in _MEANINGS:
        return f"{state} {_MEANINGS[state]}"
    return f"{state} an error; its text may quote data and is left out: run the query by hand to see it"
