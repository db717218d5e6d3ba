"""The grants of a preparation, and the interface of every engine: check it, write it as SQL, and execute it.

An engine's statements.py is a Statements; it needs no driver, because `sidestep prepare` uses it as well. The
function `prepare` of its preparing.py is a Prepare.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict

from ..engines.server import Login


@dataclass(frozen=True, slots=True)
class Preparation:
    """The privileges of one user.

    Attributes:
        user: the user who runs the queries.
        database: the server's name of the database.
        schema: the schema of the tables.
        tables: the tables that the user may read; none means all of the schema, also those that are created later.
        sample: whether to create the sample's tables and data first. The sample is a MySQL database.
    """

    user: str
    database: str
    schema: str
    tables: Sequence[str] = ()
    sample: bool = False


class Outcome(TypedDict):
    """The function's answer.

    Attributes:
        User: the user's name.
        Grants: the user's privileges, as GRANT statements.
        Beyond: further privileges that could not be revoked, such as a role.
    """

    User: str
    Grants: list[str]
    Beyond: list[str]


class Statements(Protocol):
    """The SQL of a preparation."""

    def check(self, preparation: Preparation) -> None:
        """Reject names on which Sidestep grants nothing; all other names are safe in quotes.

        Raises:
            InvalidName: has the name and the reason.
        """

    def script(self, preparation: Preparation) -> str:
        """Return all statements, for an administrator who uses another client.

        If the user exists already, the script ends with the database's error before it grants anything: only the
        function checks whether the user may be changed.

        Raises:
            InvalidName: Sidestep grants nothing on a name.
        """


Prepare = Callable[[Login, Preparation], Outcome]
"""Prepares the database as the administrator who logs in; a second call changes nothing. The names are checked.

Raises Unreachable if the administrator cannot log in, and PreparationRefused if the database refuses a statement, or
has a user of the same name that Sidestep must not change.
"""
