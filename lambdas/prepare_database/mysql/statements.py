"""The SQL that prepares MySQL. It needs no driver: `sidestep prepare --print` shows it."""

import re
from typing import Final

from ..errors import InvalidName
from ..preparation import Preparation

RDS_AUTHENTICATION: Final = "AWSAuthenticationPlugin"
"""The plugin for IAM tokens (RDS user guide, "Creating a database account using IAM authentication")."""

IDENTIFICATION: Final = f"IDENTIFIED WITH {RDS_AUTHENTICATION} AS 'RDS' REQUIRE SSL"

MAX_NAME: Final = 64
"""Characters in the name of a schema or table (MySQL reference manual, "Identifier Length Limits")."""

SYSTEM_SCHEMAS: Final = ("mysql", "sys")
"""They contain password hashes and other sessions' statements."""

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
"""A shop's sessions: some begin every minute and last up to 25. The server's event scheduler creates them."""


def account(user: str) -> str:
    """Return a user, from any host, as SQL writes it."""
    return f"{quoted(user)}@{quoted('%')}"


def grants(preparation: Preparation) -> tuple[str, ...]:
    """Return the statements that grant the user's privileges, in the form of SHOW GRANTS."""
    return tuple(f"GRANT SELECT ON {target} TO {account(preparation.user)}" for target in _targets(preparation))


def creation(user: str) -> str:
    """Return the statement that creates the user if there is none. The user has no password, only IAM tokens."""
    return f"CREATE USER IF NOT EXISTS {account(user)} {IDENTIFICATION}"


def identification(user: str) -> str:
    """Return the statement that makes an existing user authenticate with IAM tokens over TLS only."""
    return f"ALTER USER {account(user)} {IDENTIFICATION}"


def revocation(user: str) -> str:
    """Return the statement that revokes all privileges."""
    return f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account(user)}"


def script(preparation: Preparation) -> str:
    """Implement Statements."""
    check(preparation)
    statements = [
        f"USE {quoted(preparation.schema)}",
        *(SAMPLE if preparation.sample else ()),
        f"CREATE USER {account(preparation.user)} {IDENTIFICATION}",
        *grants(preparation),
    ]
    return "".join(f"{statement};\n" for statement in statements)


def check(preparation: Preparation) -> None:
    """Implement Statements."""
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
    """Return a quoted name for SQL, in which no character has a meaning.

    In backticks: the meaning of other quotes and of escapes in them depends on the session's modes.
    """
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def without_wildcards(schema: str) -> str:
    r"""Return a schema's name as the pattern that matches it alone: GRANT reads _ and % before .* as wildcards.

    Source: MySQL reference manual, "GRANT Statement". With the server's partial_revokes there are no
    wildcards, and the backslash would be part of the name; RDS has it off, without a parameter for it.
    """
    return re.sub(r"([_%])", r"\\\1", schema)


def _targets(preparation: Preparation) -> tuple[str, ...]:
    """Return what the user may read, in the form of GRANT."""
    if not preparation.tables:
        return (f"{quoted(without_wildcards(preparation.schema))}.*",)
    # Beside a table, a schema's name has no wildcards.
    schema = quoted(preparation.schema)
    return tuple(f"{schema}.{quoted(table)}" for table in dict.fromkeys(preparation.tables))
