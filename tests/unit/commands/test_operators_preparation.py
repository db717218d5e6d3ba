"""What keeps an operator from preparing the wrong database, and from reading what is no answer."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber

from sidestep.aws.administrator import Administrator
from sidestep.aws.clients import explained
from sidestep.aws.errors import AwsError
from sidestep.commands import prepare
from sidestep.config.databases import ByHand
from sidestep.lambdas.prepare_database.errors import InvalidName
from tests.unit.clients import client

DATABASE = ByHand.model_validate(
    {
        "endpoint": "orders.example.com",
        "resource_id": "db-ORDERS",
        "vpc_id": "vpc-0a1b2c3d",
        "subnets": ["subnet-0a1b2c3d"],
        "security_group": "sg-0a1b2c3d",
        "schema": "orders",
        "prepare": True,
        "account": "999999999999",
    }
)


def clients(**answers: dict[str, Any]) -> Callable[[str], Any]:
    """Return clients, each with one answer to the one call that is expected of it."""
    methods = {"sts": "get_caller_identity", "lambda": "invoke"}
    made = {service: client(service) for service in answers}
    for service, answer in answers.items():
        stubber = Stubber(made[service])
        stubber.add_response(methods[service], answer)
        stubber.activate()
    return lambda service: made[service]


def test_another_account_is_not_touched() -> None:
    # Given an operator who is signed in to the wrong one
    shell = clients(sts={"Account": "123456789012", "UserId": "operator", "Arn": "arn:aws:iam::123456789012:user/op"})

    # When / Then nothing else is asked
    with pytest.raises(AwsError, match=r"123456789012.* database\.orders .*999999999999"):
        prepare.prepare(DATABASE, "orders", tables=(), secret=None, clients=shell)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(AwsError, match="--secret is empty"):
        prepare.prepare(DATABASE, "orders", tables=(), secret="", clients=clients())


@pytest.mark.parametrize("table", ["", " "])
def test_an_empty_table_is_refused(table: str) -> None:
    with pytest.raises(InvalidName, match="--table is empty"):
        prepare.sql(DATABASE, ["orders", table])
    with pytest.raises(InvalidName, match="--table is empty"):
        prepare.prepare(DATABASE, "orders", tables=["orders", table], secret=None, clients=clients())


@pytest.mark.parametrize("payload", [b"", b"null", b"[1]", b"<html>", b'{"x": 1}'])
def test_what_is_no_answer_is_told(payload: bytes) -> None:
    # Given
    shell = clients(**{"lambda": {"StatusCode": 200, "Payload": io.BytesIO(payload)}})
    boss = Administrator("admin", "hunter2")

    # When / Then
    with pytest.raises(AwsError, match=r"gave an answer that is not Sidestep's; deploy it again") as caught:
        prepare._invoke("function", boss, (), shell)
    assert "hunter2" not in str(caught.value)


def test_names_in_the_database_mean_nothing_to_the_terminal() -> None:
    # Given a table of somebody who knows that an administrator comes by
    table = 'app."x\n\x1b[2Jthe user reader is ready"'
    error = {"errorType": "PreparationRefused", "errorMessage": f"boss may not grant SELECT on TABLE {table}"}
    failed = {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(error).encode())}
    shell = clients(**{"lambda": failed})

    # When
    with pytest.raises(AwsError) as caught:
        prepare._invoke("function", Administrator("admin", "hunter2"), (), shell)
    told = prepare.told(prepare.Prepared("reader", [f"GRANT SELECT ON {table}"], [f"ownership of {table}"]))

    # Then
    written = r'app."x\n\x1b[2Jthe user reader is ready"'
    assert str(caught.value) == f"PreparationRefused: boss may not grant SELECT on TABLE {written}"
    assert told == (
        f"the user reader is ready and may:\n  GRANT SELECT ON {written}\n"
        f"but also, which could not be taken away and is yours to revoke:\n  ownership of {written}"
    )


def test_an_endpoint_that_is_none_is_told() -> None:
    with (
        pytest.raises(AwsError, match="sts:GetCallerIdentity failed: Invalid endpoint: localhost:1"),
        explained("sts:GetCallerIdentity"),
    ):
        client("sts", "localhost:1")
