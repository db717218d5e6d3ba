"""A socket on 127.0.0.1 whose connections are each served in a thread, and are gone at the end."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import trustme

STEP: Final = 0.1
"""Seconds until a thread that waits looks whether it is to end."""

LONGEST: Final = 60
"""Seconds that a connection lasts: a function that does not leave by itself is a finding, and no end of the soak."""

Serve = Callable[[socket.socket, int, threading.Event], None]
"""Serves a connection, given its number from 0 on and what is set when it is to end; it need not close anything."""


@contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """Serve connections as long as the `with` block lasts; gives the port."""
    over = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(STEP)

        def accept() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    client, _ = listener.accept()
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threads.append(threading.Thread(target=_served, args=(serve, client, len(threads), over)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            over.set()
            accepting.join()
            for thread in threads:
                thread.join()


def _served(serve: Serve, client: socket.socket, number: int, over: threading.Event) -> None:
    with client, suppress(OSError):  # an ssl.SSLError is one, too: the function may leave at any moment
        serve(client, number, over)


def wait_for_end(client: socket.socket, over: threading.Event) -> None:
    """Say nothing more, and wait until the client has left."""
    client.settimeout(STEP)
    deadline = time.monotonic() + LONGEST
    while not over.is_set() and time.monotonic() < deadline:
        with suppress(TimeoutError, ssl.SSLWantReadError):
            if not client.recv(65536):
                return


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """Return TLS of a server that the function takes for the database."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context
