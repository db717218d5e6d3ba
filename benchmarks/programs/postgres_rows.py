"""Rows with pg8000, as a program without Sidestep fetches them: at once, over verified TLS."""

import os
import socket
import ssl
from typing import Any

import pg8000.native


def fetch() -> list[list[Any]]:
    """Connect, query, and close."""
    host, port = os.environ["DATABASE_HOST"], int(os.environ["DATABASE_PORT"])
    with socket.create_connection((host, port)) as plain:
        # The driver's own socket would wait 40 ms for an acknowledgement, which would distort the comparison.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = pg8000.native.Connection(
            host=host,
            user=os.environ["DATABASE_USER"],
            password=os.environ["PASSWORD"],
            database=os.environ["DATABASE_NAME"],
            sock=plain,
            ssl_context=ssl.create_default_context(cafile=os.environ["DATABASE_CERTIFICATES"]),
        )
        rows: list[list[Any]] = connection.run(os.environ["SQL"])
        connection.close()
        return rows
