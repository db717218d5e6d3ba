"""A real MariaDB server for the query function, over TLS with an authority of its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

import query_database.database
from query_database.database import Endpoint
from tests.database.mariadb import MariaDb, running_mariadb

PASSWORD = "stands in for a token"
"""MariaDB's PAM cuts IAM tokens short; the tokens themselves are verified by the embedded database's tests."""


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def server(authority: trustme.CA) -> Iterator[MariaDb]:
    with running_mariadb(authority.issue_cert("localhost")) as server:
        _prepare(server)
        yield server


@pytest.fixture(scope="session")
def server_without_tls() -> Iterator[MariaDb]:
    with running_mariadb(None) as server:
        _prepare(server)
        yield server


@pytest.fixture(scope="session")
def certificates(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "roots.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def endpoint(server: MariaDb, certificates: Path) -> Endpoint:
    return Endpoint("localhost", server.port, "sidestep", "shop", "eu-west-1", certificates)


@pytest.fixture
def endpoint_without_tls(endpoint: Endpoint, server_without_tls: MariaDb) -> Endpoint:
    return replace(endpoint, port=server_without_tls.port)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "unused")
    monkeypatch.setattr(query_database.database, "iam_token", lambda *_: PASSWORD)


def _prepare(server: MariaDb) -> None:
    """Create a schema, and a user who might do anything to it."""
    server.execute("CREATE DATABASE shop")
    server.execute("CREATE USER sidestep IDENTIFIED BY %s", [PASSWORD])
    server.execute("GRANT ALL ON shop.* TO sidestep")
    server.execute("CREATE TABLE shop.orders (id INT PRIMARY KEY, region TEXT, amount DECIMAL(10,2), due DATE)")
    server.execute(
        "INSERT INTO shop.orders VALUES (1, 'north', 10.50, '2026-01-31'), (2, 'south', 20.25, NULL),"
        " (3, 'north', NULL, '2026-01-01')"
    )
