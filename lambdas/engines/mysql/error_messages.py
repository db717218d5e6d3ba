"""Reports the database's errors without data: an error's text can quote rows, and failures are shown and stored.

An error during prepare concerns the statement, the schema or the privileges: no row was evaluated yet. While a
statement runs, a function can raise any error number with any text (SIGNAL), and a row whose first byte was
damaged in transit looks like an error. For these errors, only the number is reported, with its meaning.
"""

from collections.abc import Mapping
from typing import Final

import pymysql
from pymysql.constants import ER

from .connection import reason

_MEANINGS: Final[Mapping[int, str]] = {
    ER.SERVER_SHUTDOWN: "the server is shutting down",
    ER.LOCK_WAIT_TIMEOUT: "another session held a lock for too long",
    ER.LOCK_DEADLOCK: "a deadlock with another session",
    ER.SUBQUERY_NO_1_ROW: "a subquery returns more than one row",
    ER.QUERY_INTERRUPTED: "the query was interrupted",
    ER.PROCACCESS_DENIED_ERROR: "the user has no EXECUTE privilege on a function",
    ER.TABLEACCESS_DENIED_ERROR: "the user has no SELECT privilege on a table",
    ER.COLUMNACCESS_DENIED_ERROR: "the user has no SELECT privilege on a column",
    # Not in PyMySQL's list.
    1412: "a table was changed while the query started",
    1690: "a number is out of range for its type",
    1792: "the query writes in a read-only transaction",
    1927: "the connection was killed",
}
"""Errors that occur while a statement runs (MySQL and MariaDB error references)."""


def answer(error: pymysql.MySQLError, *, evaluates: bool) -> str:
    """Return the database's error, without any text that may contain data.

    Args:
        error: the driver's error.
        evaluates: whether the query was running, not only prepared.
    """
    number = error.args[0] if error.args else None
    if not evaluates or not isinstance(number, int):
        return reason(error)
    if number in _MEANINGS:
        return f"{number} {_MEANINGS[number]}"
    name = next((name for name, value in vars(ER).items() if value == number), "an error")
    return f"{number} {name}; its text may quote data and is left out: run the query by hand to see it"
