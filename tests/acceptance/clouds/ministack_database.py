"""The database behind MiniStack's RDS instance: embedded, over TLS, with IAM tokens of the functions' roles."""

import hashlib
import json
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

import trustme
from botocore.credentials import Credentials

from sidestep.aws.administrator import Administrator
from sidestep.config.databases import SAMPLE_SCHEMA
from sidestep.local.database import EmbeddedDatabase
from sidestep.local.iam_authentication import Holder, TokenVerifier

HOST: Final = "localhost"
"""The endpoint of the RDS instance, in the function's environment and in its tokens."""

ClientFactory = Callable[[str], Any]


@dataclass(frozen=True)
class AdministratorSecret:
    """The secret that RDS would create: its ARN and its content."""

    arn: str
    administrator: Administrator

    @classmethod
    def create(cls, client: ClientFactory) -> Self:
        """Create the secret."""
        administrator = Administrator("admin", secrets.token_urlsafe())
        content = {"username": administrator.user, "password": administrator.password}
        secret = client("secretsmanager").create_secret(Name="rds!acceptance", SecretString=json.dumps(content))
        return cls(secret["ARN"], administrator)


def running_database(
    authority: trustme.CA, administrator: Administrator, client: ClientFactory, account: str, region: str
) -> EmbeddedDatabase:
    """Return a database; it listens during a `with` block. `client` returns clients of MiniStack."""
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(certificate)
    holders = FunctionRoles(client, account, region)
    return EmbeddedDatabase(
        administrator=administrator,
        schema=SAMPLE_SCHEMA,
        certificate=certificate,
        verifier_for=lambda port: TokenVerifier(HOST, port, region, holders.find),
    )


@dataclass(frozen=True)
class FunctionRoles:
    """The credentials of the functions' roles, and what MiniStack's IAM allows them."""

    client: ClientFactory
    account: str
    region: str

    def find(self, access_key: str) -> Holder | None:
        """Return the holder of an access key of a function."""
        for function in self.client("lambda").list_functions()["Functions"]:
            credentials = _credentials(function["FunctionArn"], function["Role"])
            if credentials.access_key == access_key:
                return Holder(credentials, partial(self._may_connect, function["Role"]))
        return None

    def _may_connect(self, role: str, user: str) -> bool:
        (instance,) = self.client("rds").describe_db_instances()["DBInstances"]
        resource = f"arn:aws:rds-db:{self.region}:{self.account}:dbuser:{instance['DbiResourceId']}/{user}"
        answer = self.client("iam").simulate_principal_policy(
            PolicySourceArn=role, ActionNames=["rds-db:connect"], ResourceArns=[resource]
        )
        return [one["EvalDecision"] for one in answer["EvaluationResults"]] == ["allowed"]


def _credentials(function: str, role: str) -> Credentials:
    """Return the credentials that MiniStack gives to a function, from the ARNs of the function and of its role.

    Source: execution_credentials in ministack/core/lambda_runtime.py of version 1.5.33. No request returns them, and
    RDS knows the secret of each access key.
    """
    digest = hashlib.sha256(f"{function}:{role}".encode()).hexdigest()
    secret, token = (hashlib.sha256(f"{part}:{digest}".encode()).hexdigest() for part in ("secret", "token"))
    return Credentials(f"ASIA{digest[:16].upper()}", secret, token)
