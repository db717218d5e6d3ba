"""The Lambda runtime API on 127.0.0.1: passes events to a function's process, and receives the results.

Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
"""

import json
import threading
import time
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from typing import Final

START_TIMEOUT: Final = 10
"""Seconds for a function to load its handler (Lambda developer guide, "Init phase")."""


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """The result of an invocation, in JSON: the function's result, or a description of its error."""

    payload: bytes
    failed: bool

    @classmethod
    def error(cls, kind: str, message: str) -> "InvocationResult":
        """Describe an error that the function did not report itself."""
        return cls(json.dumps({"errorType": kind, "errorMessage": message}).encode(), failed=True)


class RuntimeApi:
    """The API for one process, which handles one event at a time. Close it after the process has ended.

    Attributes:
        function_arn: the ARN of the function in the process.
        timeout: the function's timeout in seconds.
        start_error: the reason that the function did not load, if it reported one.
    """

    def __init__(self, function_arn: str, timeout: int) -> None:
        """Start listening."""
        self.function_arn: Final = function_arn
        self.timeout: Final = timeout
        self.start_error: InvocationResult | None = None
        self._events: SimpleQueue[bytes | None] = SimpleQueue()
        self._progress: SimpleQueue[InvocationResult | None] = SimpleQueue()
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port, in the form of the environment variable AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def invoke(self, event: bytes) -> InvocationResult:
        """Pass an event to the process and return the result.

        Raises:
            TimeoutError: the function did not load, or did not return, in time.
        """
        self._events.put(event)
        try:
            result = self._progress.get(timeout=START_TIMEOUT)
            if result is None:  # the process has the event; the function's timeout starts
                result = self._progress.get(timeout=self.timeout)
        except Empty:
            raise TimeoutError from None
        assert result is not None  # noqa: S101 - an event is passed once
        return result

    def next_event(self) -> bytes | None:
        """Wait for an event and record that the process has it; None if there are no more events."""
        event = self._events.get()
        if event is not None:
            self._progress.put(None)
        return event

    def respond(self, result: InvocationResult) -> None:
        """Receive the result for the current event, or the reason that there is none."""
        self._progress.put(result)

    def close(self) -> None:
        """Stop listening."""
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__(("127.0.0.1", 0), _RequestHandler)
        self.api = api


class _RequestHandler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Respond to /invocation/next once there is an event."""
        api = self.server.api
        event = api.next_event()
        if event is None:
            self.close_connection = True
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + api.timeout) * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", api.function_arn)
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        """Receive /invocation/ID/response, /invocation/ID/error or /init/error."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        result = InvocationResult(body, failed=self.path.endswith("/error"))
        if self.path.endswith("/init/error"):
            self.server.api.start_error = result
        else:
            self.server.api.respond(result)
        self.send_response(HTTPStatus.ACCEPTED)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep requests off the screen."""
