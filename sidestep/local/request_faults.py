"""Requests that go wrong on purpose: a service refuses them, or does as asked and its answer is lost."""

import json
import threading
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An error as a service answers it: HTTP status, code, the shape's name in the service's model, and why."""

    status: int
    code: str
    shape: str
    message: str


THROTTLED: Final = ServiceError(400, "Throttling", "Throttling", "Rate exceeded")
"""Source: CloudWatch API reference, "Common errors"."""

INTERNAL_ERROR: Final = ServiceError(
    500, "InternalServiceError", "InternalServiceFault", "An internal error occurred"
)
"""Source: CloudWatch API reference, PutMetricData."""


@dataclass(frozen=True, slots=True)
class _Fault:
    error: ServiceError
    carried_out: bool


class RequestFaults:
    """A WSGI application in front of the services; passes on what is not to go wrong.

    It knows requests by their header X-Amz-Target, which services with a JSON protocol have, CloudWatch among them.
    """

    def __init__(self, services: "WSGIApplication") -> None:
        """Stand in front of the services."""
        self._services = services
        self._faults: dict[str, deque[_Fault]] = {}
        self._lock = threading.Lock()

    def refuse(self, action: str, error: ServiceError, *, times: int = 1) -> None:
        """Answer the next requests for an action, such as PutMetricData, with an error."""
        self._plan(action, _Fault(error, carried_out=False), times)

    def lose_answer(self, action: str, error: ServiceError, *, times: int = 1) -> None:
        """Carry the next requests for an action out, and yet answer them with an error."""
        self._plan(action, _Fault(error, carried_out=True), times)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        fault = self._next(environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2])
        if fault is None:
            return self._services(environ, start_response)
        if fault.carried_out:
            Response.from_app(self._services, environ)
        else:
            Request(environ).get_data()  # a client is read to its end before it is answered
        return _error_response(fault.error)(environ, start_response)

    def _plan(self, action: str, fault: _Fault, times: int) -> None:
        with self._lock:
            self._faults.setdefault(action, deque()).extend([fault] * times)

    def _next(self, action: str) -> _Fault | None:
        with self._lock:
            planned = self._faults.get(action)
            return planned.popleft() if planned else None


def _error_response(error: ServiceError) -> Response:
    """Write an error as the AWS JSON protocol has it, with the code that older clients know as well."""
    response = Response(json.dumps({"__type": error.shape, "message": error.message}), status=error.status)
    response.headers["Content-Type"] = "application/x-amz-json-1.0"
    fault = "Sender" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
    response.headers["x-amzn-query-error"] = f"{error.code};{fault}"
    response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return response
