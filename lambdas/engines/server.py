"""The address of a database, the trusted authorities, and the connection to it."""

import encodings.idna  # noqa: F401 - sockets encode host names with it, and would import it in the first run
import socket
import ssl
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

AUTHORITIES: Final = Path(__file__).parent
"""The folder with the files of authorities that certificates are verified with."""

CONNECT_TIMEOUT: Final = 5
"""Seconds for the whole log-in: the connection, the TLS handshake and the authentication."""


class Server(NamedTuple):
    """Where the database is. `certificates` is the PEM file of the authorities to trust; None: the machine's own."""

    host: str
    port: int
    certificates: Path | None

    def tls(self) -> ssl.SSLContext:
        """Return the context that verifies both certificate and host name; there is no other way to connect.

        Raises:
            OSError: the file of authorities cannot be read or has none.
        """
        return _verifying_context(self.certificates)

    def open_socket(self, timeout: float) -> socket.socket:
        """Connect without TLS. `timeout`, in seconds, holds for each address, and then for the socket.

        Raises:
            OSError: there is no server at any address of the host.
        """
        opened = socket.create_connection((self.host, self.port), timeout)
        # Otherwise Linux delays data after the handshake until the server has acknowledged the handshake.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return opened


@cache
def _verifying_context(certificates: Path | None) -> ssl.SSLContext:
    # Reading RDS's authorities takes three times as long as a run of one series.
    return ssl.create_default_context(cafile=certificates)


class Login(NamedTuple):
    """The database, and the user who logs in.

    Attributes:
        server: where the database is.
        user: the user's name.
        password: an IAM token, or a password in its place.
        database: what the server calls the database; MySQL's word for it is schema.
        schema: where names without a schema are looked for, in the engines that have schemas in a database.
        read_timeout: in seconds; None if the caller limits the time of each statement.
    """

    server: Server
    user: str
    password: str | bytes
    database: str
    schema: str
    read_timeout: float | None = None
