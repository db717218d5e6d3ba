"""Calls to AWS with the credentials of the shell, and error messages for calls that fail."""

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

from sidestep.aws.errors import AwsError, TransientError, ended_cloud_hint

Clients: TypeAlias = Callable[[str], Any]
"""Returns the boto3 client of a service."""

_DENIED: Final = ("AccessDenied", "AccessDeniedException")

_THROTTLED: Final = ("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException")
"""Source: the error codes for throttling of botocore's standard retry mode, as far as they occur here."""

_NO_RESPONSE: Final = (exceptions.HTTPClientError, exceptions.ConnectionError)
"""botocore's errors for a request or a response that is lost."""


def operators_clients(region: str | None, *, read_timeout: int, attempts: int = 2) -> Clients:
    """Return clients with the credentials of the shell.

    Args:
        region: the region of the requests; the shell's region if None.
        read_timeout: seconds to wait for a response.
        attempts: how many times to send a request that is throttled or gets no response.
    """

    @cache
    def client(service: str) -> Any:  # noqa: ANN401 - the caller knows the type of the client
        config = Config(read_timeout=read_timeout, retries={"mode": "standard", "total_max_attempts": attempts})
        # Unlike AWS's other tools, boto3 does not read AWS_REGION.
        where = region or os.environ.get("AWS_REGION")
        return boto3.Session().client(service, region_name=where, config=config)  # type: ignore[call-overload]

    return client


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Explain the errors of one call; `action` is its name in policies.

    Raises:
        TransientError: the call failed, and a retry may succeed.
        AwsError: the call failed.
    """
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        what = f"AWS says: {details.get('Message') or details.get('Code')}"
        if details.get("Code") in _DENIED:
            raise AwsError(f"your credentials do not allow {action}; add it to your policy. {what}") from None
        raise _kind(error)(f"{action} failed. {what}") from None
    except NoCredentialsError:
        raise AwsError("the shell has no AWS credentials; sign in, or set AWS_PROFILE") from None
    except NoRegionError:
        raise AwsError("the shell has no AWS region; set AWS_REGION") from None
    except (BotoCoreError, ResponseParserError, ValueError) as error:  # the last two: the endpoint is not AWS
        first_line, *_ = str(error).splitlines() or [type(error).__name__]
        kind = TransientError if isinstance(error, _NO_RESPONSE) else AwsError
        why = "; ".join(filter(None, (first_line, ended_cloud_hint(os.environ))))
        raise kind(f"{action} failed: {why}") from None


def _kind(error: ClientError) -> type[AwsError]:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    throttled = error.response.get("Error", {}).get("Code") in _THROTTLED
    return TransientError if throttled or status >= HTTPStatus.INTERNAL_SERVER_ERROR else AwsError


def refuse_plain_text(client: Any) -> None:  # noqa: ANN401 - a client of any service
    """Refuse to send a password over the network without TLS.

    Raises:
        AwsError: the client's endpoint is on another machine and has no TLS.
    """
    address = urlsplit(client.meta.endpoint_url)
    if address.scheme != "https" and not _is_this_machine(address.hostname or ""):
        raise AwsError(
            f"the endpoint {client.meta.endpoint_url} has no TLS, which would expose a password; use one with https"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
