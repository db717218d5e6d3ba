"""One preparation: check it, choose the engine, log in as the administrator, and execute it."""

from typing import Final

from ..engines.interface import Unreachable
from ..engines.server import Login, Server
from .errors import DatabaseUnavailable, InvalidEvent, InvalidName, PreparationRefused
from .event import Administrator
from .preparation import Outcome, Preparation, Prepare, Statements

READ_TIMEOUT: Final = 15
"""Seconds for one statement, which may have to wait for locks of other sessions."""


def prepare(engine: str, server: Server, administrator: Administrator, preparation: Preparation) -> Outcome:
    """Prepare the database; a second call changes nothing.

    Raises:
        InvalidEvent: Sidestep grants nothing on a name.
        DatabaseUnavailable: the administrator cannot log in.
        PreparationRefused: the database refuses a statement, or has another user of the same name.
    """
    try:
        statements_of(engine).check(preparation)
    except InvalidName as error:
        raise InvalidEvent(str(error)) from error
    user = administrator.user
    if preparation.user.casefold() == user.casefold():
        raise PreparationRefused(f"{preparation.user!r} is the administrator; name another user in metrics.toml")
    login = Login(server, user, administrator.password, preparation.database, preparation.schema, READ_TIMEOUT)
    try:
        return prepare_of(engine)(login, preparation)
    except Unreachable as error:
        raise DatabaseUnavailable(f"cannot connect to {server.host}:{server.port} as {user}: {error}") from error


def statements_of(engine: str) -> Statements:
    """Return the SQL of an engine by its name; a bundle has only one, so none is imported earlier.

    Raises:
        ValueError: there is no engine of this name.
    """
    match engine:
        case "mysql":
            from .mysql import statements as of_mysql  # noqa: PLC0415

            return of_mysql
        case "postgres":
            from .postgres import statements as of_postgres  # noqa: PLC0415

            return of_postgres
        case _:
            raise ValueError(f"{engine!r} is no engine")


def prepare_of(engine: str) -> Prepare:
    """Return the function that prepares an engine, by the engine's name.

    Raises:
        ValueError: there is no engine of this name.
    """
    match engine:
        case "mysql":
            from .mysql.preparing import prepare as prepare_mysql  # noqa: PLC0415

            return prepare_mysql
        case "postgres":
            from .postgres.preparing import prepare as prepare_postgres  # noqa: PLC0415

            return prepare_postgres
        case _:
            raise ValueError(f"{engine!r} is no engine")
