"""`sidestep prepare`: reads the administrator's password, and invokes the function in the VPC that runs the SQL.

The password is in the response to GetSecretValue and in the payload of Invoke, both over TLS, and is not stored.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sidestep.aws.administrator import Administrator, find_secret, read_secret
from sidestep.aws.clients import Clients, explained, refuse_plain_text
from sidestep.aws.errors import AwsError
from sidestep.aws.stacks import outputs_of
from sidestep.config.databases import SAMPLE_SCHEMA, SAMPLE_USER, Database, Sample
from sidestep.config.errors import printable
from sidestep.config.limits import PREPARE_SECONDS
from sidestep.lambdas.prepare_database.errors import InvalidName
from sidestep.lambdas.prepare_database.preparation import Preparation
from sidestep.lambdas.prepare_database.prepare import statements_of
from sidestep.resource_names import PREPARE_FUNCTION

READ_TIMEOUT: Final = PREPARE_SECONDS + 15
"""Seconds to wait for the function, including its start."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The response of the function.

    Attributes:
        user: of the queries.
        grants: the user's privileges to read, as GRANT statements.
        beyond: further privileges that the function could not revoke.
    """

    user: str
    grants: Sequence[str]
    beyond: Sequence[str]


def summary(prepared: Prepared) -> str:
    """Return the result for the operator. Names may have escape sequences."""
    lines = [
        f"the user {prepared.user} is ready, with these privileges:",
        *(f"  {printable(grant)}" for grant in prepared.grants),
    ]
    if prepared.beyond:
        lines += ["and with others that could not be revoked; revoke them yourself:"]
        lines += [f"  {printable(privilege)}" for privilege in prepared.beyond]
    return "\n".join(lines)


def sql(database: Database, tables: Sequence[str]) -> str:
    """Return the SQL that prepares a database, for an administrator who can connect to it.

    Raises:
        InvalidName: a name cannot be granted on.
    """
    return statements_of(database.engine.name).script(_preparation(database, tables))


def prepare(
    database: Database, name: str, *, stack: str, tables: Sequence[str], secret: str | None, clients: Clients
) -> Prepared:
    """Invoke the deployed function, which prepares a database. It is idempotent.

    Args:
        database: as metrics.toml has it.
        name: its name there.
        stack: the name of its stack.
        tables: the tables that the user may read; the whole schema if empty.
        secret: the secret with the administrator's password; None for the secret of RDS.
        clients: with the operator's credentials.

    Raises:
        InvalidName: a name cannot be granted on.
        AwsError: a resource or a permission is missing, or the function failed.
    """
    statements_of(database.engine.name).check(_preparation(database, tables))
    if secret is not None and not secret.strip():
        raise AwsError("--secret is empty; name a secret, or omit the option for the secret of RDS")
    outputs = outputs_of(stack, clients)
    function = outputs.get(PREPARE_FUNCTION)
    if function is None:
        key = "run " if database.prepare else f"add prepare = true to [database.{name}], then run "
        raise AwsError(f"the stack {stack} has no function to prepare its database; {key}`cdk deploy`")
    administrator = read_secret(secret or find_secret(database, outputs, clients), clients)
    answer = _invoke(function, administrator, tables, clients)
    return Prepared(answer["User"], answer["Grants"], answer["Beyond"])


def _preparation(database: Database, tables: Sequence[str]) -> Preparation:
    if not all(table.strip() for table in tables):
        raise InvalidName("--table is empty; name a table, or omit the option for the whole schema")
    if isinstance(database, Sample):
        return Preparation(SAMPLE_USER, SAMPLE_SCHEMA, SAMPLE_SCHEMA, tables, sample=True)
    return Preparation(database.user, database.database, database.default_schema, tables)


def _invoke(function: str, administrator: Administrator, tables: Sequence[str], clients: Clients) -> dict[str, Any]:
    event = {
        "Administrator": {"User": administrator.user, "Password": administrator.password},
        "Tables": list(tables),
    }
    with explained(f"lambda:InvokeFunction on {function}"):
        client = clients("lambda")
        refuse_plain_text(client)
        # Synchronous, because Lambda keeps the event of an asynchronous invocation in a queue.
        answer = client.invoke(FunctionName=function, InvocationType="RequestResponse", Payload=json.dumps(event))
        payload = answer["Payload"].read()
    try:
        content = json.loads(payload)
    except ValueError:
        content = None
    if isinstance(content, dict) and "FunctionError" in answer:
        error, message = content.get("errorType", "the function"), content.get("errorMessage", "failed")
        raise AwsError(f"{error}: {printable(str(message))}")
    if not isinstance(content, dict) or not {"User", "Grants", "Beyond"} <= content.keys():
        raise AwsError(f"{function} returned an unknown response; deploy it again with `cdk deploy`")
    return content
