"""A proxy between function and server that injects faults, outside or inside TLS."""

import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from tests.soak.kinds import MYSQL
from tests.soak.listener import LONGEST, STEP, listening, server_context, wait_for_end
from tests.soak.noise import Cut, Hang, Noise
from tests.soak.servers import Target

PASS: Final = 5
"""Seconds that the other side may take to accept forwarded bytes."""

_POSTGRES_REQUEST: Final = 8
"""Bytes of an SSLRequest (PostgreSQL manual, "Message Formats")."""

Disturb = Callable[[int], Noise | None]
"""Returns the fault of a connection, by its number from 0."""


@contextmanager
def proxy(target: Target, disturb: Disturb, *, inside_tls: bool) -> Iterator[int]:
    """Forward connections to the server during a `with` block; yields the port.

    Args:
        target: the server.
        disturb: returns the fault of each connection.
        inside_tls: whether the proxy terminates TLS, with a certificate of the authority, and injects faults into the
            protocol itself.
    """
    context = server_context(target.authority)

    def serve(client: socket.socket, number: int, over: threading.Event) -> None:
        noise = disturb(number)
        with socket.create_connection(("127.0.0.1", target.server.port), PASS) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not inside_tls:
                _relay(client, server, noise, over)
                return
            client.settimeout(PASS)
            _start_tls(client, server, target.engine)
            with (
                context.wrap_socket(client, server_side=True) as outer,
                _client_context().wrap_socket(server) as inner,
            ):
                _relay(outer, inner, noise, over)

    with listening(serve) as port:
        yield port


def _client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is our own server
    return context


def _start_tls(client: socket.socket, server: socket.socket, engine: str) -> None:
    """Forward the bytes before TLS."""
    if engine == MYSQL:
        client.sendall(_packet(server))
        server.sendall(_packet(client))
    else:
        server.sendall(_exactly(client, _POSTGRES_REQUEST))
        client.sendall(_exactly(server, 1))


def _packet(sender: socket.socket) -> bytes:
    """Read a packet of MySQL's protocol: three bytes for the length, one for the number, and the content."""
    header = _exactly(sender, 4)
    return header + _exactly(sender, int.from_bytes(header[:3], "little"))


def _exactly(sender: socket.socket, count: int) -> bytes:
    read = b""
    while len(read) < count:
        more = sender.recv(count - len(read))
        if not more:
            raise ConnectionError("the other side has left")
        read += more
    return read


def _relay(client: socket.socket, server: socket.socket, noise: Noise | None, over: threading.Event) -> None:
    """Forward bytes in both directions until one side disconnects, or a fault ends the connection."""
    deadline = time.monotonic() + LONGEST
    try:
        while not over.is_set():
            for sender in _readable(client, server):
                data = _received(sender)
                if data == b"":
                    return
                for piece in _disturbed(data, noise, is_towards_server=sender is client):
                    _send(server if sender is client else client, piece)
                    if over.is_set() or time.monotonic() > deadline:
                        return
    except Cut as cut:
        if cut.is_reset:
            # A socket that closes with this option on and no time to linger sends a reset.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except Hang:
        wait_for_end(client, over)


def _disturbed(data: bytes | None, noise: Noise | None, *, is_towards_server: bool) -> Iterable[bytes]:
    if data is None:
        return ()
    return noise(data) if noise and noise.is_towards_server == is_towards_server else (data,)


def _readable(client: socket.socket, server: socket.socket) -> list[socket.socket]:
    waiting: list[socket.socket] = [
        one for one in (client, server) if isinstance(one, ssl.SSLSocket) and one.pending()
    ]
    return waiting or select.select([client, server], [], [], STEP)[0]


def _received(sender: socket.socket) -> bytes | None:
    """Return the available bytes; None if there are only TLS messages, such as a ticket."""
    sender.settimeout(0)
    try:
        return sender.recv(65536)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None


def _send(receiver: socket.socket, data: bytes) -> None:
    receiver.settimeout(PASS)
    receiver.sendall(data)
