"""The SQL of a preparation. Pure: the function executes it, and `sidestep prepare --print` shows it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prepare_database.errors import InvalidName

RDS_AUTHENTICATION: Final = "AWSAuthenticationPlugin"
"""Who authenticates with IAM tokens (RDS user guide, "Creating a database account using IAM authentication")."""

IDENTIFICATION: Final = f"IDENTIFIED WITH {RDS_AUTHENTICATION} AS 'RDS' REQUIRE SSL"

MAX_NAME: Final = 64
"""Characters in the name of a schema or table (MySQL reference manual, "Identifier Length Limits")."""

SYSTEM_SCHEMAS: Final = ("mysql", "sys")
"""Who reads these reads password hashes and what others run."""

SAMPLE: Final = (
    """\
CREATE TABLE IF NOT EXISTS sessions (
  id BIGINT PRIMARY KEY AUTO_INCREMENT, plan VARCHAR(20) NOT NULL, expires_at DATETIME NOT NULL)""",
    """\
CREATE EVENT IF NOT EXISTS sessions_begin ON SCHEDULE EVERY 1 MINUTE DO
INSERT INTO sessions (plan, expires_at)
SELECT plan, UTC_TIMESTAMP() + INTERVAL 60 + 1440 * RAND() SECOND
FROM (
  SELECT 'free' AS plan UNION ALL SELECT 'free' UNION ALL SELECT 'free'
  UNION ALL SELECT 'team' UNION ALL SELECT 'team' UNION ALL SELECT 'enterprise') AS visitors""",
    """\
CREATE EVENT IF NOT EXISTS sessions_end ON SCHEDULE EVERY 1 MINUTE DO
DELETE FROM sessions WHERE expires_at <= UTC_TIMESTAMP()""",
)
"""A shop's sessions: some begin every minute and last up to 25. The server's event scheduler plays the customers."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """Who may read what. No tables means all of the schema, those of the future included."""

    user: str
    schema: str
    tables: Sequence[str] = ()

    @property
    def account(self) -> str:
        """The user, from any host, as SQL writes it."""
        return f"{quoted(self.user)}@{quoted('%')}"

    @property
    def targets(self) -> tuple[str, ...]:
        """What the user may read, as GRANT names it."""
        if not self.tables:
            return (f"{quoted(without_wildcards(self.schema))}.*",)
        # Beside a table, a schema's name has no wildcards.
        return tuple(f"{quoted(self.schema)}.{quoted(table)}" for table in dict.fromkeys(self.tables))

    @property
    def grants(self) -> tuple[str, ...]:
        """The statements that let the user read, just as SHOW GRANTS gives them back."""
        return tuple(f"GRANT SELECT ON {target} TO {self.account}" for target in self.targets)

    @property
    def creation(self) -> str:
        """The statement that makes the user, if there is none. It has no password, only IAM tokens."""
        return f"CREATE USER IF NOT EXISTS {self.account} {IDENTIFICATION}"

    @property
    def identification(self) -> str:
        """The statement that makes a user who is there already authenticate with IAM tokens over TLS, only."""
        return f"ALTER USER {self.account} {IDENTIFICATION}"

    @property
    def revocation(self) -> str:
        """The statement that takes away all that the user may do."""
        return f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {self.account}"


def script(preparation: Preparation, *, sample: bool) -> str:
    """Return all statements, for an administrator with a client of their own.

    For a user who is there already the script ends with MySQL's error before it grants anything: it might be anybody,
    and only the function looks first.

    Raises:
        InvalidName: a name is one that nothing is granted on.
    """
    check(preparation)
    statements = [
        f"USE {quoted(preparation.schema)}",
        *(SAMPLE if sample else ()),
        f"CREATE USER {preparation.account} {IDENTIFICATION}",
        *preparation.grants,
    ]
    return "".join(f"{statement};\n" for statement in statements)


def check(preparation: Preparation) -> None:
    """Refuse names that no schema or table can have; all others are harmless once quoted.

    Raises:
        InvalidName: says which name it is, and why.
    """
    if preparation.schema in SYSTEM_SCHEMAS:
        raise InvalidName(f"the schema {preparation.schema} is MySQL's own; name the schema of your tables")
    for kind, name in (("schema", preparation.schema), *(("table", table) for table in preparation.tables)):
        if not 1 <= len(name) <= MAX_NAME:
            raise InvalidName(f"the {kind} {name!r:.80} has {len(name)} characters; a name has 1 to {MAX_NAME}")
        if not name.isprintable() or name != name.strip() or "\\" in name:
            raise InvalidName(
                f"the {kind} {name!r} has a control character, a backslash, or a space at its beginning or end; "
                "Sidestep grants nothing on such names"
            )


def quoted(name: str) -> str:
    """Return a name as SQL writes it, so that nothing in it means anything.

    In backticks, since what is a string and what an escape in it depends on the session's modes.
    """
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def without_wildcards(schema: str) -> str:
    r"""Return a schema's name as the pattern that matches it alone: GRANT reads _ and % before .* as wildcards.

    Source: MySQL reference manual, "GRANT Statement". Where the server's partial_revokes is on there are no
    wildcards, and the backslash would be one more character; RDS has it off, with no parameter for it.
    """
    return re.sub(r"([_%])", r"\\\1", schema)
