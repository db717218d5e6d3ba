"""A real server behind the local cloud's gateway: the function's own driver logs in with a token, as on RDS."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trustme
from botocore.credentials import Credentials

from sidestep.config.errors import OptionError
from sidestep.connection.certificate_authority import CertificateAuthority
from sidestep.connection.login import DatabaseConnection
from sidestep.lambdas.engines import engine_named
from sidestep.lambdas.engines.interface import TimedOut, Unreachable
from sidestep.lambdas.engines.server import Login
from sidestep.lambdas.query_database.endpoint import Endpoint, iam_token
from sidestep.local.gateways.gateway import Gateway
from sidestep.local.gateways.mysql import MySqlGateway
from sidestep.local.gateways.postgres import PostgresGateway
from sidestep.local.iam_authentication import Holder, TokenVerifier
from tests.database.conftest import PASSWORD, endpoint_of
from tests.database.server import DatabaseServer

ROLE = Credentials("ASIA", "secret", "session" * 200)
PORT = 3306
"""The host and port in tokens: those of RDS's endpoint, wherever the gateway listens."""

GATEWAYS: Mapping[str, type[Gateway[object]]] = {
    "mysql": MySqlGateway,  # type: ignore[dict-item]
    "postgres": PostgresGateway,  # type: ignore[dict-item]
}


@dataclass(frozen=True)
class Client:
    """A client that connects as the function does.

    Attributes:
        endpoint: RDS's endpoint, which the gateway replaces.
        port: the gateway's port.
    """

    endpoint: Endpoint
    port: int

    def log_in(self, token: str, *, user: str = "reporter", certificates: Path | None = None) -> Login:
        server = self.endpoint.login(token).server
        roots = certificates or self.endpoint.certificates
        return self.endpoint.login(token)._replace(
            server=server._replace(port=self.port, certificates=roots), user=user
        )

    def token(self, role: Credentials = ROLE) -> str:
        return iam_token(replace(self.endpoint, port=PORT, user="reporter"), role)


@pytest.fixture
def way(server: DatabaseServer, certificates: Path) -> DatabaseConnection:
    """The developer's connection to the server, as the user sidestep; the server has no user `reporter`."""
    return DatabaseConnection(
        endpoint_of(server, certificates),
        lambda _: PASSWORD,
        CertificateAuthority(certificates, "the tests"),
        "the server",
    )


@pytest.fixture
def gateway(way: DatabaseConnection, authority: trustme.CA) -> Iterator[Gateway[object]]:
    holder = Holder(ROLE, may_connect_as=lambda user: user == "reporter")
    verifier = TokenVerifier("localhost", PORT, "eu-west-1", {ROLE.access_key: holder}.get)
    with gateway_to(way, authority, verifier) as gateway:
        yield gateway


def gateway_to(way: DatabaseConnection, authority: trustme.CA, verifier: TokenVerifier) -> Gateway[object]:
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(certificate)
    return GATEWAYS[way.engine.name](way, certificate, verifier)


@pytest.fixture
def client(gateway: Gateway[object], endpoint: Endpoint) -> Client:
    return Client(endpoint, gateway.port)


def test_a_client_with_a_token_reaches_the_server(client: Client, server: DatabaseServer) -> None:
    # Given
    connect = engine_named(server.engine.name)

    # When a result is larger than any buffer
    with closing(connect(client.log_in(client.token()))) as session:
        rows = session.ask(f"SELECT seq FROM {server.numbers(30000)}", {}, 10)
        count = sum(map(len, rows))
        again = session.ask("SELECT COUNT(*) FROM orders", {}, 10)

        # Then
        assert count == 30000
        assert len(list(again)) == 1

        # And the server's own time limit holds
        with pytest.raises(TimedOut):
            list(session.ask(f"SELECT {server.sleep(20)}", {}, 1))


def test_a_client_without_a_valid_token_is_refused(
    client: Client, gateway: Gateway[object], server: DatabaseServer
) -> None:
    # Given a token of another role, one for another user, and an administrator's password
    connect = engine_named(server.engine.name)
    stranger = client.token(Credentials("ASIB", "secret"))

    # When
    for login in (
        client.log_in(stranger),
        client.log_in(client.token(), user="sidestep"),
        client.log_in("a password", user="admin"),
    ):
        with pytest.raises(Unreachable):
            connect(login)

    # Then
    assert len(gateway.refusals) == 3


def test_a_client_verifies_the_certificate_of_the_gateway(
    client: Client, gateway: Gateway[object], server: DatabaseServer, tmp_path: Path
) -> None:
    # Given another authority
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))

    # When
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        engine_named(server.engine.name)(client.log_in(client.token(), certificates=other))

    # Then no token was shown
    assert gateway.refusals == []


@pytest.mark.parametrize("what", ["password", "authority", "tls"])
def test_a_server_that_cannot_be_logged_in_to_is_named_at_once(
    way: DatabaseConnection, authority: trustme.CA, tmp_path: Path, request: pytest.FixtureRequest, what: str
) -> None:
    # Given
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    wrong = {
        "password": lambda: replace(way, password=lambda _: "another"),
        "authority": lambda: replace(way, endpoint=replace(way.endpoint, certificates=other)),
        "tls": lambda: replace(way, endpoint=request.getfixturevalue("endpoint_without_tls")),
    }[what]()
    verifier = TokenVerifier("localhost", PORT, "eu-west-1", lambda _: None)

    # When
    with pytest.raises(OptionError) as caught, gateway_to(wrong, authority, verifier):
        pass

    # Then
    assert "the server as sidestep" in str(caught.value)
    assert PASSWORD not in str(caught.value)
