"""A socket on 127.0.0.1 that serves each connection in a thread, and closes all connections at the end."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import trustme

STEP: Final = 0.1
"""Seconds between two checks of a waiting thread whether it should end."""

LONGEST: Final = 60
"""The maximum seconds of a connection: a function that does not disconnect must not stop the soak."""

Serve = Callable[[socket.socket, int, threading.Event], None]
"""Serves a connection, given its number from 0 and an event that is set when it should end; it need not close it."""


@contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """Serve connections during a `with` block; yields the port."""
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
    with client, suppress(OSError):  # includes ssl.SSLError: the function may disconnect at any moment
        serve(client, number, over)


def wait_for_end(client: socket.socket, over: threading.Event) -> None:
    """Send nothing more, and wait until the client disconnects."""
    client.settimeout(STEP)
    deadline = time.monotonic() + LONGEST
    while not over.is_set() and time.monotonic() < deadline:
        with suppress(TimeoutError, ssl.SSLWantReadError):
            if not client.recv(65536):
                return


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """Return a TLS context of a server that the function accepts as the database."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context
