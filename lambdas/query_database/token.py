"""IAM tokens, which are the passwords of users who have none."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from .endpoint import Endpoint

if TYPE_CHECKING:
    from botocore.credentials import Credentials, ReadOnlyCredentials

TOKEN_LIFETIME: Final = 900
"""Seconds; RDS accepts a token for 15 minutes (RDS user guide, "IAM database authentication")."""


class _RoleCredentials(NamedTuple):
    """What botocore's ReadOnlyCredentials are. Their own module would bring half a client into the process."""

    access_key: str
    secret_key: str
    token: str | None


def iam_token(endpoint: Endpoint, credentials: "Credentials | ReadOnlyCredentials") -> str:
    """Sign the token that stands in for a password; no network call.

    Source: RDS user guide, "Connecting to your DB instance using IAM authentication".
    """
    url = f"https://{endpoint.host}:{endpoint.port}/"
    request = AWSRequest("GET", url, params={"Action": "connect", "DBUser": endpoint.user})
    SigV4QueryAuth(credentials, "rds-db", endpoint.region, expires=TOKEN_LIFETIME).add_auth(request)
    return str(request.url).removeprefix("https://")


def role_credentials(environment: Mapping[str, str]) -> "ReadOnlyCredentials":
    """Return the execution role's credentials, which Lambda puts into the environment."""
    credentials = _RoleCredentials(
        environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN")
    )
    return cast("ReadOnlyCredentials", credentials)


def role_token(endpoint: Endpoint) -> str:
    """Sign a token with the execution role's credentials."""
    return iam_token(endpoint, role_credentials(os.environ))
