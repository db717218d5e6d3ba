"""One preparation: the sample's data if it is the sample, the user, and exactly what that may read."""

from collections.abc import Sequence
from typing import Final, TypeAlias, TypedDict

import pymysql
from pymysql.cursors import Cursor

from engines.interface import Unreachable
from engines.mysql.connection import connect, reason
from engines.server import Login, Server
from prepare_database import statements
from prepare_database.errors import DatabaseUnavailable, InvalidEvent, InvalidName, PreparationRefused
from prepare_database.event import Administrator
from prepare_database.statements import Preparation

READ_TIMEOUT: Final = 15
"""Seconds for one statement, which may have to wait for others to release a table or the grants."""

SQL_MODE: Final = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"
"""So that no mode of the server's, such as ANSI_QUOTES, gives the statements and SHOW GRANTS another form."""

Connection: TypeAlias = "pymysql.Connection[Cursor]"


class Outcome(TypedDict):
    """The function's answer.

    Attributes:
        User: who was prepared.
        Grants: what they may read, as GRANT statements.
        Beyond: what they may do beyond that and could not be taken away, such as a role.
    """

    User: str
    Grants: list[str]
    Beyond: list[str]


def prepare(server: Server, administrator: Administrator, preparation: Preparation, *, sample: bool) -> Outcome:
    """Prepare the database; a second time changes nothing.

    Raises:
        InvalidEvent: a name is one that nothing is granted on.
        DatabaseUnavailable: the administrator cannot log in.
        PreparationRefused: the database, or a user of the same name who is somebody else, stands in the way.
    """
    try:
        statements.check(preparation)
    except InvalidName as error:
        raise InvalidEvent(str(error)) from error
    if preparation.user.casefold() == administrator.user.casefold():
        raise PreparationRefused(f"{preparation.user!r} is the administrator; name another user in metrics.toml")
    connection = _log_in(server, administrator, preparation.schema)
    try:
        if sample:
            _execute(connection, *statements.SAMPLE)
        _make_user(connection, preparation)
        return _let_read(connection, preparation)
    except pymysql.MySQLError as error:
        raise PreparationRefused(f"the database answered: {reason(error)}") from error
    finally:
        if connection.open:
            connection.close()


def _log_in(server: Server, administrator: Administrator, schema: str) -> Connection:
    login = Login(server, administrator.user, administrator.password, schema, schema, READ_TIMEOUT)
    try:
        return connect(login, init_command=SQL_MODE, cursor=Cursor)
    except Unreachable as error:
        raise DatabaseUnavailable(
            f"cannot connect to {server.host}:{server.port} as {administrator.user}: {error}"
        ) from error


def _make_user(connection: Connection, preparation: Preparation) -> None:
    """Make the user. One who has a password belongs to somebody else, whose work would stop."""
    plugin = statements.RDS_AUTHENTICATION
    found = _rows(connection, "SELECT host, plugin FROM mysql.user WHERE user = %s", preparation.user)
    for host, authentication in found:
        if host != "%" or str(authentication).casefold() != plugin.casefold():
            raise PreparationRefused(
                f"the user {preparation.user!r}@{host!r} exists and authenticates with {authentication}, not "
                f"from any host with {plugin}; name another user in metrics.toml, or drop that one"
            )
    _execute(connection, preparation.identification if found else preparation.creation)


def _let_read(connection: Connection, preparation: Preparation) -> Outcome:
    wanted = {_privilege(grant) for grant in preparation.grants}
    # First what may fail, on a table that is not there; and what is right already stays untouched. So queries meet a
    # moment without their grants only when there is something to take away.
    if _held(connection, preparation) != wanted:
        _execute(connection, *preparation.grants)
    if _held(connection, preparation) != wanted:
        _execute(connection, preparation.revocation, *preparation.grants)
    beyond = _held(connection, preparation) - wanted
    return {"User": preparation.user, "Grants": list(preparation.grants), "Beyond": sorted(beyond)}


def _held(connection: Connection, preparation: Preparation) -> set[str]:
    """Return what the user may do; USAGE is MySQL's word for nothing."""
    grants = (_privilege(str(line)) for (line,) in _rows(connection, f"SHOW GRANTS FOR {preparation.account}"))
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
