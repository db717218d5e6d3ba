"""The accounts of the embedded database: how users authenticate, and which tables they can read."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mysql_mimic import IdentityProvider, User
from mysql_mimic.auth import AbstractClearPasswordAuthPlugin, AuthPlugin, NativePasswordAuthPlugin, NoLoginAuthPlugin

from sidestep.aws.administrator import Administrator
from sidestep.local.iam_authentication import TokenRefused, TokenVerifier

Row = tuple[object, ...]

_NAME: Final = r"`(?:[^`]|``)+`"
_ACCOUNT: Final = rf"(?P<user>{_NAME})@`%`"
_IAM_PLUGIN: Final = "AWSAuthenticationPlugin"
_IDENTIFIED: Final = rf"IDENTIFIED WITH {_IAM_PLUGIN} AS 'RDS' REQUIRE SSL"


class UnknownTable(Exception):  # noqa: N818 - the name says what happened
    """A grant names a table that does not exist; the exception's text is the table."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a statement; most statements have no rows."""

    rows: Sequence[Row] = ()
    columns: Sequence[str] = ()


class Accounts:
    """The users who authenticate with IAM tokens, and their grants. Supports the statements of `sidestep prepare`."""

    def __init__(self, schema: str, has_table: Callable[[str], bool]) -> None:
        """Start without users; `has_table` returns whether the schema has a table."""
        self._schema = schema
        self._has_table = has_table
        self._grants: dict[str, list[str]] = {}
        self._statements: Final = (
            (re.compile(rf"(?:CREATE USER IF NOT EXISTS|ALTER USER) {_ACCOUNT} {_IDENTIFIED}"), self._create),
            (re.compile(rf"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {_ACCOUNT}"), self._revoke),
            (re.compile(rf"GRANT SELECT ON (?P<target>{_NAME}\.(?:\*|{_NAME})) TO {_ACCOUNT}"), self._grant),
            (re.compile(rf"SHOW GRANTS FOR {_ACCOUNT}"), self._show_grants),
            (re.compile(r"SELECT host, plugin FROM mysql\.user WHERE user = '(?P<user>[^'\\]+)'"), self._find),
        )

    def __contains__(self, user: str) -> bool:
        """Return whether a user exists."""
        return user in self._grants

    def execute(self, sql: str) -> Result | None:
        """Run an administrator's statement; return None if it is not about accounts.

        Raises:
            UnknownTable: a grant names a table that does not exist.
        """
        for pattern, action in self._statements:
            if match := pattern.fullmatch(sql):
                return action(match)
        return None

    def may_read(self, user: str, schema: str, table: str) -> bool:
        """Return whether a user may SELECT from a table."""
        pattern = re.sub(r"([_%])", r"\\\1", schema)
        targets = {f"{_quoted(pattern)}.*", f"{_quoted(schema)}.{_quoted(table)}"}
        return not targets.isdisjoint(self._grants.get(user, ()))

    def _create(self, match: re.Match[str]) -> Result:
        self._grants.setdefault(_unquoted(match["user"]), [])
        return Result()

    def _revoke(self, match: re.Match[str]) -> Result:
        self._grants[_unquoted(match["user"])].clear()
        return Result()

    def _grant(self, match: re.Match[str]) -> Result:
        table = re.fullmatch(rf"{_NAME}\.({_NAME})", match["target"])
        if table and not self._has_table(_unquoted(table[1])):
            raise UnknownTable(f"{self._schema}.{_unquoted(table[1])}")
        self._grants[_unquoted(match["user"])].append(match["target"])
        return Result()

    def _show_grants(self, match: re.Match[str]) -> Result:
        account = match["user"] + "@`%`"
        grants = ["USAGE ON *.*", *(f"SELECT ON {target}" for target in self._grants[_unquoted(match["user"])])]
        return Result([(f"GRANT {grant} TO {account}",) for grant in grants], [f"Grants for {account}"])

    def _find(self, match: re.Match[str]) -> Result:
        return Result([("%", _IAM_PLUGIN)] if match["user"] in self else [], ["host", "plugin"])


class Users(IdentityProvider):
    """Authentication: a password for the administrator, IAM tokens for all other users."""

    def __init__(
        self, administrator: Administrator, accounts: Accounts, verifier: TokenVerifier, refusals: list[str]
    ) -> None:
        """Use the accounts of a database; the reasons of refused log-ins are added to `refusals`."""
        self._administrator = administrator
        self._accounts = accounts
        self._iam = _IamPlugin(verifier, refusals)
        self._refusals = refusals

    def get_plugins(self) -> list[AuthPlugin]:
        """Return the authentication methods."""
        return [self._iam, NativePasswordAuthPlugin(), NoLoginAuthPlugin()]

    async def get_user(self, username: str) -> User:
        """Return the authentication method of a user."""
        if username == self._administrator.user:
            password = NativePasswordAuthPlugin.create_auth_string(self._administrator.password)
            return User(username, password, NativePasswordAuthPlugin.name)
        if username in self._accounts:
            return User(username, auth_plugin=_IAM_PLUGIN)
        # Like MySQL, refuse an unknown user with the same error as a wrong password.
        self._refusals.append(f"the user {username} does not exist")
        return User(username, auth_plugin=NoLoginAuthPlugin.name)


class _IamPlugin(AbstractClearPasswordAuthPlugin):
    name = _IAM_PLUGIN

    def __init__(self, verifier: TokenVerifier, refusals: list[str]) -> None:
        self._verifier = verifier
        self._refusals = refusals

    async def check(self, username: str, password: str) -> str | None:
        try:
            self._verifier.verify(password, username)
        except TokenRefused as refusal:
            self._refusals.append(str(refusal))
            return None
        return username


def _quoted(name: str) -> str:
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`")
