"""The address of a database, the trusted authorities, and the connection to it with its time limits."""

import encodings.idna  # noqa: F401 - sockets encode host names with it, and would import it in the first run
import os
import socket
import ssl
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Timer
from typing import Final, NamedTuple, Self

AUTHORITIES: Final = Path(__file__).parent
"""The folder with the files of authorities that certificates are verified with."""

CONNECT_TIMEOUT: Final = 5
"""Seconds for the whole log-in: the connection, the TLS handshake and the authentication."""

MARGIN: Final = 5
"""Seconds after a query's timeout, which the server enforces, until its connection is shut down."""


class Server(NamedTuple):
    """The server's address. `certificates` is the PEM file of the trusted authorities; None: those of the machine."""

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
        """Connect without TLS. `timeout`, in seconds, applies to each address, and then to the socket.

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
        database: the server's name of the database; MySQL calls it a schema.
        schema: the schema of names without a schema, in the engines that have schemas in a database.
        read_timeout: in seconds; None if the caller limits the time of each statement.
    """

    server: Server
    user: str
    password: str | bytes
    database: str
    schema: str
    read_timeout: float | None = None


class TimeLimit:
    """Shuts down a connection after some seconds, so that pending reads and writes raise an error.

    A socket's own timeout restarts with each byte that arrives.

    Attributes:
        is_over: whether the time limit was reached.
    """

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        """Start the timer."""
        self.is_over = False
        # A duplicate: wrapping a socket in TLS detaches the original.
        self._socket = socket.socket(fileno=os.dup(sock.fileno()))
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Self:
        """Return the running timer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop counting."""
        self.stop()

    def stop(self) -> None:
        """Stop the timer; a second call does nothing."""
        self._timer.cancel()
        self._socket.close()

    def _end(self) -> None:
        self.is_over = True
        with suppress(OSError):  # the connection may be closed already
            self._socket.shutdown(socket.SHUT_RDWR)
