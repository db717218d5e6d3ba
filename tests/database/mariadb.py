"""A throwaway MariaDB server: its own folder, a free port on 127.0.0.1, gone at the end."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

import pymysql
import trustme

from sidestep.config.engines import MYSQL, Engine
from sidestep.lambdas.query_database.endpoint import Endpoint
from tests.database.ports import free_port
from tests.database.server import DatabaseServer

START_DEADLINE: Final = 30
"""Seconds; it takes about one."""

_PATH: Final = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


@dataclass(frozen=True)
class MariaDb(DatabaseServer):
    """A running server. `socket` is the administrator's way in."""

    socket: Path

    engine: ClassVar[Engine] = MYSQL
    database: ClassVar[str] = "shop"
    datetime: ClassVar[str] = "DATETIME"
    sessions: ClassVar[str] = "SELECT id, info FROM information_schema.processlist WHERE user = 'sidestep'"

    def execute(self, sql: str, parameters: Sequence[object] | None = None) -> tuple[tuple[Any, ...], ...]:
        """Run a statement as the administrator."""
        # Without TLS: reading the machine's authorities would take longer than most statements.
        connection = pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True, ssl_disabled=True)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return tuple(cursor.fetchall())
        finally:
            connection.close()

    def end_session(self, identifier: object) -> None:
        self.execute(f"KILL {identifier}")

    def sleep(self, seconds: float) -> str:
        return f"SLEEP({seconds})"

    def numbers(self, last: int) -> str:
        return f"seq_1_to_{last}"

    @property
    def endless_numbers(self) -> str:
        return "seq_1_to_100000000"

    def create_schema(self, name: str) -> None:
        self.execute(f"CREATE DATABASE {name}")

    def let_read(self, schema: str) -> None:
        self.execute(f"GRANT SELECT ON {schema}.* TO sidestep")

    def drop_schema(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name}")

    def in_schema(self, endpoint: Endpoint, schema: str) -> Endpoint:
        return replace(endpoint, database=schema, schema=schema)

    @contextmanager
    def statement_log(self) -> Iterator[Callable[[str], int]]:
        self.execute("SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON")
        self.execute("TRUNCATE mysql.general_log")

        def count(text: str) -> int:
            found = self.execute(
                "SELECT COUNT(*) FROM mysql.general_log WHERE command_type = 'Execute' AND argument LIKE %s"
                " AND user_host LIKE 'sidestep%%'",
                [f"%{text}%"],
            )
            return int(str(found[0][0]))

        yield count
        self.execute("SET GLOBAL general_log = OFF")


@contextmanager
def running_mariadb(certificate: trustme.LeafCert | None, options: Sequence[str] = ()) -> Iterator[MariaDb]:
    """Start a server, with TLS if there is a certificate for it, and stop it at the end of the `with` block.

    Args:
        certificate: of the server, for localhost.
        options: of its command line, in addition.
    """
    # Not pytest's folder: the path of a Unix socket is limited to about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
    process = None
    try:
        _install(folder)
        server = MariaDb(free_port(), folder / "socket")
        process = subprocess.Popen(
            [*_program("mariadbd"), *_options(folder, server), *_tls_options(folder, certificate), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_until_ready(server, process, folder / "error.log")
        yield server
    finally:
        if process is not None:
            process.terminate()
            try:
                process.wait(START_DEADLINE)
            except subprocess.TimeoutExpired:  # a server that is still starting may miss the signal
                process.kill()
                process.wait()
        shutil.rmtree(folder)


def _install(folder: Path) -> None:
    subprocess.run(
        [*_program("mariadb-install-db"), f"--datadir={folder / 'data'}", "--auth-root-authentication-method=normal"],
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(folder)},  # in a shared /tmp, temporary tables of two servers may collide
    )


def _program(name: str) -> list[str]:
    path = shutil.which(name, path=_PATH)
    if path is None:
        raise FileNotFoundError(f"{name}: `make test` installs it")
    as_user = ["--user=root"] if os.getuid() == 0 else []
    return [path, "--no-defaults", *as_user]


def _options(folder: Path, server: MariaDb) -> list[str]:
    return [
        f"--datadir={folder / 'data'}",
        f"--socket={server.socket}",
        f"--port={server.port}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        f"--pid-file={folder / 'pid'}",
        f"--log-error={folder / 'error.log'}",
        f"--tmpdir={folder}",
        "--innodb-buffer-pool-size=16M",
        "--event-scheduler=ON",  # as in the sample's parameters
    ]


def _tls_options(folder: Path, certificate: trustme.LeafCert | None) -> list[str]:
    if certificate is None:
        return ["--skip-ssl"]
    pem = folder / "server.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    return [f"--ssl-cert={pem}", f"--ssl-key={pem}"]


def _wait_until_ready(server: MariaDb, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE
    while not _answers(server):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"MariaDB did not start:\n{log.read_text()}")
        time.sleep(0.02)


def _answers(server: MariaDb) -> bool:
    """Return whether the server runs statements; it may have its socket a moment earlier."""
    if not server.socket.exists():
        return False
    try:
        server.execute("SELECT 1")
    except pymysql.err.OperationalError:
        return False
    return True
