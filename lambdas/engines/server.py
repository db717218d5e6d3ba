"""Where a database is, and whose certificates are believed: the same for every engine."""

import ssl
from pathlib import Path
from typing import Final, NamedTuple

AUTHORITIES: Final = Path(__file__).parent
"""The folder with the files of authorities that certificates are verified with."""

CONNECT_TIMEOUT: Final = 5
"""Seconds to connect, and for each step of the TLS handshake and the log-in."""


class Server(NamedTuple):
    """Where the database is. `certificates` is the PEM file of the authorities to trust; None: the machine's own."""

    host: str
    port: int
    certificates: Path | None

    def tls(self) -> ssl.SSLContext:
        """Return what verifies certificate and host name both; there is no other way to connect.

        Raises:
            OSError: the file of authorities cannot be read or has none.
        """
        return ssl.create_default_context(cafile=self.certificates)


class Login(NamedTuple):
    """Who asks which database.

    Attributes:
        server: where it is.
        user: who asks.
        password: an IAM token, or what stands in for it.
        database: what the server calls the database; MySQL's word for it is schema.
        schema: where names without a schema are looked for, in the engines that have schemas in a database.
        read_timeout: in seconds of silence.
    """

    server: Server
    user: str
    password: str | bytes
    database: str
    schema: str
    read_timeout: int
