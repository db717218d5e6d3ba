"""Prepares PostgreSQL in one transaction: queries never lack grants, and an error leaves the database as it was.

From PostgreSQL 16, the role that creates a user becomes a member of it (its manual, "CREATE ROLE"), and so of
rds_iam. If pg_hba.conf requires tokens from all members of rds_iam, the administrator's password is then useless. No
query shows whether it does, so a test log-in before the transaction finds out.
"""

import struct
from collections.abc import Sequence, Set
from typing import Any, Final

from pg8000.exceptions import DatabaseError, Error

from ...engines.interface import Unreachable
from ...engines.postgres.connection import NOT_POSTGRES, Connection, connect, reason
from ...engines.postgres.error_messages import code
from ...engines.postgres.names import quoted
from ...engines.server import Login
from ..errors import PreparationRefused
from ..preparation import Outcome, Preparation
from . import catalogs, statements
from .catalogs import Grantable, Held, Privilege
from .statements import RDS_IAM

_BEGIN: Final = "BEGIN READ WRITE"


def prepare(login: Login, preparation: Preparation) -> Outcome:
    """Implement Prepare.

    Raises:
        Unreachable: the administrator cannot log in.
        PreparationRefused: the database refuses a statement, or has another user of the same name.
    """
    connection = connect(login)
    try:
        _execute(connection, *catalogs.SESSION, _BEGIN)
        if _create_user(connection, preparation.user):
            _execute(connection, "ROLLBACK")
            _check_log_in(connection, login, preparation.user)
            _execute(connection, _BEGIN)
            _create_user(connection, preparation.user)
        outcome = _grant(connection, login.user, preparation)
        _execute(connection, "COMMIT")
    except (Error, OSError) as error:
        what = "the database answered" if code(error) else "the connection was lost"
        raise PreparationRefused(f"{what}: {reason(error)}") from error
    except (ArithmeticError, LookupError, ValueError, struct.error) as error:  # of the driver's parser
        raise PreparationRefused(NOT_POSTGRES) from error
    finally:
        connection.close()
    return outcome


def _create_user(connection: Connection, user: str) -> bool:
    """Create the user. Do not change a user who may have a password: another application may use it.

    Returns:
        Whether this made the administrator a member of rds_iam.
    """
    found = {name: rest for name, *rest in _rows(connection, catalogs.ROLES, user, RDS_IAM)}
    if RDS_IAM not in found:
        raise PreparationRefused(
            f"the role {RDS_IAM}, whose members authenticate with IAM tokens, does not exist; check that "
            "the database is on RDS or Aurora, with IAM database authentication enabled"
        )
    if user not in found:
        was_member = _is_member(connection)
        _execute(connection, *statements.creation(user))
        return not was_member and _is_member(connection)
    may_log_in, has_tokens = found[user]
    if not may_log_in or not has_tokens:
        what = f"is not a member of {RDS_IAM}, so it may have a password" if may_log_in else "may not log in"
        raise PreparationRefused(
            f"the user {user!r} exists and {what}; another application may use it; name another user in "
            "metrics.toml, or drop that one"
        )
    return False


def _is_member(connection: Connection) -> bool:
    ((is_member,),) = _rows(connection, catalogs.MEMBERSHIP, RDS_IAM)
    return bool(is_member)


def _check_log_in(connection: Connection, login: Login, user: str) -> None:
    """Create the user for a moment, and check that the administrator can still log in.

    Raises:
        PreparationRefused: the administrator cannot.
    """
    _execute(connection, _BEGIN, *statements.creation(user), "COMMIT")
    try:
        connect(login).close()
    except Unreachable as error:
        by_others = "; ".join(statements.creation(user))
        raise PreparationRefused(
            f"PostgreSQL makes the creator of a user its member, so {login.user} would become a member of the user "
            f"{user!r} and of {RDS_IAM}, and could no longer log in with the password: {error}. The user was dropped "
            f"again. Log in as an administrator with an IAM token, create the user ({by_others}), then prepare again"
        ) from error
    finally:
        _execute(connection, _BEGIN, statements.removal(user), "COMMIT")


