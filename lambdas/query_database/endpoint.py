"""The address of the database, its user, and the IAM tokens that are the user's passwords."""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple, Protocol, Self
from urllib.parse import quote, urlencode

from ..engines.server import Login, Server

TOKEN_LIFETIME: Final = 900
"""Seconds; RDS accepts a token for 15 minutes (RDS user guide, "IAM database authentication")."""

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SERVICE: Final = "rds-db"
_HTTPS_PORT: Final = 443


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the database is, and which user runs the queries.

    Attributes:
        engine: its name, as engine_named knows it.
        database: the server's name of the database.
        schema: the schema of names without a schema, in the engines that have schemas in a database.
        certificates: as in Server.
    """

    engine: str
    host: str
    port: int
    user: str
    database: str
    schema: str
    region: str
    certificates: Path | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], folder: Path) -> Self:
        """Read the function's environment variables; certificates are in `folder`."""
        return cls(
            engine=environment["DATABASE_ENGINE"],
            host=environment["DATABASE_HOST"],
            port=int(environment["DATABASE_PORT"]),
            user=environment["DATABASE_USER"],
            database=environment["DATABASE_NAME"],
            schema=environment["DATABASE_SCHEMA"],
            region=environment["AWS_REGION"],
            certificates=folder / environment["DATABASE_CERTIFICATES"],
        )

    @property
    def server(self) -> Server:
        """The database's server."""
        return Server(self.host, self.port, self.certificates)

    def login(self, password: str | bytes) -> Login:
        """Return the log-in for an engine."""
        return Login(self.server, self.user, password, self.database, self.schema)


class Credentials(Protocol):
    """AWS credentials, such as botocore's; `token` is None for a user's own keys."""

    @property
    def access_key(self) -> str: ...  # noqa: D102

    @property
    def secret_key(self) -> str: ...  # noqa: D102

    @property
    def token(self) -> str | None: ...  # noqa: D102


class RoleCredentials(NamedTuple):
    """Implements Credentials."""

    access_key: str
    secret_key: str
    token: str | None


def role_credentials(environment: Mapping[str, str]) -> RoleCredentials:
    """Return the execution role's credentials, which Lambda puts into the environment."""
    return RoleCredentials(
        environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN")
    )


def role_token(endpoint: Endpoint) -> str:
    """Sign a token with the execution role's credentials."""
    return iam_token(endpoint, role_credentials(os.environ))


def iam_token(endpoint: Endpoint, credentials: Credentials) -> str:
    """Sign the token that is the user's password for the next 15 minutes, without a network call.

    It is a presigned URL without its scheme (RDS user guide, "Connecting to your DB instance using IAM
    authentication"; IAM user guide, "Create a signed AWS API request"). botocore's signer gives the same text, but
    takes longer to import than everything else in the function.
    """
    moment = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    scope = f"{moment[:8]}/{endpoint.region}/{_SERVICE}/aws4_request"
    parameters = {
        "Action": "connect",
        "DBUser": endpoint.user,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(TOKEN_LIFETIME),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token is not None:
        parameters["X-Amz-Security-Token"] = credentials.token
    query = urlencode(parameters, safe="", quote_via=quote)
    canonical_query = "&".join(sorted(query.split("&")))
    port = "" if endpoint.port == _HTTPS_PORT else f":{endpoint.port}"
    host = f"{endpoint.host.lower()}{port}"
    request = f"GET\n/\n{canonical_query}\nhost:{host}\n\nhost\n{sha256().hexdigest()}"
    text = f"{_ALGORITHM}\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    signature = _signature(credentials.secret_key, scope, text)
    return f"{endpoint.host}:{endpoint.port}/?{query}&X-Amz-Signature={signature}"


def _signature(secret_key: str, scope: str, text: str) -> str:
    key = f"AWS4{secret_key}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()
