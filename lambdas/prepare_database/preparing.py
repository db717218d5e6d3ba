"""One preparation: what is checked before anybody logs in, and what it means if the administrator cannot."""

from typing import Final

from ..engines.interface import Unreachable
from ..engines.server import Login, Server
from .choice import prepare_of, statements_of
from .errors import DatabaseUnavailable, InvalidEvent, InvalidName, PreparationRefused
from .event import Administrator
from .interface import Outcome
from .preparation import Preparation

READ_TIMEOUT: Final = 15
"""Seconds for one statement, which may have to wait for others to release a table or the grants."""


def prepare(engine: str, server: Server, administrator: Administrator, preparation: Preparation) -> Outcome:
    """Prepare the database; a second time changes nothing.

    Raises:
        InvalidEvent: a name is one that nothing is granted on.
        DatabaseUnavailable: the administrator cannot log in.
        PreparationRefused: the database, or a user of the same name who is somebody else, stands in the way.
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
