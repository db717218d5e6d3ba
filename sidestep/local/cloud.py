"""The local cloud: moto behind one address on 127.0.0.1 that also runs functions, and a database for them to ask.

moto keeps its state per process, so a process can have one local cloud at a time. Import this module in an isolated
environment (sidestep.local.isolation).
"""

import logging
import os
import re
import secrets
import ssl
import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, Self
from urllib.parse import unquote

import boto3
import trustme
from botocore.config import Config
from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sidestep.aws.administrator import Administrator
from sidestep.config.databases import SAMPLE_SCHEMA
from sidestep.local import moto_patches, sdk_errors
from sidestep.local.cloud_control import CloudControl
from sidestep.local.database import EmbeddedDatabase
from sidestep.local.iam_authentication import TokenVerifier
from sidestep.local.isolation import isolated_environment
from sidestep.local.lambda_runtime import OWN_CLIENT, FunctionConfiguration, LambdaRuntime, RuntimeClient
from sidestep.local.request_faults import RequestFaults
from sidestep.local.roles import Roles

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-central-2"
"""A region in which AWS CLI 1 overrides AWS_ENDPOINT_URL for no service.

Source: awscli/customizations/overridesslcommonname.py of awscli 1.46.3. It overrides the endpoint of RDS, DocumentDB
and Neptune in us-east-1, and of SQS, EMR and Health in all older regions.
"""

DATABASE_HOST: Final = "localhost"
"""The database's endpoint: in its certificate, in the function's environment and in every token."""

_AUTHORITIES: Final = ("lambdas/engines/rds-roots.pem", "lambdas/engines/amazon-roots.pem")
"""In a bundle, whom functions trust: here, one authority in the place of AWS's."""

# moto's interpreter reports everything that fails, even a path that a Choice looks for in vain. It is all in the
# execution's history, where it belongs.
logging.getLogger("moto").addHandler(logging.NullHandler())

_INVOCATIONS: Final = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)/invocations")


class Listening(Protocol):
    """A stand-in for a database.

    Attributes:
        port: its port on 127.0.0.1.
    """

    @property
    def port(self) -> int: ...  # noqa: D102 - above


