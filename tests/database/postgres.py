"""A throwaway PostgreSQL server: its own folder, a free port on 127.0.0.1, gone at the end."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

import pg8000.dbapi
import trustme

from sidestep.config.engines import POSTGRES, Engine
from sidestep.lambdas.query_database.endpoint import Endpoint
from tests.database.ports import free_port
from tests.database.server import DatabaseServer

START_DEADLINE: Final = 30
"""Seconds; it takes about one."""

ADMINISTRATOR: Final = "postgres"

_SERVER_USER: Final = "nobody"
"""Who runs it where the tests are run by root, for whom PostgreSQL does nothing."""

_LOG_IN: Final = """\
local all,replication all trust
hostssl all sidestep,reader 127.0.0.1/32 password
hostssl all all 127.0.0.1/32 scram-sha-256
"""
"""As on RDS: users with IAM tokens send a clear-text password inside TLS; other users have a hashed password."""

_NO_SETTINGS: Final[Mapping[str, object]] = {}


@dataclass(frozen=True)
class Postgres(DatabaseServer):
    """A running server. `folder` has the socket that is the administrator's way in."""

    folder: Path

    engine: ClassVar[Engine] = POSTGRES
    database: ClassVar[str] = "company"
    datetime: ClassVar[str] = "TIMESTAMP"
    sessions: ClassVar[str] = "SELECT pid, query FROM pg_stat_activity WHERE usename = 'sidestep'"

    def execute(self, sql: str, parameters: Sequence[object] | None = None) -> tuple[tuple[Any, ...], ...]:
        return self.execute_in(self.database, sql, parameters)

    def execute_in(
        self, database: str, sql: str, parameters: Sequence[object] | None = None
    ) -> tuple[tuple[Any, ...], ...]:
        """Run a statement in a database as the administrator."""
        connection = self.connect_to(database)
        try:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(sql, parameters or ())
            return tuple(map(tuple, cursor.fetchall())) if cursor.description else ()
        finally:
            connection.close()

    def connect_to(self, database: str) -> pg8000.dbapi.Connection:
        """Let the administrator in."""
        socket = self.folder / f".s.PGSQL.{self.port}"
        return pg8000.dbapi.connect(
            ADMINISTRATOR,
            database=database,
            unix_sock=str(socket),
            startup_params={"client_encoding": "UTF8"},
            ssl_context=False,  # reading the machine's authorities would take longer than most statements
        )

    def end_session(self, identifier: object) -> None:
        self.execute(f"SELECT pg_terminate_backend({identifier})")

    def sleep(self, seconds: float) -> str:
        return f"(SELECT 0 FROM pg_sleep({seconds}))"

    def numbers(self, last: int) -> str:
        return f"generate_series(1, {last}) AS numbers(seq)"

    def create_schema(self, name: str) -> None:
        self.execute(f"CREATE SCHEMA {name}")

    def let_read(self, schema: str) -> None:
        self.execute(f"GRANT USAGE ON SCHEMA {schema} TO sidestep")
        self.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO sidestep")

    def drop_schema(self, name: str) -> None:
        self.execute(f"DROP SCHEMA {name} CASCADE")

    def in_schema(self, endpoint: Endpoint, schema: str) -> Endpoint:
        return replace(endpoint, schema=schema)

    @contextmanager
    def statement_log(self) -> Iterator[Callable[[str], int]]:
        log = self.folder / "log"
        before = log.stat().st_size

        def count(text: str) -> int:
            lines = log.read_bytes()[before:].decode().splitlines()
            return sum(line.startswith("sidestep ") and text in line for line in lines)

        yield count

    @property
    def endless_numbers(self) -> str:
        # In the list of columns; as a table, PostgreSQL would create all of it before its first row.
        return "(SELECT generate_series(1, 100000000) AS seq) AS numbers"


