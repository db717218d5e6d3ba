"""What is repeated of the database's errors: their texts can quote rows, and failures are shown and kept.

An error of a statement that is only prepared speaks of the statement, the schema or the permissions: nothing was
evaluated yet. While it runs, a function can raise any number with any text (SIGNAL), and so can a row whose first
byte was damaged on the way. Then only the number is repeated, with what it means.
"""

from collections.abc import Mapping
from typing import Final

import pymysql
from pymysql.constants import ER

from engines.mysql.connection import reason

_MEANINGS: Final[Mapping[int, str]] = {
    ER.SERVER_SHUTDOWN: "the server shuts down",
    ER.LOCK_WAIT_TIMEOUT: "another session held a lock for too long",
    ER.LOCK_DEADLOCK: "a deadlock with another session",
    ER.SUBQUERY_NO_1_ROW: "a subquery returns more than one row",
    ER.QUERY_INTERRUPTED: "the query was interrupted",
    ER.PROCACCESS_DENIED_ERROR: "the user may not execute a function",
    ER.TABLEACCESS_DENIED_ERROR: "the user may not read a table",
    ER.COLUMNACCESS_DENIED_ERROR: "the user may not read a column",
    # Not in PyMySQL's list.
    1412: "a table was changed while the query began",
    1690: "a number is beyond the range of its type",
    1792: "the query writes, in a read-only transaction",
    1927: "the connection was killed",
}
"""Of errors that come while a statement runs (MySQL and MariaDB error references)."""


def answer(error: pymysql.MySQLError, *, evaluates: bool) -> str:
    """Return what the database answered to a query, without what may be data.

    Args:
        error: what the driver raised.
        evaluates: whether the query was running, and not only being prepared.
    """
    number = error.args[0] if error.args else None
    if not evaluates or not isinstance(number, int):
        return reason(error)
    if number in _MEANINGS:
        return f"{number} {_MEANINGS[number]}"
    name = next((name for name, value in vars(ER).items() if value == number), "an error")
    return f"{number} {name}; its text may quote data and is left out: run the query by hand to see it"