def _grant(connection: Connection, administrator: str, preparation: Preparation) -> Outcome:
    user = preparation.user
    objects = _wanted(connection, preparation)
    creators = {} if preparation.tables else dict(_rows(connection, catalogs.CREATORS, user, preparation.schema))
    future = {Privilege(scope, "SELECT", "TABLES") for scope in creators.values()}
    wanted = future | {one.privilege for one in objects}
    possible = future | {one.privilege for one in objects if one.can_be_granted}

    held = _held(connection, user)
    _execute(connection, *(one.grant(user) for one in sorted(possible - {one.privilege for one in held})))
    for one in _beyond(held, wanted):
        _revoke(connection, one.privilege.revoke(user, option_only=one.privilege in wanted))
    _check(_wanted(connection, preparation), administrator, user)

    left = [one.description for one in _beyond(_held(connection, user), wanted)]
    others = [description for (description,) in _rows(connection, catalogs.BEYOND, user, RDS_IAM)]
    return {
        "User": user,
        "Grants": [
            *statements.grants(preparation),
            *(statements.future_grant(preparation, name) for name in creators),
        ],
        "Beyond": sorted([*left, *others]),
    }


def _wanted(connection: Connection, preparation: Preparation) -> list[Grantable]:
    """Return the objects to grant: of a whole schema, all but those of extensions."""
    found = [
        Grantable(*row)
        for row in _rows(connection, catalogs.GRANTABLES, preparation.user, preparation.schema, RDS_IAM)
    ]
    if not any(one.kind == "schema" for one in found):
        raise PreparationRefused(
            f"the schema {preparation.schema!r} is not in the database {preparation.database!r}; PostgreSQL keeps "
            "names in lower case, unless they were quoted"
        )
    tables = {one.name: one for one in found if one.kind == "table"}
    if missing := [name for name in preparation.tables if name not in tables]:
        raise PreparationRefused(
            f"the table {missing[0]!r} is not in the schema {preparation.schema!r} of the database "
            f"{preparation.database!r}; PostgreSQL keeps names in lower case, unless they were quoted"
        )
    named = [tables[name] for name in dict.fromkeys(preparation.tables)]
    return [
        *(one for one in found if one.kind != "table"),
        *(named or (table for table in tables.values() if not table.is_extensions)),
    ]


def _check(objects: Sequence[Grantable], administrator: str, user: str) -> None:
    """Check the grants: PostgreSQL only warns if the administrator may not grant a privilege.

    Raises:
        PreparationRefused: the user cannot use one of the objects.
    """
    closed = [one for one in objects if not one.can_be_used]
    if not closed:
        return
    first, others = closed[0], len(closed) - 1
    more = f", nor on {others} more" if others else ""
    join = f"; or GRANT {quoted(first.owner)} TO {quoted(administrator)}" if first.can_be_joined else ""
    raise PreparationRefused(
        f"{administrator} may not grant {first.privilege.name} on {first.privilege.target}{more}; it belongs to "
        f"{first.owner}, who can: {first.privilege.grant(user)}{join}; then prepare again"
    )


def _held(connection: Connection, user: str) -> list[Held]:
    rows = _rows(connection, catalogs.HELD, user)
    return [Held(Privilege(scope, name, target), *rest) for scope, name, target, *rest in rows]


def _beyond(held: Sequence[Held], wanted: Set[Privilege]) -> list[Held]:
    """Return the privileges that are not wanted, and the wanted ones with a grant option."""
    return [one for one in held if one.privilege not in wanted or one.has_grant_option]


def _revoke(connection: Connection, revocation: str) -> None:
    """Try to revoke a privilege; one that another role has granted stays, and is reported."""
    _execute(connection, "SAVEPOINT before")
    try:
        _execute(connection, revocation, "RELEASE before")
    except DatabaseError:
        _execute(connection, "ROLLBACK TO before", "RELEASE before")


def _rows(connection: Connection, sql: str, *parameters: str) -> list[list[Any]]:
    rows: list[list[Any]] = connection.execute_unnamed(sql, vals=parameters).rows
    return rows


def _execute(connection: Connection, *sql: str) -> None:
    if sql:
        connection.execute_simple("; ".join(sql))
