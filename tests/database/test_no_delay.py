"""What waits for nothing is sent at once: Nagle's algorithm would hold small messages back until one is answered."""

import socket
from pathlib import Path

import pytest

from sidestep.lambdas.engines.postgres import connection
from sidestep.lambdas.engines.server import Login, Server
from tests.database.conftest import PASSWORD
from tests.database.postgres import Postgres


@pytest.fixture
def login(postgres: Postgres, certificates: Path) -> Login:
    server = Server("localhost", postgres.port, certificates)
    return Login(server, "sidestep", PASSWORD, postgres.database, "shop", read_timeout=10)


def test_the_start_of_a_session_does_not_wait_for_an_acknowledgement(login: Login) -> None:
    # When
    connected = connection.connect(login)

    # Then
    try:
        assert connected._usock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        connected.close()
