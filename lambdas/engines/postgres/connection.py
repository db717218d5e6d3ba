"""Connects over verified TLS, or not at all."""

import socket
import ssl
import struct
from contextlib import ExitStack, suppress
from typing import Final

from pg8000.core import CoreConnection
from pg8000.exceptions import DatabaseError, Error, InterfaceError
from scramp import ScramException

from engines.interface import Unreachable
from engines.server import CONNECT_TIMEOUT, Login, Server

LOST: Final = "the connection was lost"

_TLS_REQUEST: Final = struct.pack("!ii", 8, 80877103)
_TLS_GRANTED: Final = b"S"
"""PostgreSQL manual, "Message Formats": SSLRequest, and the server's answer if it speaks TLS."""


class Connection(CoreConnection):
    """The driver's, over TLS of ours: it is given no plain socket, for it would send a password over one."""

    def __init__(self, login: Login) -> None:
        """Log in; raises what the driver and the network raise, and Unreachable."""
        with ExitStack() as failed:
            tls = failed.enter_context(_tls_socket(login.server))
            super().__init__(
                login.user,
                database=login.database,
                password=login.password,
                application_name="sidestep",
                startup_params={"client_encoding": "UTF8"},  # the driver stumbles over some others
                sock=tls,
                ssl_context=False,  # it is in use already
            )
            tls.settimeout(login.read_timeout)
            failed.pop_all()

    def close(self) -> None:
        """Say goodbye and close, whether the server is still there or not; a driver that is refused does so, too."""
        with suppress(Error, OSError):
            super().close()


def connect(login: Login) -> Connection:
    """Log in.

    Raises:
        Unreachable: there is no way to the database, or it does not let the user in.
    """
    try:
        return Connection(login)
    except (Error, OSError, ScramException) as error:
        raise Unreachable(reason(error)) from error
    except (struct.error, LookupError, ValueError) as error:  # the driver's parser stumbles
        raise Unreachable("what answers there speaks another protocol") from error


def reason(error: Exception) -> str:
    """Return what an error of the driver or of the network says, in one line."""
    if isinstance(error, DatabaseError):
        answer = error.args[0]
        return f"{answer.get('C')} {answer.get('M')}"
    first = error.__cause__ if isinstance(error, InterfaceError) and error.__cause__ else error
    text = " ".join(str(part) for part in first.args)
    return LOST if text == "network error" else text  # the driver's words for a connection that has ended


def _tls_socket(server: Server) -> ssl.SSLSocket:
    context = server.tls()
    with ExitStack() as failed:
        plain = failed.enter_context(socket.create_connection((server.host, server.port), CONNECT_TIMEOUT))
        # Else what is said after the handshake waits for the server's acknowledgement of it, which Linux delays.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.sendall(_TLS_REQUEST)
        if plain.recv(1) != _TLS_GRANTED:
            raise Unreachable("the server does not speak SSL (TLS), or is no PostgreSQL")
        tls = context.wrap_socket(plain, server_hostname=server.host)
        failed.pop_all()
    return tls
