"""The built bundle logs in with an IAM token: a real PostgreSQL requests it, and a verifier checks it.

The embedded database's tests do the same for MySQL (local/test_database.py).
"""

import io
import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from botocore.credentials import Credentials

from sidestep import paths
from sidestep.bundle.build import bundle_query_database
from sidestep.config.engines import POSTGRES
from sidestep.config.loader import load_settings
from sidestep.local.iam_authentication import Holder, TokenRefused, TokenVerifier
from sidestep.local.lambda_runtime import FunctionConfiguration, LambdaRuntime
from tests.database.ldap_directory import running_directory
from tests.database.postgres import Postgres, running_postgres

REGION = "eu-west-1"

METRICS = """
namespace = "Shop"
schedule = "rate(5 minutes)"

[database.shop]
endpoint = "localhost.localdomain"
database = "company"
schema = "shop"
vpc_id = "vpc-0a1b2c3d"
resource_id = "db-ABCDEFGHIJKL"
subnets = ["subnet-000000a1"]
security_group = "sg-0000000d"

[[query]]
name = "orders"
sql = "SELECT region AS Region, COUNT(*) AS Orders FROM orders WHERE due < :scheduled_time GROUP BY region"
dimensions = ["Region"]
metrics.Orders = {}
"""


@dataclass
class Guard:
    """Accepts any user with a token of the role.

    Attributes:
        role: the credentials that tokens have to be signed with.
        allowed: the users that a policy of the role's names.
        refusals: why anybody was sent away.
    """

    role: Credentials
    allowed: tuple[str, ...] = ("sidestep",)
    refusals: list[str] = field(default_factory=list)
    port: int = 0

    def lets_in(self, user: str, token: str) -> bool:
        holder = Holder(self.role, may_connect_as=self.allowed.__contains__)
        verifier = TokenVerifier("localhost", self.port, REGION, {self.role.access_key: holder}.get)
        try:
            verifier.verify(token, user)
        except TokenRefused as error:
            self.refusals.append(str(error))
            return False
        return True


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard(Credentials("ASIA", secrets.token_hex(), secrets.token_hex(500)))


@pytest.fixture(scope="module")
def guarded(authority: trustme.CA, guard: Guard) -> Iterator[Postgres]:
    """A PostgreSQL that authenticates with the guard, over TLS only."""
    with running_directory(guard.lets_in) as directory:
        log_in = (
            f'local all all trust\nhostssl all all all ldap ldapserver=127.0.0.1 ldapport={directory} ldapprefix=""\n'
        )
        with running_postgres(authority.issue_cert("localhost"), log_in) as server:
            guard.port = server.port
            server.execute_in("postgres", f"CREATE DATABASE {server.database}")
            server.execute("CREATE USER sidestep")
            server.execute("CREATE SCHEMA shop AUTHORIZATION sidestep")
            server.execute("CREATE TABLE shop.orders AS SELECT 'north' AS region, DATE '2026-01-31' AS due")
            server.execute("GRANT SELECT ON shop.orders TO sidestep")
            yield server


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bundle as Lambda gets it."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "metrics.toml").write_text(METRICS)
    settings = load_settings(folder / "metrics.toml")
    bundle = bundle_query_database(
        engine=POSTGRES, queries=settings.queries, schedules=settings.schedules, build=paths.ROOT / paths.BUILD
    )
    return Path(shutil.make_archive(str(folder / "code"), "zip", bundle)).read_bytes()


@pytest.fixture
def invoke(guarded: Postgres, guard: Guard, code: bytes, certificates: Path) -> Iterator[Any]:
    """Return a function that runs the Lambda function in a separate process with only its bundle and environment."""
    runtime = LambdaRuntime(
        issue_credentials=lambda _: {
            "AWS_ACCESS_KEY_ID": guard.role.access_key,
            "AWS_SECRET_ACCESS_KEY": guard.role.secret_key,
            "AWS_SESSION_TOKEN": str(guard.role.token),
        },
        files={"lambdas/engines/rds-roots.pem": certificates.read_bytes()},
        is_deployed=lambda _: True,
    )

    def invoke(**variables: str) -> Any:  # noqa: ANN401
        function = FunctionConfiguration(
            arn=f"arn:aws:lambda:{REGION}:123456789012:function:query",
            code=code,
            handler="lambdas.query_database.handler.handler",
            timeout=20,
            memory=128,
            region=REGION,
            role="arn:aws:iam::123456789012:role/query",
            variables={
                "DATABASE_ENGINE": "postgres",
                "DATABASE_HOST": "localhost",
                "DATABASE_PORT": str(guarded.port),
                "DATABASE_USER": "sidestep",
                "DATABASE_NAME": guarded.database,
                "DATABASE_SCHEMA": "shop",
                "DATABASE_CERTIFICATES": "rds-roots.pem",
                **variables,
            },
        )
        return json.load(io.BytesIO(runtime.invoke(function, b"{}").payload))

    yield invoke
    runtime.close()


def test_the_bundle_logs_in_with_its_token(invoke: Any, guard: Guard) -> None:  # noqa: ANN401
    # When
    page = invoke()

    # Then
    assert guard.refusals == []
    assert [(datum["MetricName"], datum["Value"]) for datum in page["MetricData"]] == [("Orders", 1)]
    assert page["Failures"] == []


def test_a_role_without_the_policy_is_refused(
    invoke: Any,  # noqa: ANN401
    guard: Guard,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    monkeypatch.setattr(guard, "allowed", ())

    # When
    error = invoke()

    # Then
    assert guard.refusals.pop() == "no policy of the token's role allows rds-db:connect as sidestep"
    assert error["errorType"] == "DatabaseUnavailable"
    assert error["errorMessage"].startswith(f"cannot connect to localhost:{guard.port} as sidestep: 28")
    assert "X-Amz" not in json.dumps(error)


def test_a_server_with_another_certificate_gets_no_token(invoke: Any, guard: Guard) -> None:  # noqa: ANN401
    # When the roots are those of RDS Proxy
    error = invoke(DATABASE_CERTIFICATES="amazon-roots.pem")

    # Then no token was sent
    assert "CERTIFICATE_VERIFY_FAILED" in error["errorMessage"]
    assert guard.refusals == []
