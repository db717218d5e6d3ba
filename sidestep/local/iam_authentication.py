"""RDS's side of IAM database authentication: verifies a token that a client sends as its password.

Source: RDS user guide, "IAM database authentication"; the signature is AWS Signature Version 4 in the query string.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

LONGEST_LIFETIME: Final = 900
"""Seconds for which RDS accepts a token."""

_SIGNATURE: Final = "X-Amz-Signature"


class TokenRefused(Exception):  # noqa: N818 - the name says what happened
    """The token does not authenticate the user; the message has the reason."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The credentials that signed a token, and the database users that their policies allow."""

    credentials: Credentials
    may_connect_as: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Verifies tokens for one endpoint.

    Attributes:
        host, port: the endpoint; a token is valid for one endpoint only.
        find_holder: returns the holder of an access key; None if it is unknown.
        clock: the current time, in UTC.
    """

    host: str
    port: int
    region: str
    find_holder: Callable[[str], Holder | None]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def verify(self, token: str, user: str) -> None:
        """Verify the token of a user.

        Raises:
            TokenRefused: it is malformed, expired, forged, or for another endpoint, user or role.
        """
        parts = urlsplit(f"https://{token}")
        parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if (parts.hostname, parts.port) != (self.host, self.port):
            raise TokenRefused(f"the token is not for the endpoint {self.host}:{self.port}")
        if (parameters.get("Action"), parameters.get("DBUser")) != ("connect", user):
            raise TokenRefused(f"the token is not for the user {user}")
        self._check_time(parameters)
        holder = self._check_signature(token, parameters)
        if not holder.may_connect_as(user):
            raise TokenRefused(f"no policy of the token's role allows rds-db:connect as {user}")

    def _check_time(self, parameters: dict[str, str]) -> None:
        try:
            signed = datetime.strptime(parameters["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            lifetime = int(parameters["X-Amz-Expires"])
        except (KeyError, ValueError):
            raise TokenRefused("the token has no valid date and lifetime") from None
        if not 0 < lifetime <= LONGEST_LIFETIME:
            raise TokenRefused(f"the token's lifetime is not within {LONGEST_LIFETIME} s")
        if not signed <= self.clock() < signed + timedelta(seconds=lifetime):
            raise TokenRefused("the token has expired, or its date is in the future")

    def _check_signature(self, token: str, parameters: dict[str, str]) -> Holder:
        access_key, _, scope = parameters.get("X-Amz-Credential", "").partition("/")
        if scope != f"{parameters['X-Amz-Date'][:8]}/{self.region}/rds-db/aws4_request":
            raise TokenRefused(f"the token is not signed for rds-db in {self.region}")
        holder = self.find_holder(access_key)
        if holder is None:
            raise TokenRefused("the token's access key is unknown")
        if parameters.get("X-Amz-Security-Token") != holder.credentials.token:
            raise TokenRefused("the token's session token does not belong to its access key")
        expected = self._signature(token, parameters["X-Amz-Date"], holder.credentials)
        if not hmac.compare_digest(expected, parameters.get(_SIGNATURE, "")):
            raise TokenRefused("the token's signature is wrong")
        return holder

    def _signature(self, token: str, date: str, credentials: Credentials) -> str:
        unsigned, _, _ = token.partition(f"&{_SIGNATURE}=")
        request = AWSRequest("GET", f"https://{unsigned}")
        request.context["timestamp"] = date
        signer = SigV4QueryAuth(credentials, "rds-db", self.region)
        return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
