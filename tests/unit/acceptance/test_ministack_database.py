"""The database behind MiniStack's RDS knows the credentials of a function's role, and asks IAM what they may do."""

from typing import Any

import pytest
from botocore.stub import Stubber

from sidestep.local.iam_authentication import Holder
from tests.acceptance.clouds.ministack_database import FunctionRoles
from tests.unit.clients import client

ACCOUNT, REGION = "123456789012", "eu-central-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:query"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/query"
RESOURCE = f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:db-ABC/sidestep"

ACCESS_KEY = "ASIAC48C901FAC00E33E"
"""The function's, as MiniStack 1.5.33 returned it for these ARNs, like the secret and the token below."""

SECRET = "d3e85f123e8eb3ecac6502cf3882e1a5f97471a99913e60694e99d2627c68252"
TOKEN = "09a2b8e57c64a1b821a1ed9213e5f6eee53d9d023cac9c96356f9c9b0637c9e6"


def find(access_key: str, decision: str = "allowed") -> Holder | None:
    """Look for the holder of an access key in an account with one function."""
    clients: dict[str, Any] = {service: client(service) for service in ("lambda", "rds", "iam")}
    for service, operation, answer, request in (
        ("lambda", "list_functions", {"Functions": [{"FunctionArn": FUNCTION, "Role": ROLE}]}, {}),
        ("rds", "describe_db_instances", {"DBInstances": [{"DbiResourceId": "db-ABC"}]}, {}),
        (
            "iam",
            "simulate_principal_policy",
            {"EvaluationResults": [{"EvalActionName": "rds-db:connect", "EvalDecision": decision}]},
            {"PolicySourceArn": ROLE, "ActionNames": ["rds-db:connect"], "ResourceArns": [RESOURCE]},
        ),
    ):
        stubber = Stubber(clients[service])
        stubber.add_response(operation, answer, request)
        stubber.activate()
    return FunctionRoles(clients.__getitem__, ACCOUNT, REGION).find(access_key)


@pytest.mark.parametrize(
    ("decision", "allowed"), [("allowed", True), ("implicitDeny", False), ("explicitDeny", False)]
)
def test_a_function_may_connect_if_iam_allows_its_role(decision: str, allowed: bool) -> None:
    # When
    holder = find(ACCESS_KEY, decision)

    # Then
    assert holder is not None
    assert (holder.credentials.secret_key, holder.credentials.token) == (SECRET, TOKEN)
    assert holder.may_connect_as("sidestep") is allowed


def test_an_unknown_access_key_has_no_holder() -> None:
    assert find("ASIA0000000000000000") is None
