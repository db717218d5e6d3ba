"""`sidestep prepare`: errors before and after the invocation, and escape sequences in names."""

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
from sidestep.config.databases import EndpointDatabase
from sidestep.lambdas.prepare_database.errors import InvalidName
from tests.unit.clients import client

DATABASE = EndpointDatabase.model_validate(
    {
        "endpoint": "orders.example.com",
        "resource_id": "db-ORDERS",
        "vpc_id": "vpc-0a1b2c3d",
        "subnets": ["subnet-0a1b2c3d"],
        "security_group": "sg-0a1b2c3d",
        "schema": "orders",
        "prepare": True,
    }
)


def clients(**answers: dict[str, Any]) -> Callable[[str], Any]:
    """Return stubbed clients, each with one response to its one expected request."""
    methods = {"lambda": "invoke"}
    made = {service: client(service) for service in answers}
    for service, answer in answers.items():
        stubber = Stubber(made[service])
        stubber.add_response(methods[service], answer)
        stubber.activate()
    return lambda service: made[service]


def test_an_empty_secret_is_an_error() -> None:
    with pytest.raises(AwsError, match="--secret"):
        prepare.prepare(DATABASE, "orders", stack="sidestep-orders", tables=(), secret="", clients=clients())


@pytest.mark.parametrize("table", ["", " "])
def test_an_empty_table_is_an_error(table: str) -> None:
    with pytest.raises(InvalidName, match="--table"):
        prepare.sql(DATABASE, ["orders", table])
    with pytest.raises(InvalidName, match="--table"):
        prepare.prepare(
            DATABASE, "orders", stack="sidestep-orders", tables=["orders", table], secret=None, clients=clients()
        )


@pytest.mark.parametrize("payload", [b"", b"null", b"[1]", b"<html>", b'{"x": 1}'])
def test_an_unknown_response_is_an_error(payload: bytes) -> None:
    # Given
    shell = clients(**{"lambda": {"StatusCode": 200, "Payload": io.BytesIO(payload)}})
    boss = Administrator("admin", "hunter2")

    # When / Then
    with pytest.raises(AwsError, match="cdk deploy") as caught:
        prepare._invoke("function", boss, (), shell)
    assert "hunter2" not in str(caught.value)


def test_escape_sequences_in_names_are_escaped() -> None:
    # Given a table whose name has an escape sequence
    table = 'app."x\n\x1b[2Jthe user reader is ready"'
    error = {"errorType": "PreparationRefused", "errorMessage": f"boss may not grant SELECT on TABLE {table}"}
    failed = {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(error).encode())}
    shell = clients(**{"lambda": failed})

    # When
    with pytest.raises(AwsError) as caught:
        prepare._invoke("function", Administrator("admin", "hunter2"), (), shell)
    summary = prepare.summary(prepare.Prepared("reader", [f"GRANT SELECT ON {table}"], [f"ownership of {table}"]))

    # Then
    written = r'app."x\n\x1b[2Jthe user reader is ready"'
    assert str(caught.value) == f"PreparationRefused: boss may not grant SELECT on TABLE {written}"
    assert "\x1b" not in summary
    assert [line for line in summary.splitlines() if line.startswith("  ")] == [
        f"  GRANT SELECT ON {written}",
        f"  ownership of {written}",
    ]


def test_an_invalid_endpoint_is_an_error() -> None:
    with (
        pytest.raises(AwsError, match=r"sts:GetCallerIdentity .*localhost:1"),
        explained("sts:GetCallerIdentity"),
    ):
        client("sts", "localhost:1")
