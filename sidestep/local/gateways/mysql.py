"""A gateway to MySQL or MariaDB.

Source of the packets: MySQL source documentation, "Connection Phase Packets".
"""

import secrets
import socket
import ssl
import struct
from typing import Final

from pymysql.constants import CLIENT

from sidestep.lambdas.engines.mysql import connection as mysql
from sidestep.lambdas.engines.mysql.connection import Connection
from sidestep.lambdas.engines.server import Login
from sidestep.local.gateways.gateway import Gateway, exactly

_ACCESS_DENIED: Final = 1045
_END: Final = 5
"""The number of the last packet of a log-in: it follows greeting, TLS request, response, switch and token."""

_FIXED: Final = 32
"""Bytes of a handshake response before the user's name; a TLS request ends there."""


class MySqlGateway(Gateway[Connection]):
    """Client and gateway use the same driver, so both connections have the same capabilities."""

    def _log_in(self, login: Login) -> Connection:
        return mysql.connect(login, init_command="SET SESSION TRANSACTION READ ONLY")

    def _learn(self, connection: Connection) -> None:
        # The stubs lack all of them.
        known = vars(connection)
        capabilities = known["server_capabilities"] & ~CLIENT.COMPRESS
        salt = secrets.token_hex(10).encode()  # 20 bytes without a zero; never used to hash a password
        self._status: int = known["server_status"]
        self._greeting = (
            struct.pack("<B", 10)
            + known["server_version"].encode("latin1")
            + struct.pack("<xI8sxHBHHB10x", 1, salt[:8], capabilities & 0xFFFF, known["server_language"],
                          self._status, capabilities >> 16, len(salt) + 1)
            + salt[8:]
            + b"\0mysql_native_password\0"
        )  # fmt: skip

    def _socket(self, connection: Connection) -> ssl.SSLSocket:
        tls: ssl.SSLSocket = vars(connection)["_sock"]
        return tls

    def _close(self, connection: Connection) -> None:
        connection._force_close()  # type: ignore[attr-defined] # noqa: SLF001 - the client has ended the session, if at all

    def _ask_for_tls(self, plain: socket.socket) -> None:
        _send(plain, 0, self._greeting)
        _, request = _receive(plain)
        (flags,) = struct.unpack_from("<I", request)
        if not flags & CLIENT.SSL:
            raise ConnectionAbortedError

    def _ask_for_token(self, client: ssl.SSLSocket) -> tuple[str, str]:
        number, response = _receive(client)
        user, _, _ = response[_FIXED:].partition(b"\0")
        _send(client, number + 1, b"\xfemysql_clear_password\0")
        _, token = _receive(client)
        return user.decode(), token.rstrip(b"\0").decode(errors="replace")

    def _welcome(self, client: ssl.SSLSocket, connection: Connection) -> None:
        del connection
        _send(client, _END, struct.pack("<3xHxx", self._status))

    def _refuse(self, client: ssl.SSLSocket, message: str) -> None:
        _send(client, _END, struct.pack("<BH", 0xFF, _ACCESS_DENIED) + b"#28000" + message.encode())


def _receive(source: socket.socket) -> tuple[int, bytes]:
    """Return the number and the content of the next packet."""
    length, number = struct.unpack("<3sB", exactly(source, 4))
    return number, exactly(source, int.from_bytes(length, "little"))


def _send(target: socket.socket, number: int, content: bytes) -> None:
    target.sendall(len(content).to_bytes(3, "little") + bytes([number]) + content)
