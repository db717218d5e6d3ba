"""Runs a Python function like Lambda: gets events from the runtime API, one after the other.

A script in the function's own process that uses the standard library only. Source: Lambda developer guide,
"Using the Lambda runtime API for custom runtimes".
"""

import importlib
import json
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any

Handler = Callable[[object, "Context"], object]

_API = "/2018-06-01/runtime"

_HERE = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Context:
    """The context argument of a handler; `deadline` is in milliseconds since the epoch."""

    aws_request_id: str
    invoked_function_arn: str
    deadline: int

    def get_remaining_time_in_millis(self) -> int:
        """Return the remaining time of the function."""
        return max(0, self.deadline - int(time.time() * 1000))


def main() -> None:
    """Load the handler, then handle events until the process is killed."""
    # Like Lambda's runtime: the bundle comes before the runtime's libraries.
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], os.environ["LAMBDA_RUNTIME_DIR"]]
    resolve_names(json.loads((Path(os.environ["LAMBDA_RUNTIME_DIR"]) / "hosts.json").read_text(encoding="utf-8")))
    try:
        handler = _load(os.environ["_HANDLER"])
    except Exception as error:
        _call("POST", "/init/error", _described(error))
        sys.exit(1)
    while True:
        _serve_one(handler)


def resolve_names(ports: dict[str, int]) -> None:
    """Resolve the endpoints of the local cloud's databases and the names of this machine, but no other host.

    Args:
        ports: the local port of each endpoint, which replaces the port in the request.
    """
    resolve = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as in the standard library
        if host in _HERE:
            return resolve(host, port, *args, **options)
        if host not in ports:
            raise socket.gaierror(socket.EAI_NONAME, f"the local cloud has no host {host}")
        return resolve("127.0.0.1", ports[host], *args, **options)

    socket.getaddrinfo = look_up


def _load(name: str) -> Handler:
    module, _, function = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), function)
    return handler


def _serve_one(handler: Handler) -> None:
    headers, event = _call("GET", "/invocation/next")
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    context = Context(
        aws_request_id=request_id,
        invoked_function_arn=headers["Lambda-Runtime-Invoked-Function-Arn"],
        deadline=int(headers["Lambda-Runtime-Deadline-Ms"]),
    )
    try:
        answer = json.dumps(handler(json.loads(event), context), ensure_ascii=False).encode()
    except Exception as error:
        traceback.print_exc()
        _call("POST", f"/invocation/{request_id}/error", _described(error))
    else:
        _call("POST", f"/invocation/{request_id}/response", answer)


def _described(error: Exception) -> bytes:
    description = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }
    return json.dumps(description).encode()


def _call(method: str, path: str, body: bytes | None = None) -> tuple[HTTPMessage, bytes]:
    # No timeout: Lambda can freeze an environment between two events for any time.
    connection = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        connection.request(method, _API + path, body)
        response = connection.getresponse()
        return response.headers, response.read()
    finally:
        connection.close()


if __name__ == "__main__":
    main()
