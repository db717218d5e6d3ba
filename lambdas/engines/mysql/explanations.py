"""What may be told of the database's errors: some of their texts quote the data, and failures are shown and kept.

An error's text is repeated if it speaks of the statement, the schema, the permissions or the connection. Of any other
error only its number and name are told: "Duplicate entry 'x' for key" would carry x into the execution's history.
"""

import pymysql
from pymysql.constants import CR, ER

from engines.mysql.connection import reason

_SPEAKS_OF_THE_STATEMENT = frozenset(
    {
        ER.DBACCESS_DENIED_ERROR,
        ER.ACCESS_DENIED_ERROR,
        ER.NO_DB_ERROR,
        ER.UNKNOWN_COM_ERROR,
        ER.BAD_DB_ERROR,
        ER.NON_UNIQ_ERROR,
        ER.SERVER_SHUTDOWN,
        ER.BAD_FIELD_ERROR,
        ER.WRONG_FIELD_WITH_GROUP,
        ER.WRONG_GROUP_FIELD,
        ER.PARSE_ERROR,
        ER.EMPTY_QUERY,
        ER.NONUNIQ_TABLE,
        ER.UNKNOWN_TABLE,
        ER.INVALID_GROUP_FUNC_USE,
        ER.TABLEACCESS_DENIED_ERROR,
        ER.COLUMNACCESS_DENIED_ERROR,
        ER.NO_SUCH_TABLE,
        ER.LOCK_WAIT_TIMEOUT,
        ER.LOCK_DEADLOCK,
        ER.SPECIFIC_ACCESS_DENIED_ERROR,
        ER.OPERAND_COLUMNS,
        ER.SUBQUERY_NO_1_ROW,
        ER.ILLEGAL_REFERENCE,
        ER.DERIVED_MUST_HAVE_ALIAS,
        ER.SP_DOES_NOT_EXIST,
        ER.QUERY_INTERRUPTED,
        ER.VIEW_INVALID,
        ER.PROCACCESS_DENIED_ERROR,
        # Not in pymysql's list: a wrong count of arguments, an unknown function, a write that is refused.
        1582,
        1630,
        1792,
    }
)


def answer(error: pymysql.MySQLError) -> str:
    """Return what the database answered to a query, without what might be data."""
    number = error.args[0] if error.args else None
    if not isinstance(number, int) or _is_harmless(number):
        return reason(error)
    name = next((name for name, value in vars(ER).items() if value == number), "an error")
    return f"{number} {name}; its text may quote data and is left out: run the query by hand to see it"


def _is_harmless(number: int) -> bool:
    return number in _SPEAKS_OF_THE_STATEMENT or CR.CR_ERROR_FIRST <= number <= CR.CR_ERROR_LAST
