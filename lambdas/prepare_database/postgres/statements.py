"""The SQL that prepares PostgreSQL. It needs no driver: `sidestep prepare --print` shows it."""

from typing import Final

from ...engines.postgres.names import MAX_NAME, quoted
from ..errors import InvalidName
from ..preparation import Preparation

RDS_IAM: Final = "rds_iam"
"""The role whose members authenticate with IAM tokens (RDS user guide, "Creating a database account using IAM
authentication")."""


def creation(user: str) -> tuple[str, ...]:
    """Return the statements that create the user, who has no password, only IAM tokens."""
    return (f"CREATE ROLE {quoted(user)} LOGIN", f"GRANT {RDS_IAM} TO {quoted(user)}")


def removal(user: str) -> str:
    """Return the statement that drops a user without privileges."""
    return f"DROP ROLE {quoted(user)}"


def grants(preparation: Preparation) -> tuple[str, ...]:
    """Return the statements that grant the user's privileges on the present tables."""
    user, schema = quoted(preparation.user), quoted(preparation.schema)
    tables = ", ".join(f"{schema}.{quoted(table)}" for table in dict.fromkeys(preparation.tables))
    return (
        f"GRANT CONNECT ON DATABASE {quoted(preparation.database)} TO {user}",
        f"GRANT USAGE ON SCHEMA {schema} TO {user}",
        f"GRANT SELECT ON {tables or f'ALL TABLES IN SCHEMA {schema}'} TO {user}",
    )


def future_grant(preparation: Preparation, owner: str | None = None) -> str:
    """Return the statement for the tables that `owner` will create; None means the role that executes it."""
    of_owner = f"FOR ROLE {quoted(owner)} " if owner is not None else ""
    return (
        f"ALTER DEFAULT PRIVILEGES {of_owner}IN SCHEMA {quoted(preparation.schema)} "
        f"GRANT SELECT ON TABLES TO {quoted(preparation.user)}"
    )


def script(preparation: Preparation) -> str:
    """Implement Statements."""
    check(preparation)
    lines = [
        f"-- Run this in the database {quoted(preparation.database)}.",
        "BEGIN;",
        *(f"{statement};" for statement in (*creation(preparation.user), *grants(preparation))),
    ]
    if not preparation.tables:
        lines += [
            "-- Tables that you will create; for those of another owner, once more with FOR ROLE before IN SCHEMA:",
            f"{future_grant(preparation)};",
        ]
    return "\n".join([*lines, "COMMIT;\n"])


def check(preparation: Preparation) -> None:
    """Implement Statements."""
    if preparation.sample:
        raise InvalidName("the sample is a MySQL database; there is no PostgreSQL sample")
    schema = preparation.schema
    if schema == "information_schema" or schema.startswith("pg_"):
        raise InvalidName(f"the schema {schema} is PostgreSQL's own; name the schema of your tables")
    tables = (("table", table) for table in preparation.tables)
    for kind, name in (("database", preparation.database), ("schema", schema), *tables):
        size = len(name.encode(errors="surrogatepass"))
        if not 1 <= size <= MAX_NAME:
            raise InvalidName(f"the {kind} {name!r:.80} has {size} bytes; a name has 1 to {MAX_NAME}")
        if not name.isprintable():
            raise InvalidName(f"the {kind} {name!r} has a control character; Sidestep grants nothing on such names")
