"""What every engine can do: check the names of a preparation, write it down as SQL, and carry it out.

An engine's statements.py is a Statements: pure and without a driver, for `sidestep prepare` needs it as well. The
function `prepare` of its preparing.py is a Prepare.
"""

from collections.abc import Callable
from typing import Protocol, TypedDict

from ..engines.server import Login
from .preparation import Preparation


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


class Statements(Protocol):
    """The SQL of a preparation."""

    def check(self, preparation: Preparation) -> None:
        """Refuse names that nothing is granted on; all others are harmless once quoted.

        Raises:
            InvalidName: says which name it is, and why.
        """

    def script(self, preparation: Preparation) -> str:
        """Return all statements, for an administrator with a client of their own.

        For a user who is there already the script ends with the database's error before it grants anything: it might
        be anybody, and only the function looks first.

        Raises:
            InvalidName: a name is one that nothing is granted on.
        """


Prepare = Callable[[Login, Preparation], Outcome]
"""Prepares the database as the administrator who logs in; a second time changes nothing. The names are checked.

Raises Unreachable if the administrator cannot log in, and PreparationRefused if the database, or a user of the same
name who is somebody else, stands in the way.
"""
