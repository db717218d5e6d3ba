"""Ends a connection at its time limit: a socket's own timeout restarts with each byte that arrives."""

import os
import socket
from contextlib import suppress
from threading import Timer
from typing import Final, Self

MARGIN: Final = 5
"""Seconds after a query's timeout, which the server enforces, until its connection is shut down."""


class TimeLimit:
    """Shuts down a connection after some seconds, so that pending reads and writes raise an error.

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
