"""The message for a shell that is still configured for a local cloud after that cloud has ended."""

import socket
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

ENDPOINT: Final = "AWS_ENDPOINT_URL"


def hint(environment: Mapping[str, str]) -> str:
    """Return a message if the shell's endpoint is a closed port of this machine; else an empty string."""
    endpoint = environment.get(ENDPOINT, "")
    if not endpoint.startswith("http://localhost:") or _listens(endpoint):
        return ""
    return (
        f"{ENDPOINT} of this shell is {endpoint}, but nothing listens there: the local cloud has ended. Open a new "
        "shell for AWS, or run `make local` and paste the lines that it prints"
    )


def _listens(endpoint: str) -> bool:
    try:
        socket.create_connection(("localhost", urlsplit(endpoint).port or 80), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True
