"""Connects over verified TLS, or not at all."""

import struct
from typing import TypeVar

import pymysql
from pymysql.cursors import Cursor

from engines.interface import Unreachable
from engines.server import CONNECT_TIMEOUT, Login

AnyCursor = TypeVar("AnyCursor", bound=Cursor)


def connect(login: Login, *, init_command: str, cursor: type[AnyCursor]) -> "pymysql.Connection[AnyCursor]":
    """Log in; `init_command` is the session's first statement.

    Raises:
        Unreachable: there is no way to the database, or it does not let the user in.
    """
    server = login.server
    try:
        connection = pymysql.connect(
            host=server.host,
            port=server.port,
            user=login.user,
            password=login.password,
            database=login.database,
            charset="utf8mb4",
            ssl=server.tls(),
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=CONNECT_TIMEOUT,
            write_timeout=CONNECT_TIMEOUT,
            init_command=init_command,
            program_name="sidestep",
            cursorclass=cursor,
        )
    except (struct.error, IndexError) as error:  # the driver's parser stumbles
        raise Unreachable("what answers there speaks another protocol") from error
    except (pymysql.MySQLError, OSError) as error:
        raise Unreachable(reason(error)) from error
    # The driver has one limit for the answers to a log-in and for those to queries, which may take far longer.
    connection._read_timeout = login.read_timeout  # type: ignore[attr-defined] # noqa: SLF001 - missing in the stubs
    return connection


def reason(error: Exception) -> str:
    """Return what an error of the driver or of the network says, in one line."""
    return " ".join(str(part) for part in error.args)
