"""One preparation of a MySQL: the sample's data if it is the sample, the user, and exactly what that may read."""

import struct
from collections.abc import Sequence
from typing import Final

import pymysql

from ...engines.mysql.connection import NOT_MYSQL, Connection, connect, reason
from ...engines.server import Login
from ..errors import PreparationRefused
from ..interface import Outcome
from ..preparation import Preparation
from . import statements

SQL_MODE: Final = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"
"""So that no mode of the server's, such as ANSI_QUOTES, gives the statements and SHOW GRANTS another form."""


def prepare(login: Login, preparation: Preparation) -> Outcome:
    """Prepare the database; a second time changes nothing.

    Raises:
        Unreachable: the administrator cannot log in.
        PreparationRefused: the database, or a user of the same name who is somebody else, stands in the way.
    """
    connection = connect(login, init_command=SQL_MODE)
    try:
        if preparation.sample:
            _execute(connection, *statements.SAMPLE)
        _make_user(connection, preparation.user)
        return _let_read(connection, preparation)
    except pymysql.MySQLError as error:
        raise PreparationRefused(f"the database answered: {reason(error)}") from error
    except (LookupError, RuntimeError, ValueError, struct.error) as error:  # of the driver's parser
        raise PreparationRefused(NOT_MYSQL) from error
    finally:
        connection.abandon()


def _make_user(connection: Connection, user: str) -> None:
    """Make the user. One who has a password belongs to somebody else, whose work would stop."""
    plugin = statements.RDS_AUTHENTICATION
    found = _rows(connection, "SELECT host, plugin FROM mysql.user WHERE user = %s", user)
    for host, authentication in found:
        if host != "%" or str(authentication).casefold() != plugin.casefold():
            raise PreparationRefused(
                f"the user {user!r}@{host!r} exists and authenticates with {authentication}, not "
                f"from any host with {plugin}; name another user in metrics.toml, or drop that one"
            )
    _execute(connection, statements.identification(user) if found else statements.creation(user))


def _let_read(connection: Connection, preparation: Preparation) -> Outcome:
    user = preparation.user
    grants = statements.grants(preparation)
    wanted = {_privilege(grant) for grant in grants}
    # First what may fail, on a table that is not there; and what is right already stays untouched. So queries meet a
    # moment without their grants only when there is something to take away.
    if _held(connection, user) != wanted:
        _execute(connection, *grants)
    if _held(connection, user) != wanted:
        _execute(connection, statements.revocation(user), *grants)
    beyond = _held(connection, user) - wanted
    return {"User": user, "Grants": list(grants), "Beyond": sorted(beyond)}


def _held(connection: Connection, user: str) -> set[str]:
    """Return what the user may do; USAGE is MySQL's word for nothing."""
    shown = _rows(connection, f"SHOW GRANTS FOR {statements.account(user)}")
    grants = (_privilege(str(line)) for (line,) in shown)
    return {grant for grant in grants if grant != "grant usage on *.*"}


def _privilege(grant: str) -> str:
    """Return a GRANT statement without the account, which servers write in different ways.

    Without the case, too, since a server may keep all names in lower case (lower_case_table_names).
    """
    privilege, _, account = grant.casefold().rpartition(" to ")
    option = " with grant option"
    return privilege + (option if account.endswith(option) else "")


def _rows(connection: Connection, sql: str, *parameters: str) -> Sequence[Sequence[object]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.fetchall()


def _execute(connection: Connection, *sql: str) -> None:
    with connection.cursor() as cursor:
        for statement in sql:
            cursor.execute(statement)
