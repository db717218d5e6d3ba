"""Connects over verified TLS, or not at all."""

import ssl
import struct
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import pymysql
from pymysql.cursors import Cursor

AUTHORITIES: Final = Path(__file__).parent
"""The folder with the files of authorities that certificates are verified with."""

CONNECT_TIMEOUT: Final = 5
"""Seconds to connect, and for each step of the TLS handshake and the log-in."""

AnyCursor = TypeVar("AnyCursor", bound=Cursor)


class Server(NamedTuple):
    """Where the database is. `certificates` is the PEM file of the authorities to trust; None: the machine's own."""

    host: str
    port: int
    certificates: Path | None


def connect(
    server: Server,
    *,
    user: str,
    password: str | bytes,
    schema: str,
    read_timeout: int,
    init_command: str,
    cursor: type[AnyCursor],
) -> "pymysql.Connection[AnyCursor]":
    """Log in. `read_timeout` is in seconds of silence; `init_command` is the session's first statement.

    Raises:
        pymysql.MySQLError, OSError: there is no way to the database, or it does not let the user in. Neither holds
            the password.
    """
    try:
        return pymysql.connect(
            host=server.host,
            port=server.port,
            user=user,
            password=password,
            database=schema,
            charset="utf8mb4",
            # The only forms that verify certificate and host name both, and refuse to go on without TLS.
            ssl={"ca": str(server.certificates)} if server.certificates else ssl.create_default_context(),
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=read_timeout,
            write_timeout=CONNECT_TIMEOUT,
            init_command=init_command,
            program_name="sidestep",
            cursorclass=cursor,
        )
    except (struct.error, IndexError) as error:  # the driver's parser stumbles
        raise pymysql.InternalError("what answers there speaks another protocol") from error


def reason(error: Exception) -> str:
    """Return what an error of the driver or of the network says, in one line."""
    return " ".join(str(part) for part in error.args)
