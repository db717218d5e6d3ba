"""The Lambda runtime API: hands events to a function's process and takes its answers. On 127.0.0.1.

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
class Answer:
    """What an invocation gave, as JSON: the function's result, or the description of its error."""

    payload: bytes
    failed: bool

    @classmethod
    def error(cls, kind: str, message: str) -> "Answer":
        """Describe an error that the function itself could not tell."""
        return cls(json.dumps({"errorType": kind, "errorMessage": message}).encode(), failed=True)


class RuntimeApi:
    """What one process talks to, one event at a time. Close it when the process has ended.

    Attributes:
        function_arn: of the function that runs in the process.
        timeout: the seconds that it may take per event.
        start_error: why the function did not load, once it has said so.
    """

    def __init__(self, function_arn: str, timeout: int) -> None:
        """Start listening."""
        self.function_arn: Final = function_arn
        self.timeout: Final = timeout
        self.start_error: Answer | None = None
        self._events: SimpleQueue[bytes | None] = SimpleQueue()
        self._progress: SimpleQueue[Answer | None] = SimpleQueue()
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port, as the environment variable AWS_LAMBDA_RUNTIME_API has them."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def invoke(self, event: bytes) -> Answer:
        """Hand out an event and return its answer.

        Raises:
            TimeoutError: the function did not load, or did not answer, in time.
        """
        self._events.put(event)
        try:
            answer = self._progress.get(timeout=START_TIMEOUT)
            if answer is None:  # handed out; now the function's own time runs
                answer = self._progress.get(timeout=self.timeout)
        except Empty:
            raise TimeoutError from None
        assert answer is not None  # noqa: S101 - handed out once only
        return answer

    def next_event(self) -> bytes | None:
        """Wait for an event and note that it is handed out; None if there will be no more."""
        event = self._events.get()
        if event is not None:
            self._progress.put(None)
        return event

    def answer(self, answer: Answer) -> None:
        """Take the answer to the event that was handed out last, or why there will be none."""
        self._progress.put(answer)

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
        """Answer /invocation/next as soon as there is an event."""
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
        """Take /invocation/ID/response, /invocation/ID/error or /init/error."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = Answer(body, failed=self.path.endswith("/error"))
        if self.path.endswith("/init/error"):
            self.server.api.start_error = answer
        else:
            self.server.api.answer(answer)
        self.send_response(HTTPStatus.ACCEPTED)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep requests off the screen."""
