"""Faults of requests: the service refuses a request, or carries it out and its response is lost."""

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
    """The error of a service: HTTP status, code, the name of its shape in the service model, and message."""

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
    """The faults of the next requests, by action.

    It recognizes actions by the header X-Amz-Target, which services with a JSON protocol have, such as CloudWatch.
    """

    def __init__(self) -> None:
        self._faults: dict[str, deque[_Fault]] = {}
        self._lock = threading.Lock()

    def refuse(self, action: str, error: ServiceError, *, times: int = 1) -> None:
        """Respond to the next requests of an action, such as PutMetricData, with an error."""
        self._plan(action, _Fault(error, carried_out=False), times)

    def lose_answer(self, action: str, error: ServiceError, *, times: int = 1) -> None:
        """Carry out the next requests of an action, but respond with an error."""
        self._plan(action, _Fault(error, carried_out=True), times)

    def wrap(self, services: "WSGIApplication") -> "WSGIApplication":
        """Return a WSGI application that injects the faults in front of the services."""

        def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            fault = self._next(environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2])
            if fault is None:
                return services(environ, start_response)
            if fault.carried_out:
                Response.from_app(services, environ)
            else:
                Request(environ).get_data()  # a client sends its whole request before it reads the response
            return _error_response(fault.error)(environ, start_response)

        return respond

    def _plan(self, action: str, fault: _Fault, times: int) -> None:
        with self._lock:
            self._faults.setdefault(action, deque()).extend([fault] * times)

    def _next(self, action: str) -> _Fault | None:
        with self._lock:
            planned = self._faults.get(action)
            return planned.popleft() if planned else None


def _error_response(error: ServiceError) -> Response:
    """Return an error in the AWS JSON protocol, with the code that older clients read as well."""
    response = Response(json.dumps({"__type": error.shape, "message": error.message}), status=error.status)
    response.headers["Content-Type"] = "application/x-amz-json-1.0"
    fault = "Sender" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
    response.headers["x-amzn-query-error"] = f"{error.code};{fault}"
    response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return response
