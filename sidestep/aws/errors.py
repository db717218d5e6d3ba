"""The errors of calls to AWS, and the message for a shell whose local cloud has ended. Does not import boto3."""

import socket
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

ENDPOINT: Final = "AWS_ENDPOINT_URL"


class AwsError(Exception):
    """A call to AWS failed; the message has the action, the reason and the remedy."""


class TransientError(AwsError):
    """AWS did not respond, had an internal error, or throttled the call; a retry may succeed."""


def ended_cloud_hint(environment: Mapping[str, str]) -> str:
    """Return a message if the shell's endpoint is a closed port of this machine; else an empty string."""
    endpoint = environment.get(ENDPOINT, "")
    if not endpoint.startswith("http://localhost:") or _listens(endpoint):
        return ""
    return (
        f"{ENDPOINT} of this shell is {endpoint}, but nothing listens there: the local cloud has ended. Open a new "
        "shell for AWS, or run `sidestep local` and paste the lines that it prints"
    )


def _listens(endpoint: str) -> bool:
    try:
        socket.create_connection(("localhost", urlsplit(endpoint).port or 80), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True
