"""Authenticates clients as RDS does, with TLS and an IAM token, and logs in to a real server as the user of its URL.

After the log-in, it forwards all bytes between client and server unchanged.
"""

import select
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from socketserver import ThreadingTCPServer
from typing import Any, Final, Generic, Self, TypeVar

from sidestep.config.errors import OptionError
from sidestep.connection.certificate_authority import hint
from sidestep.connection.login import DatabaseConnection
from sidestep.lambdas.engines.interface import Unreachable
from sidestep.lambdas.engines.server import CONNECT_TIMEOUT, Login
from sidestep.local.iam_authentication import TokenRefused, TokenVerifier

Connection = TypeVar("Connection")
"""The driver's connection to the real server."""

_CHUNK: Final = 65536

_SIGNED: Final = "X-Amz-Signature="
"""A part of every token; an administrator's password does not have it."""


class _Listener(ThreadingTCPServer):
    daemon_threads = True


class Gateway(ABC, Generic[Connection]):
    """Listens on a port of 127.0.0.1. Use it as a context manager.

    Attributes:
        port: its port.
        refusals: the reasons of refused log-ins, oldest first.
    """

    port: int

    def __init__(self, server: DatabaseConnection, certificate: ssl.SSLContext, verifier: TokenVerifier) -> None:
        """Prepare a gateway.

        Args:
            server: the connection to the real server.
            certificate: the certificate of the endpoint.
            verifier: verifies tokens for that endpoint.
        """
        self.refusals: Final[list[str]] = []
        self._server = server
        self._certificate = certificate
        self._verifier = verifier

    def __enter__(self) -> Self:
        """Log in once, to learn the server's properties for the clients, then start to listen.

        Raises:
            OptionError: the server cannot be reached, or refuses its user.
        """
        try:
            connection = self._connect()
        except Unreachable as error:
            where = f"{self._server.name} as {self._server.endpoint.user}"
            raise OptionError(
                f"--database: cannot connect to {where}: {error}{hint(str(error), self._server.authority)}"
            ) from None
        self._learn(connection)
        self._close(connection)
        handler: Any = lambda plain, *_: self._serve(plain)  # noqa: E731 - instead of a handler class
        self._listener = _Listener(("127.0.0.1", 0), handler)
        self.port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._listener.shutdown()
        self._listener.server_close()

    def _connect(self) -> Connection:
        endpoint = self._server.endpoint
        return self._log_in(endpoint.login(self._server.password(endpoint)))

    def _serve(self, plain: socket.socket) -> None:
        """Serve one client until it disconnects, which may be at any time."""
        with suppress(OSError, EOFError):
            plain.settimeout(CONNECT_TIMEOUT)
            self._ask_for_tls(plain)
            with self._certificate.wrap_socket(plain, server_side=True) as client:
                user, token = self._ask_for_token(client)
                connection = self._admitted(client, user, token)
                if connection is not None:
                    with suppress(OSError, EOFError):
                        self._welcome(client, connection)
                        _relay(client, self._socket(connection))
                    self._close(connection)

    def _admitted(self, client: ssl.SSLSocket, user: str, token: str) -> Connection | None:
        """Return a connection to the server for an authorized client; refuse any other client."""
        try:
            self._verify(token, user)
            return self._connect()
        except (TokenRefused, Unreachable) as error:
            self.refusals.append(str(error))
            self._refuse(client, f"Access denied for user '{user}': {error}")
            return None

    def _verify(self, token: str, user: str) -> None:
        if _SIGNED not in token:
            raise TokenRefused("the database has a server (--database), whose users already exist; do not prepare it")
        self._verifier.verify(token, user)

    @abstractmethod
    def _log_in(self, login: Login) -> Connection:
        """Log in to the server; raises Unreachable."""

    @abstractmethod
    def _learn(self, connection: Connection) -> None:
        """Store the server's properties that clients receive before they log in."""

    @abstractmethod
    def _socket(self, connection: Connection) -> ssl.SSLSocket:
        """Return the socket of a connection; no bytes remain in a buffer."""

    @abstractmethod
    def _close(self, connection: Connection) -> None:
        """End a connection that may be broken."""

    @abstractmethod
    def _ask_for_tls(self, plain: socket.socket) -> None:
        """Serve a client until it begins TLS; raises ConnectionAbortedError if it does not request TLS."""

    @abstractmethod
    def _ask_for_token(self, client: ssl.SSLSocket) -> tuple[str, str]:
        """Return the client's user and token."""

    @abstractmethod
    def _welcome(self, client: ssl.SSLSocket, connection: Connection) -> None:
        """Report to the client that the log-in succeeded."""

    @abstractmethod
    def _refuse(self, client: ssl.SSLSocket, message: str) -> None:
        """Report to the client why the log-in failed."""


def exactly(source: socket.socket, count: int) -> bytes:
    """Read exactly `count` bytes: the next bytes may be TLS.

    Raises:
        EOFError: the connection ends before.
    """
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _relay(client: ssl.SSLSocket, server: ssl.SSLSocket) -> None:
    """Forward bytes between two sockets until one of them ends.

    Source: Python's ssl module, "Notes on non-blocking sockets": TLS may hold data that `select` does not report, and
    a readable socket may have no data.
    """
    other = {client: server, server: client}
    while True:
        waiting = [one for one in other if one.pending()] or select.select(list(other), [], [])[0]
        for source in waiting:
            source.settimeout(0)
            try:
                data = source.recv(_CHUNK)
            except ssl.SSLWantReadError:
                continue
            if not data:
                return
            other[source].settimeout(None)
            other[source].sendall(data)
