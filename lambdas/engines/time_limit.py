"""Ends a connection whose time is up: a socket's own timeout begins anew with each byte that arrives."""

import os
import socket
from contextlib import suppress
from threading import Timer
from typing import Final, Self

MARGIN: Final = 5
"""Seconds beyond a query's own limit, which the server enforces, until its connection is given up."""


class TimeLimit:
    """Shuts a connection down after some seconds, so that whoever reads from it or writes to it gets an error.

    Attributes:
        is_over: whether the time ran out first.
    """

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        """Begin to count."""
        self.is_over = False
        # A duplicate, since wrapping a socket in TLS leaves the first one without its connection.
        self._socket = socket.socket(fileno=os.dup(sock.fileno()))
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Self:
        """Do nothing more: it counts already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop counting."""
        self.stop()

    def stop(self) -> None:
        """Stop counting; a second time does nothing."""
        self._timer.cancel()
        self._socket.close()

    def _end(self) -> None:
        self.is_over = True
        with suppress(OSError):  # it may be gone already
            self._socket.shutdown(socket.SHUT_RDWR)
