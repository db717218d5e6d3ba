"""The function signs IAM tokens exactly as botocore does."""

from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestep.lambdas.query_database import endpoint as module
from sidestep.lambdas.query_database.endpoint import Endpoint, iam_token

NOW = datetime(2026, 1, 31, 8, 5, 7, 123456, tzinfo=UTC)

hosts = st.from_regex(
    r"[A-Za-z0-9-]{1,20}(\.[A-Za-z0-9-]{1,20}){0,5}", fullmatch=True, alphabet=st.characters(codec="ascii")
)
keys = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1, max_size=100)


def signed_by_botocore(endpoint: Endpoint, credentials: Credentials) -> str:
    url = f"https://{endpoint.host}:{endpoint.port}/"
    request = AWSRequest("GET", url, params={"Action": "connect", "DBUser": endpoint.user})
    with patch("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None)):
        SigV4QueryAuth(credentials, "rds-db", endpoint.region, expires=900).add_auth(request)
    return str(request.url).removeprefix("https://")


@pytest.mark.slow
@given(
    host=hosts,
    port=st.integers(1, 65535) | st.sampled_from((80, 443, 3306, 5432)),
    user=st.text(st.characters(codec="utf-8"), min_size=1, max_size=32),
    region=st.sampled_from(("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1")),
    credentials=st.builds(Credentials, keys, keys, st.none() | keys),
)
@settings(deadline=None, max_examples=200, derandomize=True)
def test_a_token_is_the_one_that_botocore_signs(
    host: str, port: int, user: str, region: str, credentials: Credentials
) -> None:
    # Given
    endpoint = Endpoint("mysql", host, port, user, "shop", "shop", region, Path("unused.pem"))

    # When
    with patch.object(module, "datetime") as clock:
        clock.now.return_value = NOW
        token = iam_token(endpoint, credentials)

    # Then
    assert token == signed_by_botocore(endpoint, credentials)
