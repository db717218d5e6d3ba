"""What to report in a shell that is still set for a local cloud once that cloud has ended."""

import socket
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

ENDPOINT: Final = "AWS_ENDPOINT_URL"


def hint(environment: Mapping[str, str]) -> str:
    """Return why AWS cannot answer, where the shell's endpoint is a port of this machine and closed; else nothing."""
    endpoint = environment.get(ENDPOINT, "")
    if not endpoint.startswith("http://localhost:") or _listens(endpoint):
        return ""
    return (
        f"{ENDPOINT} of this shell is {endpoint}, and nothing answers there: the local cloud has ended. Open a new "
        "shell for AWS, or start `make local` and paste what it prints"
    )


def _listens(endpoint: str) -> bool:
    try:
        socket.create_connection(("localhost", urlsplit(endpoint).port or 80), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True
