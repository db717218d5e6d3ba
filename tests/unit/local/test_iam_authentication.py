"""Tokens that the query function signs, as RDS verifies them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.credentials import Credentials

from sidestep.lambdas.query_database.endpoint import Endpoint, iam_token
from sidestep.local.iam_authentication import Holder, TokenRefused, TokenVerifier

ENDPOINT = Endpoint("mysql", "db.example.com", 3306, "sidestep", "shop", "shop", "eu-west-1", Path("unused.pem"))
CREDENTIALS = Credentials("ASIAEXAMPLE", "secret", "session/token+with=signs")
HOLDER = Holder(CREDENTIALS, may_connect_as=lambda user: user == "sidestep")
VERIFIER = TokenVerifier(
    "db.example.com", 3306, "eu-west-1", lambda key: HOLDER if key == CREDENTIALS.access_key else None
)


def token(credentials: Credentials = CREDENTIALS, endpoint: Endpoint = ENDPOINT) -> str:
    return iam_token(endpoint, credentials)


def test_the_functions_token_is_accepted() -> None:
    VERIFIER.verify(token(), "sidestep")


def test_a_token_has_no_scheme_and_lives_15_minutes() -> None:
    assert token().startswith("db.example.com:3306/?Action=connect&DBUser=sidestep&")
    assert "X-Amz-Expires=900&" in token()
    assert CREDENTIALS.secret_key not in token()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (token(Credentials("ASIAEXAMPLE", "other", CREDENTIALS.token)), "signature"),
        (token(Credentials("ASIASTRANGER", "secret", CREDENTIALS.token)), "access key is"),
        (token(Credentials("ASIAEXAMPLE", "secret", "another session")), "session token"),
        (
            token(endpoint=replace(ENDPOINT, host="alias.example.com")),
            "db.example.com:3306",
        ),
        (token(endpoint=replace(ENDPOINT, port=3307)), "db.example.com:3306"),
        (token(endpoint=replace(ENDPOINT, user="admin")), "user sidestep"),
        (token(endpoint=replace(ENDPOINT, region="us-east-1")), "eu-west-1"),
        (token().replace("Action=connect", "Action=admin"), "user sidestep"),
        (token()[:-1], "signature"),
        ("a password", "db.example.com:3306"),
        ("db.example.com:3306/?Action=connect&DBUser=sidestep", "date"),
    ],
)
def test_any_other_token_is_refused(given: str, reason: str) -> None:
    with pytest.raises(TokenRefused, match=reason):
        VERIFIER.verify(given, "sidestep")


@pytest.mark.parametrize("shift", [timedelta(minutes=16), timedelta(minutes=-5)])
def test_an_expired_token_and_one_from_the_future_are_refused(shift: timedelta) -> None:
    # Given
    verifier = replace(VERIFIER, clock=lambda: datetime.now(UTC) + shift)

    # When / Then
    with pytest.raises(TokenRefused, match="expired"):
        verifier.verify(token(), "sidestep")


def test_a_token_cannot_be_given_a_longer_life() -> None:
    with pytest.raises(TokenRefused, match="900 s"):
        VERIFIER.verify(token().replace("X-Amz-Expires=900", "X-Amz-Expires=9000"), "sidestep")


def test_a_role_without_permission_is_refused() -> None:
    # Given
    verifier = replace(VERIFIER, find_holder=lambda _: Holder(CREDENTIALS, may_connect_as=lambda _: False))

    # When / Then
    with pytest.raises(TokenRefused, match="rds-db:connect as sidestep"):
        verifier.verify(token(), "sidestep")
