"""Who may log in to the embedded database, and what they may read: MySQL's accounts, as far as preparing one goes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

Row = tuple[object, ...]

_NAME: Final = r"`(?:[^`]|``)+`"
_ACCOUNT: Final = rf"(?P<user>{_NAME})@`%`"
_IDENTIFIED: Final = r"IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL"
_USAGE: Final = "GRANT USAGE ON *.* TO "


class UnknownTable(Exception):  # noqa: N818 - the name says what happened
    """A grant names a table that is not there; the exception's text is the table."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gave; most give nothing."""

    rows: Sequence[Row] = ()
    columns: Sequence[str] = ()


class Accounts:
    """The users who authenticate with IAM tokens, and their grants. It knows the statements of a preparation only."""

    def __init__(self, schema: str, has_table: Callable[[str], bool]) -> None:
        """Begin with no user; `has_table` says which tables the schema has."""
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
        """Return whether there is such a user."""
        return user in self._grants

    def execute(self, sql: str) -> Result | None:
        """Run an administrator's statement; None if it is not about accounts.

        Raises:
            UnknownTable: a grant names a table that is not there.
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
        targets = self._grants[_unquoted(match["user"])]
        rows = [(_USAGE + account,), *((f"GRANT SELECT ON {target} TO {account}",) for target in targets)]
        return Result(rows, [f"Grants for {account}"])

    def _find(self, match: re.Match[str]) -> Result:
        rows: list[Row] = [("%", "AWSAuthenticationPlugin")] if match["user"] in self else []
        return Result(rows, ["host", "plugin"])


def _quoted(name: str) -> str:
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def _unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`")
