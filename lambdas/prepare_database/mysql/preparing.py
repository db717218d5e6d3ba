"""Prepares MySQL: creates the sample's data if it is the sample, the user, and exactly the user's privileges."""

import struct
from collections.abc import Sequence
from typing import Final

import pymysql

from ...engines.mysql.connection import NOT_MYSQL, Connection, connect, reason
from ...engines.server import Login
from ..errors import PreparationRefused
from ..preparation import Outcome, Preparation
from . import statements

SQL_MODE: Final = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"
"""No mode of the server, such as ANSI_QUOTES, may change the meaning of the statements or the form of SHOW GRANTS."""


def prepare(login: Login, preparation: Preparation) -> Outcome:
    """Implement Prepare.

    Raises:
        Unreachable: the administrator cannot log in.
        PreparationRefused: the database refuses a statement, or has another user of the same name.
    """
    connection = connect(login, init_command=SQL_MODE)
    try:
        if preparation.sample:
            _execute(connection, *statements.SAMPLE)
        _create_user(connection, preparation.user)
        return _grant(connection, preparation)
    except pymysql.MySQLError as error:
        raise PreparationRefused(f"the database answered: {reason(error)}") from error
    except (LookupError, RuntimeError, ValueError, struct.error) as error:  # of the driver's parser
        raise PreparationRefused(NOT_MYSQL) from error
    finally:
        connection.abandon()


def _create_user(connection: Connection, user: str) -> None:
    """Create the user. Do not change a user with a password: another application may use it."""
    plugin = statements.RDS_AUTHENTICATION
    found = _rows(connection, "SELECT host, plugin FROM mysql.user WHERE user = %s", user)
    for host, authentication in found:
        if host != "%" or str(authentication).casefold() != plugin.casefold():
            raise PreparationRefused(
                f"the user {user!r}@{host!r} exists and authenticates with {authentication}, not "
                f"from any host with {plugin}; name another user in metrics.toml, or drop that one"
            )
    _execute(connection, statements.identification(user) if found else statements.creation(user))


def _grant(connection: Connection, preparation: Preparation) -> Outcome:
    user = preparation.user
    grants = statements.grants(preparation)
    wanted = {_privilege(grant) for grant in grants}
    # First the statements that may fail, on a missing table; correct grants stay as they are. So the queries lack
    # their grants for a moment only if there are others to revoke.
    if _held(connection, user) != wanted:
        _execute(connection, *grants)
    if _held(connection, user) != wanted:
        _execute(connection, statements.revocation(user), *grants)
    beyond = _held(connection, user) - wanted
    return {"User": user, "Grants": list(grants), "Beyond": sorted(beyond)}


def _held(connection: Connection, user: str) -> set[str]:
    """Return the user's privileges; USAGE is MySQL's word for none."""
    shown = _rows(connection, f"SHOW GRANTS FOR {statements.account(user)}")
    grants = (_privilege(str(line)) for (line,) in shown)
    return {grant for grant in grants if grant != "grant usage on *.*"}


def _privilege(grant: str) -> str:
    """Return a GRANT statement without the account, which servers write in different ways, and in lower case.

    A server may keep all names in lower case (lower_case_table_names).
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
