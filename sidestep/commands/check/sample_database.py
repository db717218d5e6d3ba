"""The embedded database with the sample's user and tables, and some sessions in them."""

import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import trustme
from botocore.credentials import Credentials

from sidestep.aws import administrator
from sidestep.config.databases import SAMPLE_SCHEMA, SAMPLE_USER
from sidestep.config.engines import MYSQL
from sidestep.connection.certificate_authority import CertificateAuthority
from sidestep.connection.login import DatabaseConnection
from sidestep.lambdas.engines.server import Server
from sidestep.lambdas.prepare_database.event import Administrator
from sidestep.lambdas.prepare_database.preparation import Preparation
from sidestep.lambdas.prepare_database.prepare import prepare
from sidestep.lambdas.query_database.endpoint import Endpoint, iam_token
from sidestep.local.database import EmbeddedDatabase
from sidestep.local.iam_authentication import Holder, TokenVerifier
from sidestep.local.sample_sessions import SampleSessions

HOST: Final = "localhost"
REGION: Final = "us-east-1"


@contextmanager
def sample_database(folder: Path) -> Iterator[DatabaseConnection]:
    """Run the database for the length of a `with` block, and write the certificate of its authority to `folder`."""
    authority = trustme.CA()
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(certificate)
    roots = folder / "roots.pem"
    authority.cert_pem.write_to_path(str(roots))
    role = Credentials("local", secrets.token_urlsafe())
    holder = Holder(role, may_connect_as=lambda user: user == SAMPLE_USER)
    password = secrets.token_urlsafe()
    with EmbeddedDatabase(
        administrator=administrator.Administrator("admin", password),
        schema=SAMPLE_SCHEMA,
        certificate=certificate,
        verifier_for=lambda port: TokenVerifier(HOST, port, REGION, lambda _: holder),
        event_scheduler=False,  # the sessions below stay the same
    ) as database:
        server = Server(HOST, database.port, roots)
        preparation = Preparation(SAMPLE_USER, SAMPLE_SCHEMA, SAMPLE_SCHEMA, sample=True)
        prepare(MYSQL.name, server, Administrator("admin", password.encode()), preparation)
        SampleSessions(database, seed=1).advance(datetime.now(UTC))
        yield DatabaseConnection(
            Endpoint(MYSQL.name, HOST, database.port, SAMPLE_USER, SAMPLE_SCHEMA, SAMPLE_SCHEMA, REGION, roots),
            lambda endpoint: iam_token(endpoint, role),
            CertificateAuthority(roots, "an authority of its own"),
            "the embedded database with the sample's tables",
            has_plans=False,
        )