@contextmanager
def running_postgres(
    certificate: trustme.LeafCert | None, log_in: str = _LOG_IN, settings: Mapping[str, object] = _NO_SETTINGS
) -> Iterator[Postgres]:
    """Start a server, with TLS if there is a certificate for it, and stop it at the end of the `with` block.

    Args:
        certificate: of the server, for localhost.
        log_in: the lines of pg_hba.conf.
        settings: of the server, in addition.
    """
    with _folder() as folder:
        _install(folder, certificate, log_in)
        with _started(folder, certificate, settings) as server:
            yield server


@contextmanager
def running_standby(primary: Postgres, certificate: trustme.LeafCert) -> Iterator[Postgres]:
    """Start a copy of a server that replays what the server writes, and stop it at the end of the `with` block."""
    with _folder() as folder:
        _copy(primary, folder)
        _write_certificate(folder, certificate)
        with _started(folder, certificate, {}) as standby:
            yield standby


@contextmanager
def _folder() -> Iterator[Path]:
    # Not pytest's folder: the path of a Unix socket is limited to about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        _give_away(folder)
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _started(
    folder: Path, certificate: trustme.LeafCert | None, settings: Mapping[str, object]
) -> Iterator[Postgres]:
    server = Postgres(free_port(), folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [_program("postgres"), "-D", str(folder / "data"), *_options(server, certificate, settings)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            **_as_user(),
        )
    try:
        _wait_until_ready(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # its fast shutdown: it does not wait for sessions to end
        process.wait()


def _copy(primary: Postgres, folder: Path) -> None:
    """Copy a server's data, with the settings of a standby."""
    subprocess.run(
        [
            *(_program("pg_basebackup"), "--pgdata", str(folder / "data"), "--write-recovery-conf"),
            *("--host", str(primary.folder), "--port", str(primary.port), "--username", ADMINISTRATOR),
            *("--checkpoint", "fast", "--no-sync"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        **_as_user(),
    )


def _install(folder: Path, certificate: trustme.LeafCert | None, log_in: str) -> None:
    subprocess.run(
        [
            *(_program("initdb"), "--pgdata", str(folder / "data"), "--username", ADMINISTRATOR, "--no-sync"),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", "C"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        **_as_user(),
    )
    (folder / "data" / "pg_hba.conf").write_text(log_in if certificate else log_in.replace("hostssl", "host"))
    if certificate is not None:
        _write_certificate(folder, certificate)


def _write_certificate(folder: Path, certificate: trustme.LeafCert) -> None:
    pem = folder / "server.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    pem.chmod(0o600)  # else the server refuses the key
    _give_away(pem)


def _options(server: Postgres, certificate: trustme.LeafCert | None, additional: Mapping[str, object]) -> list[str]:
    settings = {
        "port": server.port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": server.folder,
        "fsync": "off",
        "shared_buffers": "16MB",
        "log_statement": "all",
        "log_line_prefix": "%u ",
        **additional,
    }
    if certificate is not None:
        pem = server.folder / "server.pem"
        settings |= {"ssl": "on", "ssl_cert_file": pem, "ssl_key_file": pem}
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; Debian keeps those of the newest version off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    path = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, folders)]))
    if path is None:
        raise FileNotFoundError(f"{name}: `make test` installs it")
    return path


def _as_user() -> dict[str, Any]:
    if os.getuid():
        return {}
    return {"user": _SERVER_USER, "group": pwd.getpwnam(_SERVER_USER).pw_gid, "extra_groups": []}


def _give_away(path: Path) -> None:
    if os.getuid() == 0:
        shutil.chown(path, _SERVER_USER)


def _wait_until_ready(server: Postgres, process: "subprocess.Popen[bytes]") -> None:
    """Wait for the word that pg_ctl waits for, too."""
    deadline = time.monotonic() + START_DEADLINE
    status = server.folder / "data" / "postmaster.pid"
    while not (status.exists() and "\nready" in status.read_text()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{(server.folder / 'log').read_text()}")
        time.sleep(0.02)
