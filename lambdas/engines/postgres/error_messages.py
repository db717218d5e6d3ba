"""What is repeated of the database's errors: their texts can quote rows, and failures are shown and kept.

An error of a statement that is only parsed speaks of the statement and the schema: nothing was evaluated yet. From
then on a text can be made of rows: 'relation "x" does not exist', of a text that is cast to regclass, or whatever a
function raises. Then only the code is repeated, with what it means. Details and hints, which quote rows, never are.
"""

import re
from collections.abc import Mapping
from typing import Final

from pg8000.exceptions import DatabaseError, Error

from engines.postgres.connection import LOST, reason

DIVISION_BY_ZERO: Final = "22012"

_CODE: Final = re.compile("[0-9A-Z]{5}")

_UNDEFINED_TABLE: Final = "42P01"
"""Also of a table that is there, in a schema that is not searched, or that the user may not use and so cannot see."""

_NO_PERMISSION: Final = ("42501", "aclcheck_error")
"""The code, and what in the server's sources reports it of a table, schema or function, by the name of that."""

_MEANINGS: Final[Mapping[str, str]] = {
    "21000": "a subquery returns more than one row",
    DIVISION_BY_ZERO: "division by zero",
    "22003": "a number is beyond the range of its type",
    "25006": "the query writes, in a read-only transaction",
    "40001": "in conflict with another transaction, or with the primary",
    "40P01": "a deadlock with another session",
    "42501": "no permission",
    "53100": "the disk is full",
    "53200": "the server is out of memory",
    "53400": "beyond a limit of the configuration",
    "54001": "the statement is too complex",
    "55P03": "another session holds a lock",
    "57014": "the query was cancelled",
    "57P01": "an administrator has ended the session",
}
"""Of errors that come while a statement is planned or runs (PostgreSQL manual, "PostgreSQL Error Codes")."""


def code(error: BaseException) -> str:
    """Return the five characters of an error's SQLSTATE; nothing if it is none of the server's."""
    state = str(error.args[0].get("C", "")) if isinstance(error, DatabaseError) else ""
    return state if _CODE.fullmatch(state) else ""


def answer(error: Error | OSError, *, evaluates: bool) -> str:
    """Return what the database answered to a query, without what may be data.

    Args:
        error: what the driver raised.
        evaluates: whether the query was planned or running, and not only parsed.
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
