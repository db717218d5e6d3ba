"""A gateway to PostgreSQL.

Source of the messages: PostgreSQL manual, "Message Formats".
"""

import socket
import ssl
import struct
from typing import Final

from sidestep.lambdas.engines.postgres import connection as postgres
from sidestep.lambdas.engines.postgres.connection import Connection
from sidestep.lambdas.engines.server import Login
from sidestep.local.gateways.gateway import Gateway, exactly

_TLS_REQUEST: Final = 80877103
_CLEAR_TEXT_PASSWORD: Final = 3
_NOT_AUTHORIZED: Final = "28000"


class PostgresGateway(Gateway[Connection]):
    """Requests the token as RDS does: as a clear-text password inside TLS."""

    def _log_in(self, login: Login) -> Connection:
        return postgres.connect(login)

    def _learn(self, connection: Connection) -> None:
        """Do nothing: PostgreSQL sends its properties after the log-in."""

    def _socket(self, connection: Connection) -> ssl.SSLSocket:
        tls: ssl.SSLSocket = connection._usock  # noqa: SLF001 - the driver does not expose it
        return tls

    def _close(self, connection: Connection) -> None:
        connection.close()

    def _ask_for_tls(self, plain: socket.socket) -> None:
        if struct.unpack("!II", exactly(plain, 8)) != (8, _TLS_REQUEST):
            raise ConnectionAbortedError
        plain.sendall(b"S")

    def _ask_for_token(self, client: ssl.SSLSocket) -> tuple[str, str]:
        words = _body(client)[4:].split(b"\0")  # after the protocol's version: alternating names and values
        parameters = dict(zip(words[::2], words[1::2], strict=False))
        client.sendall(_message(b"R", struct.pack("!I", _CLEAR_TEXT_PASSWORD)))
        exactly(client, 1)
        return parameters.get(b"user", b"").decode(), _body(client).rstrip(b"\0").decode(errors="replace")

    def _welcome(self, client: ssl.SSLSocket, connection: Connection) -> None:
        client.sendall(
            _message(b"R", struct.pack("!I", 0))
            + b"".join(
                _message(b"S", b"%s\0%s\0" % (name.encode(), value.encode()))
                for name, value in connection.parameter_statuses.items()
            )
            + _message(b"Z", b"I")
        )

    def _refuse(self, client: ssl.SSLSocket, message: str) -> None:
        fields = ("SFATAL", "VFATAL", f"C{_NOT_AUTHORIZED}", f"M{message}", "")
        client.sendall(_message(b"E", b"".join(field.encode() + b"\0" for field in fields)))


def _body(client: socket.socket) -> bytes:
    """Return the body of a message, after its length."""
    (length,) = struct.unpack("!I", exactly(client, 4))
    return exactly(client, length - 4)


def _message(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("!I", len(content) + 4) + content
