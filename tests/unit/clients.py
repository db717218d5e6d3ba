"""Clients of AWS that are never to ask anybody."""

from typing import Any

import boto3


def client(service: str, endpoint_url: str | None = None) -> Any:  # noqa: ANN401 - the caller knows which one it is
    """Return a client whose answers are to be stubbed."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name="eu-central-1",
        endpoint_url=endpoint_url,
        aws_access_key_id="operator",
        aws_secret_access_key="operator",
    )
