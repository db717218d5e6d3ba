"""Prepares a database without a bastion: the operator reads the password, a function in the VPC runs the SQL.

The password travels in two requests over TLS, GetSecretValue's answer and Invoke's payload, and is written nowhere.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sidestep.aws.administrator import Administrator, find_secret, read_secret
from sidestep.aws.clients import Clients, explained, refuse_plain_text
from sidestep.aws.errors import AwsError
from sidestep.aws.stacks import check_account, outputs_of
from sidestep.config.databases import SAMPLE_SCHEMA, SAMPLE_USER, Database, Sample
from sidestep.config.errors import escaped
from sidestep.config.limits import PREPARATION
from sidestep.lambdas.prepare_database.errors import InvalidName
from sidestep.lambdas.prepare_database.preparation import Preparation
from sidestep.lambdas.prepare_database.prepare import statements_of
from sidestep.resource_names import PREPARE_FUNCTION, stack_name

PATIENCE: Final = PREPARATION + 15
"""Seconds to wait for the function: it has to start as well."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the function has done.

    Attributes:
        grants: what the user may read, as GRANT statements.
        beyond: what the user may do beyond that and could not be taken away.
    """

    user: str
    grants: Sequence[str]
    beyond: Sequence[str]


def told(prepared: Prepared) -> str:
    """Return what to tell the operator at the end; names may be of somebody who means the terminal with them."""
    lines = [f"the user {prepared.user} is ready and may:", *(f"  {escaped(grant)}" for grant in prepared.grants)]
    if prepared.beyond:
        lines += ["but also, which could not be taken away and is yours to revoke:"]
        lines += [f"  {escaped(privilege)}" for privilege in prepared.beyond]
    return "\n".join(lines)


def sql(database: Database, tables: Sequence[str]) -> str:
    """Return the SQL that prepares a database, for an administrator with a way to it.

    Raises:
        InvalidName: a name is one that nothing is granted on.
    """
    return statements_of(database.engine.name).script(_preparation(database, tables))


def prepare(
    database: Database, name: str, *, tables: Sequence[str], secret: str | None, clients: Clients
) -> Prepared:
    """Have the deployed function prepare a database; a second time changes nothing.

    Args:
        database: as metrics.toml has it.
        name: its name there.
        tables: what the queries may read; the whole schema if there are none.
        secret: where the administrator's password is, if RDS does not say so.
        clients: the operator's.

    Raises:
        InvalidName: a name is one that nothing is granted on.
        AwsError: something is missing, not allowed, or the function has failed.
    """
    statements_of(database.engine.name).check(_preparation(database, tables))
    if secret is not None and not secret.strip():
        raise AwsError("--secret is empty; name a secret, or leave it out for the one that RDS keeps")
    check_account(database, name, clients)
    outputs = outputs_of(stack_name(name), clients)
    function = outputs.get(PREPARE_FUNCTION)
    if function is None:
        key = "" if database.prepare else f"write prepare = true into [database.{name}], then "
        raise AwsError(f"the stack {stack_name(name)} has no function to prepare its database; {key}`make deploy`")
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
        # Synchronously: an event of an asynchronous invocation would wait in a queue of Lambda's.
        answer = client.invoke(FunctionName=function, InvocationType="RequestResponse", Payload=json.dumps(event))
        payload = answer["Payload"].read()
    try:
        content = json.loads(payload)
    except ValueError:
        content = None
    if isinstance(content, dict) and "FunctionError" in answer:
        error, message = content.get("errorType", "the function"), content.get("errorMessage", "failed")
        raise AwsError(f"{error}: {escaped(str(message))}")
    if not isinstance(content, dict) or not {"User", "Grants", "Beyond"} <= content.keys():
        raise AwsError(f"{function} gave an answer that is not Sidestep's; deploy it again with `make deploy`")
    return content
