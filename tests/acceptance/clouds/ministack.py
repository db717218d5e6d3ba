"""MiniStack, an emulator of other authors, with IAM enforced and over TLS, in its own environment and process.

It has neither an RDS server nor names for a function's errors, so the suite adds both: an embedded database behind
the RDS instance (ministack_database.py), and AWS's own runtime interface client (ministack_assembly.py).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

import boto3
import trustme
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sidestep import paths
from sidestep.local.lambda_runtime import RUNTIME_LIBRARIES, link_libraries
from tests.acceptance.clouds.cloud import CloudFacts, Feature
from tests.acceptance.clouds.ministack_assembly import RUNTIME_CLIENT, adapt
from tests.acceptance.clouds.ministack_database import HOST, AdministratorSecret, running_database
from tests.database.ports import free_port

PYTHON: Final = paths.ROOT / ".build" / "ministack" / "bin" / "python"
"""Of the environment into which the Makefile installs MiniStack, which pins another botocore than this project."""

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-central-1"

START_DEADLINE: Final = 60
"""Seconds; it takes about two."""


class MiniStack:
    """Runs MiniStack, and the database that its RDS lacks."""

    name: Final = "ministack"
    lacks: Final[Mapping[Feature, str]] = {
        Feature.SCHEDULED_TIME: "EventBridge Scheduler fires, but <aws.scheduler.scheduled-time> stays as it is; the "
        "execution fails with InvalidEvent",
        Feature.EXPRESS_LOGS: "the log has no failed execution",
        Feature.LOOKUPS: "Cloud Control does not find the instance that exists",
        Feature.DATABASE_METRICS: "the embedded database is not measured",
        Feature.ACCOUNT: "there is no account",
        Feature.SIMULATED_CONTEXT: "SimulateCustomPolicy ignores ContextEntries",
        Feature.REFUSED_REQUESTS: "TestState does not use the role, and any metric data succeed",
        Feature.NAMED_RETRIERS: "TestState always names the first retrier",
        Feature.METRIC_MATH_ALARMS: "CloudFormation refuses AWS::CloudWatch::Alarm with Metrics, so such alarms are "
        "taken out of the template",
    }
    remarks: Final[Sequence[str]] = (
        "Every request is over TLS. IAM is enforced on requests, such as those of the CDK's roles to its bucket, but "
        "not between Scheduler, Step Functions, Lambda and CloudWatch.",
        "CloudFormation does not know AWS::EC2::SecurityGroupIngress and -Egress: the rules are taken out of the "
        "template. There is no network to protect.",
        "RDS has no server: the function's endpoint is an embedded database, which verifies the token's signature "
        "with the credentials of the function's role, and its policy with iam:SimulatePrincipalPolicy.",
        "RDS makes no secret for the administrator: the suite creates one.",
        "MiniStack's own Python runtime names every error Runtime.HandlerError: the function is deployed as "
        "provided.al2023 with AWS's runtime interface client (awslambdaric) as its bootstrap.",
    )

    def __init__(self, folder: Path) -> None:
        """Prepare a cloud; its files are below `folder`."""
        self._folder = folder
        self._authority = trustme.CA()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start it."""
        assert sys.platform == "linux", "MiniStack needs AWS's runtime client, which is for Linux: use CLOUD=local"
        assert PYTHON.exists(), "MiniStack is not installed: run make .setup/ministack"
        with ExitStack() as starting:
            port = free_port()
            roots = self._folder / "authority.pem"
            self._authority.cert_pem.write_to_path(str(roots))
            self._facts = CloudFacts(region=REGION, environment=_shell(port, roots), versions=_versions())
            self._libraries = link_libraries((*RUNTIME_LIBRARIES, *RUNTIME_CLIENT), self._folder / "libraries")
            self._start(starting, port)
            self._secret = AdministratorSecret.create(self.client)
            database = starting.enter_context(
                running_database(self._authority, self._secret.administrator, self.client, ACCOUNT, REGION)
            )
            self._database_port = database.port
            self._stack = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End it; everything that it had is gone."""
        self._stack.close()

    @property
    def facts(self) -> CloudFacts:
        """Implement Cloud."""
        return self._facts

    def client(self, service: str) -> Any:  # noqa: ANN401 - the caller knows the type of the client
        """Implement Cloud."""
        variables = self._facts.environment
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            verify=variables["AWS_CA_BUNDLE"],
            config=Config(inject_host_prefix=False),  # of TestState, sync-, which no server of this machine has
        )

    def before_deployment(self, assembly: Path) -> None:
        """Implement Cloud: take out what MiniStack refuses, and put in what it lacks."""
        adapt(
            assembly,
            host=HOST,
            port=self._database_port,
            administrator_secret=self._secret.arn,
            authority=self._authority.cert_pem.bytes(),
            libraries=self._libraries,
        )

    def _start(self, starting: ExitStack, port: int) -> None:
        """Start the process, and wait until it answers."""
        # The CDK addresses its bucket by host name.
        certificate = self._authority.issue_cert("localhost", f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}.localhost")
        chain, key, log = (self._folder / name for name in ("chain.pem", "key.pem", "ministack.log"))
        chain.write_bytes(b"".join(one.bytes() for one in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(str(key))
        output = starting.enter_context(log.open("w"))
        process = subprocess.Popen(
            # As `ministack -d` does; `ministack` itself would also listen on port 443.
            [
                *(PYTHON, "-m", "hypercorn", "ministack.app:app", "--bind", f"127.0.0.1:{port}"),
                *("--certfile", chain, "--keyfile", key),
            ],
            cwd=self._folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self._folder),
                "TMPDIR": str(self._folder),
                "GATEWAY_PORT": str(port),
                "MINISTACK_ACCOUNT_ID": ACCOUNT,
                "MINISTACK_REGION": REGION,
                "AUTH": "true",
                "LAMBDA_EXECUTOR": "local",
                "S3_DATA_DIR": str(self._folder / "s3"),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        starting.callback(_end, process)
        deadline = time.monotonic() + START_DEADLINE
        while not self._answers():
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            self.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError):
            return False
        return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process, and those of the functions, which are in its group."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _shell(port: int, roots: Path) -> Mapping[str, str]:
    """Return the AWS variables of the user's shell. The account's id as access key is MiniStack's root user."""
    return {
        "AWS_ENDPOINT_URL": f"https://localhost:{port}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CA_BUNDLE": str(roots),
        "NODE_EXTRA_CA_CERTS": str(roots),
        "NO_PROXY": "localhost,.localhost,127.0.0.1",
        "no_proxy": "localhost,.localhost,127.0.0.1",
    }


def _versions() -> Mapping[str, str]:
    script = "from importlib.metadata import version; print(version('ministack'), version('botocore'))"
    done = subprocess.run([PYTHON, "-c", script], capture_output=True, text=True, check=True)
    return dict(zip(("ministack", "botocore of ministack"), done.stdout.split(), strict=True))
