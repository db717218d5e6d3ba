"""Calls to AWS with the operator's own credentials, and what goes wrong there in sentences."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import boto3
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from botocore.parsers import ResponseParserError

from sidestep.aws import ended_cloud

Clients: TypeAlias = Callable[[str], Any]
"""Returns the boto3 client of a service."""

_DENIED: Final = ("AccessDenied", "AccessDeniedException")

_THROTTLED: Final = ("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException")
"""Source: the error codes that botocore's standard retry mode takes for throttling, as far as they occur here."""


_UNANSWERED: Final = (exceptions.HTTPClientError, exceptions.ConnectionError)
"""Of botocore, when a request or its answer is lost on the way."""


class AwsError(Exception):
    """AWS did not do what it was asked for; the message says what, why, and what to do."""


class PassingError(AwsError):
    """AWS did not answer, has an error of its own, or wants to be asked less often: it may do so later."""


def operators_clients(region: str | None, *, read_timeout: int, attempts: int = 2) -> Clients:
    """Return clients with the credentials of the shell.

    Args:
        region: which one they ask; the shell's if there is none.
        read_timeout: seconds to wait for an answer.
        attempts: how often to send a request that AWS throttles or does not answer.
    """

    @cache
    def client(service: str) -> Any:  # noqa: ANN401 - the caller knows which client it asks for
        config = Config(read_timeout=read_timeout, retries={"mode": "standard", "total_max_attempts": attempts})
        # boto3 alone among AWS's tools does not read AWS_REGION.
        where = region or os.environ.get("AWS_REGION")
        return boto3.Session().client(service, region_name=where, config=config)  # type: ignore[call-overload]

    return client


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn the errors of one call into sentences; `action` is what a policy calls it.

    Raises:
        PassingError: the call failed, and may succeed later.
        AwsError: the call failed.
    """
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        what = f"AWS says: {details.get('Message') or details.get('Code')}"
        if details.get("Code") in _DENIED:
            raise AwsError(f"your credentials may not do {action}; add it to your policy. {what}") from None
        raise _kind(error)(f"{action} failed. {what}") from None
    except NoCredentialsError:
        raise AwsError("there are no AWS credentials in the shell; sign in, or set AWS_PROFILE") from None
    except NoRegionError:
        raise AwsError("there is no AWS region in the shell; set AWS_REGION") from None
    except (BotoCoreError, ResponseParserError, ValueError) as error:  # the last two: no AWS is behind the endpoint
        first_line, *_ = str(error).splitlines() or [type(error).__name__]
        kind = PassingError if isinstance(error, _UNANSWERED) else AwsError
        why = "; ".join(filter(None, (first_line, ended_cloud.hint(os.environ))))
        raise kind(f"{action} failed: {why}") from None


def _kind(error: ClientError) -> type[AwsError]:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    throttled = error.response.get("Error", {}).get("Code") in _THROTTLED
    return PassingError if throttled or status >= HTTPStatus.INTERNAL_SERVER_ERROR else AwsError


def refuse_plain_text(client: Any) -> None:  # noqa: ANN401 - any service's
    """Make sure that nobody can listen to what goes to a client's endpoint.

    Raises:
        AwsError: the endpoint is on another machine and has no TLS.
    """
    address = urlsplit(client.meta.endpoint_url)
    if address.scheme != "https" and not _is_this_machine(address.hostname or ""):
        raise AwsError(
            f"the endpoint {client.meta.endpoint_url} has no TLS, and a password would travel; use one with https"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
