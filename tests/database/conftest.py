"""Real servers for the functions, over TLS with an authority of their own: MariaDB and PostgreSQL.

A test that takes `server` or `endpoint` runs once on each. One that takes `mariadb` or `postgres` is about that one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from sidestep.lambdas.prepare_database.mysql import statements as of_mysql
from sidestep.lambdas.query_database.endpoint import Endpoint
from tests.database.grounds import (
    READER,
    Ground,
    MySqlGround,
    PostgresGround,
    mysql_ground_on,
    postgres_ground_on,
)
from tests.database.mariadb import MariaDb, running_mariadb
from tests.database.postgres import Postgres, running_postgres
from tests.database.server import DatabaseServer

PASSWORD = "stands in for a token"
"""MariaDB's PAM cuts IAM tokens short. The embedded database and test_tokens.py have real ones."""

ORDERS = (
    "CREATE TABLE shop.orders (id INT PRIMARY KEY, region TEXT, amount DECIMAL(10,2), due DATE)",
    "INSERT INTO shop.orders VALUES (1, 'north', 10.50, '2026-01-31'), (2, 'south', 20.25, NULL),"
    " (3, 'north', NULL, '2026-01-01')",
)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def mariadb(authority: trustme.CA) -> Iterator[MariaDb]:
    with prepared_mariadb(authority.issue_cert("localhost")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres(authority: trustme.CA) -> Iterator[Postgres]:
    with prepared_postgres(authority.issue_cert("localhost")) as server:
        yield server


@pytest.fixture(scope="session", params=["mariadb", "postgres"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    server: DatabaseServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def server_without_tls(server: DatabaseServer) -> Iterator[DatabaseServer]:
    prepared = prepared_mariadb if isinstance(server, MariaDb) else prepared_postgres
    with prepared(None) as plain:
        yield plain


@pytest.fixture(scope="session")
def certificates(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "roots.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def endpoint(server: DatabaseServer, certificates: Path) -> Endpoint:
    return endpoint_of(server, certificates)


@pytest.fixture
def endpoint_without_tls(endpoint: Endpoint, server_without_tls: DatabaseServer) -> Endpoint:
    return replace(endpoint, port=server_without_tls.port)


@pytest.fixture(scope="module")
def mysql_premises(mariadb: MariaDb, certificates: Path) -> Iterator[MySqlGround]:
    with mysql_ground_on(mariadb, certificates) as ground:
        yield ground


@pytest.fixture(scope="module")
def postgres_premises(postgres: Postgres, certificates: Path) -> Iterator[PostgresGround]:
    with postgres_ground_on(postgres, certificates) as ground:
        yield ground


@pytest.fixture
def mysql_ground(mysql_premises: MySqlGround, monkeypatch: pytest.MonkeyPatch) -> Iterator[MySqlGround]:
    """Where databases are prepared. Users get a password: MariaDB off AWS has no AWSAuthenticationPlugin."""
    monkeypatch.setattr(of_mysql, "IDENTIFICATION", f'IDENTIFIED BY "{READER}" REQUIRE SSL')
    monkeypatch.setattr(of_mysql, "RDS_AUTHENTICATION", "mysql_native_password")
    yield mysql_premises
    mysql_premises.clear()


@pytest.fixture
def postgres_ground(postgres_premises: PostgresGround) -> Iterator[PostgresGround]:
    yield postgres_premises
    postgres_premises.clear()


@pytest.fixture
def ground(request: pytest.FixtureRequest, server: DatabaseServer) -> Ground:
    """One after the other, as `server`."""
    ground: Ground = request.getfixturevalue(server.says({"mysql": "mysql_ground", "postgres": "postgres_ground"}))
    return ground


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "unused")
    monkeypatch.setattr("sidestep.lambdas.query_database.endpoint.iam_token", lambda *_: PASSWORD)


def endpoint_of(server: DatabaseServer, certificates: Path) -> Endpoint:
    """Return where `sidestep` finds the orders."""
    return Endpoint(
        server.engine.name,
        "localhost",
        server.port,
        "sidestep",
        server.database,
        "shop",
        "eu-west-1",
        certificates,
    )


@contextmanager
def prepared_mariadb(certificate: trustme.LeafCert | None) -> Iterator[MariaDb]:
    """Run a MariaDB with orders, and with a user who might do anything to them."""
    with running_mariadb(certificate) as server:
        server.execute("CREATE DATABASE shop")
        server.execute("CREATE USER sidestep IDENTIFIED BY %s", [PASSWORD])
        server.execute("GRANT ALL ON shop.* TO sidestep")
        for statement in ORDERS:
            server.execute(statement)
        yield server


@contextmanager
def prepared_postgres(certificate: trustme.LeafCert | None) -> Iterator[Postgres]:
    """Run a PostgreSQL with orders, and with a user to whom they belong."""
    with running_postgres(certificate) as server:
        server.execute_in("postgres", f"CREATE DATABASE {server.database}")
        server.execute(f"CREATE USER sidestep PASSWORD '{PASSWORD}'")
        server.execute("CREATE SCHEMA shop AUTHORIZATION sidestep")
        for statement in ORDERS:
            server.execute(statement)
        server.execute("ALTER TABLE shop.orders OWNER TO sidestep")
        yield server