class LocalCloud:
    """AWS as far as Sidestep needs it. Use it as a context manager: it runs from entry to exit.

    Attributes:
        database: what plays every RDS instance that a stack creates.
        functions: what runs every Lambda function.
        requests: what makes a service refuse a request, or lose its answer.
        authority: the authority that functions trust, instead of AWS's authorities.
        roles: the roles that may connect to each database.
        hosts: the local ports of the databases, by endpoint.
    """

    database: EmbeddedDatabase
    functions: LambdaRuntime
    requests: RequestFaults
    authority: trustme.CA

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        port: int = 0,
        runtime_client: RuntimeClient = OWN_CLIENT,
        keep_warm: bool = True,
        event_scheduler: bool = True,
    ) -> None:
        """Prepare a cloud.

        Args:
            clock: where its database takes the time from, in UTC.
            port: where it listens on 127.0.0.1; 0 for a free one.
            runtime_client: what runs in its functions' processes.
            keep_warm: whether a function's process is kept for its next event; see LambdaRuntime.
            event_scheduler: whether the database runs its events, which play the sample's customers.
        """
        self._clock = clock
        self._runtime_client = runtime_client
        self._keep_warm = keep_warm
        self._administrator = Administrator("admin", secrets.token_urlsafe())
        self._event_scheduler = event_scheduler
        self.roles: Final = Roles(ACCOUNT, REGION)
        self.hosts: Final[dict[str, int]] = {}
        self._running = ExitStack()
        self._port = port

    @property
    def endpoint_url(self) -> str:
        """Where all services are. By name, since the CDK's command line understands no address of numbers."""
        return f"http://localhost:{self._port}"

    def __enter__(self) -> Self:
        """Start everything."""
        with ExitStack() as starting:
            starting.enter_context(isolated_environment())
            self.authority = trustme.CA()
            self.database = starting.enter_context(self._make_database())
            moto_patches.databases.DatabaseInstance.listens_at = (DATABASE_HOST, self.database.port)
            moto_patches.databases.DatabaseInstance.administrator = self._administrator
            self.functions = LambdaRuntime(
                self.roles.issue_credentials,
                dict.fromkeys(_AUTHORITIES, self.authority.cert_pem.bytes()),
                self._runtime_client,
                is_deployed=lambda function: _find_function(function.arn) == function,
                keep_warm=self._keep_warm,
                hosts=self.hosts,
            )
            starting.callback(self.functions.close)
            starting.callback(_forget_everything)
            starting.callback(self._serve())
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything; nothing of it is kept."""
        self._running.close()

    def client(self, service: str) -> Any:  # noqa: ANN401 - the caller knows which client it asks for
        """Return a boto3 client for a service of this cloud."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.endpoint_url,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - nobody checks it
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def certificate_for(self, *hosts: str) -> ssl.SSLContext:
        """Return a TLS context for a server, with a certificate that functions trust."""
        certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert(*hosts).configure_cert(certificate)
        return certificate

    def run_database(self, database: AbstractContextManager[Listening], hosts: Iterable[str]) -> None:
        """Run a stand-in for a database until the cloud ends; functions can resolve its endpoints `hosts`."""
        port = self._running.enter_context(database).port
        self.hosts.update(dict.fromkeys(hosts, port))

    def _make_database(self) -> EmbeddedDatabase:
        return EmbeddedDatabase(
            administrator=self._administrator,
            schema=SAMPLE_SCHEMA,
            certificate=self.certificate_for(DATABASE_HOST),
            # Tokens are signed by the function's own clock, which is the real one.
            verifier_for=lambda port: TokenVerifier(DATABASE_HOST, port, REGION, self.roles.holder_of),
            clock=self._clock,
            event_scheduler=self._event_scheduler,
        )

    def _serve(self) -> Callable[[], None]:
        """Start the HTTP server; return what stops it."""
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        sdk_errors.correct_names()
        self.requests = RequestFaults(DomainDispatcherApplication(create_backend_app))
        databases = CloudControl(self.requests, lambda: self.client("rds"))
        application = _Invocations(databases, self.functions)
        server = make_server(
            "127.0.0.1", self._port, application, threaded=True, request_handler=_QuietRequestHandler
        )
        self._port = server.server_port
        os.environ["MOTO_PORT"] = str(self._port)  # where moto's interpreter sends what a state machine does
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            thread.join()
            server.server_close()

        return stop


class _Invocations:
    """Runs functions for whoever calls Lambda's Invoke, where moto would want Docker; passes all else on to moto."""

    def __init__(self, moto: "WSGIApplication", functions: LambdaRuntime) -> None:
        self._moto = moto
        self._functions = functions

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        match = _INVOCATIONS.fullmatch(unquote(request.path))
        function = _find_function(match["name"]) if match else None
        if function is None:
            return self._moto(environ, start_response)
        answer = self._functions.invoke(function, request.get_data() or b"{}")
        response = Response(answer.payload, mimetype="application/json")
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        if answer.failed:
            response.headers["X-Amz-Function-Error"] = "Unhandled"
        return response(environ, start_response)


class _QuietRequestHandler(MotoRequestHandler):
    def log(self, *_: object) -> None:
        """Keep requests off the screen."""


def _find_function(name: str) -> FunctionConfiguration | None:
    try:
        function = lambda_backends[ACCOUNT][REGION].get_function(name)
    except UnknownFunctionException:
        return None
    return FunctionConfiguration(
        arn=function.function_arn,
        code=function.code_bytes,
        handler=str(function.handler),
        timeout=int(function.timeout),
        memory=int(function.memory_size),
        region=REGION,
        role=function.role,
        # CloudFormation turns numbers, such as a port, into text; moto leaves them as they are.
        variables={name: str(value) for name, value in function.environment_vars.items()},
    )


def _forget_everything() -> None:
    BackendDict.reset()
    reset_model_data()
