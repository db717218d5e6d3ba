"""The local cloud: moto behind one address on 127.0.0.1, with a runtime for functions and a database.

moto has one state per process, so a process can run one local cloud at a time. Import this module in an isolated
environment (sidestep.local).
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
from typing import TYPE_CHECKING, Any, Final, Self
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
from sidestep.local import isolated_environment, moto_patches
from sidestep.local.cloud_control import CloudControl
from sidestep.local.database import EmbeddedDatabase
from sidestep.local.iam_authentication import TokenVerifier
from sidestep.local.lambda_runtime import OWN_CLIENT, FunctionConfiguration, LambdaRuntime, RuntimeClient
from sidestep.local.roles import Roles

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from sidestep.local.gateways.gateway import Gateway

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-central-2"
"""A region in which AWS CLI 1 overrides AWS_ENDPOINT_URL for no service.

Source: awscli/customizations/overridesslcommonname.py of awscli 1.46.3. It overrides the endpoint of RDS, DocumentDB
and Neptune in us-east-1, and of SQS, EMR and Health in all older regions.
"""

DATABASE_HOST: Final = "localhost"
"""The database's endpoint: in its certificate, in the function's environment and in every token."""

_AUTHORITIES: Final = ("lambdas/engines/rds-roots.pem", "lambdas/engines/amazon-roots.pem")
"""The files of a bundle with the authorities that functions trust; the local cloud replaces their content."""

# moto's interpreter logs every failure, even a path that a Choice does not find. The history has all of them.
logging.getLogger("moto").addHandler(logging.NullHandler())

_INVOCATIONS: Final = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)/invocations")


class LocalCloud:
    """The parts of AWS that Sidestep needs. Use it as a context manager: it runs from entry to exit.

    Attributes:
        database: the database behind every RDS instance that a stack creates.
        functions: the runtime of all Lambda functions.
        authority: the authority that functions trust, instead of AWS's authorities.
        roles: the roles that may connect to each database.
        hosts: the local ports of the databases, by endpoint.
    """

    database: EmbeddedDatabase
    functions: LambdaRuntime
    authority: trustme.CA

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        port: int = 0,
        runtime_client: RuntimeClient = OWN_CLIENT,
        keep_warm: bool = True,
        event_scheduler: bool = True,
        middleware: "Callable[[WSGIApplication], WSGIApplication]" = lambda services: services,
        database_class: type[EmbeddedDatabase] = EmbeddedDatabase,
    ) -> None:
        """Prepare a cloud.

        Args:
            clock: returns the time of its database, in UTC.
            port: where it listens on 127.0.0.1; 0 for a free port.
            runtime_client: the program in its functions' processes.
            keep_warm: whether a function's process is kept for its next event; see LambdaRuntime.
            event_scheduler: whether the database runs its events, which create the sample's sessions.
            middleware: wraps the WSGI application of moto's services.
            database_class: the class of its database.
        """
        self._clock = clock
        self._port = port
        self._runtime_client = runtime_client
        self._keep_warm = keep_warm
        self._event_scheduler = event_scheduler
        self._middleware = middleware
        self._database_class = database_class
        self._administrator = Administrator("admin", secrets.token_urlsafe())
        self.roles: Final = Roles(ACCOUNT, REGION)
        self.hosts: Final[dict[str, int]] = {}
        self._running = ExitStack()

    @property
    def endpoint_url(self) -> str:
        """The endpoint of all services. It has a host name: the CDK's command line does not accept an IP address."""
        return f"http://localhost:{self._port}"

    def __enter__(self) -> Self:
        """Start all parts."""
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
                is_deployed=lambda function: find_function(function.arn) == function,
                keep_warm=self._keep_warm,
                hosts=self.hosts,
                deliver_log=moto_patches.function_logs.deliver,
            )
            starting.callback(self.functions.close)
            starting.callback(reset_model_data)
            starting.callback(BackendDict.reset)
            starting.callback(self._serve())
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all parts and discard their state."""
        self._running.close()

    def client(self, service: str) -> Any:  # noqa: ANN401 - the caller knows the type of the client
        """Return a boto3 client for a service of this cloud."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.endpoint_url,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - it is not checked
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def certificate_for(self, *hosts: str) -> ssl.SSLContext:
        """Return a TLS context for a server, with a certificate that functions trust."""
        certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert(*hosts).configure_cert(certificate)
        return certificate

    def run_database(
        self, database: "AbstractContextManager[EmbeddedDatabase | Gateway[Any]]", hosts: Iterable[str]
    ) -> None:
        """Run a database until the cloud ends; functions can resolve its endpoints `hosts`."""
        port = self._running.enter_context(database).port
        self.hosts.update(dict.fromkeys(hosts, port))

    def _make_database(self) -> EmbeddedDatabase:
        return self._database_class(
            administrator=self._administrator,
            schema=SAMPLE_SCHEMA,
            certificate=self.certificate_for(DATABASE_HOST),
            # The function signs tokens with the real time, whatever `clock` returns.
            verifier_for=lambda port: TokenVerifier(DATABASE_HOST, port, REGION, self.roles.holder_of),
            clock=self._clock,
            event_scheduler=self._event_scheduler,
        )

    def _serve(self) -> Callable[[], None]:
        """Start the HTTP server; return a function that stops it."""
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        services = self._middleware(DomainDispatcherApplication(create_backend_app))
        application = _Invocations(CloudControl(services, lambda: self.client("rds")), self.functions)
        server = make_server(
            "127.0.0.1", self._port, application, threaded=True, request_handler=_QuietRequestHandler
        )
        self._port = server.server_port
        os.environ["MOTO_PORT"] = str(self._port)  # moto's interpreter sends its requests there
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            thread.join()
            server.server_close()

        return stop


class _Invocations:
    """Runs functions for Lambda's Invoke, for which moto needs Docker; passes all other requests on to moto."""

    def __init__(self, moto: "WSGIApplication", functions: LambdaRuntime) -> None:
        self._moto = moto
        self._functions = functions

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        match = _INVOCATIONS.fullmatch(unquote(request.path))
        function = find_function(match["name"]) if match else None
        if function is None:
            return self._moto(environ, start_response)
        result = self._functions.invoke(function, request.get_data() or b"{}")
        response = Response(result.payload, mimetype="application/json")
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        if result.failed:
            response.headers["X-Amz-Function-Error"] = "Unhandled"
        return response(environ, start_response)


class _QuietRequestHandler(MotoRequestHandler):
    def log(self, *_: object) -> None:
        """Do not print requests."""


def find_function(name: str) -> FunctionConfiguration | None:
    """Return a deployed function, by its name or ARN; None if there is none."""
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
        # CloudFormation turns numbers, such as a port, into text; moto does not.
        variables={name: str(value) for name, value in function.environment_vars.items()},
        log_group=moto_patches.function_logs.log_group_of(function),
    )
