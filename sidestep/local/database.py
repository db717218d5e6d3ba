"""The embedded database: MySQL's protocol, TLS and IAM tokens in front of a schema in SQLite, on 127.0.0.1.

mysql-mimic implements the protocol. It is not MySQL: the tests of SQL semantics use a real server.
"""

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Self

from mysql_mimic import MysqlServer, ResultColumn, Session, packets
from mysql_mimic.connection import Connection
from mysql_mimic.errors import ErrorCode, MysqlError
from mysql_mimic.prepared import PreparedStatement
from mysql_mimic.results import AllowedResult
from mysql_mimic.session import Query, mysql_function_mapping
from mysql_mimic.types import ColumnType
from mysql_mimic.variable_processor import VariableProcessor
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sidestep.aws.administrator import Administrator
from sidestep.config.engines import MYSQL
from sidestep.config.statement import SyntaxProblem, parsed
from sidestep.local.accounts import Users
from sidestep.local.iam_authentication import TokenVerifier
from sidestep.local.sqlite_schema import SqliteSchema, mysql_error

SERVER_VERSION: Final = "8.4.10"

# Errors also go to the client, which reports them.
logging.getLogger("mysql_mimic").addHandler(logging.NullHandler())

_COLUMNS: Final = slice(5, 7)
"""The position of the number of columns in COM_STMT_PREPARE_OK (MySQL Internals)."""

_SHOWN_OF_A_STATEMENT: Final = 80
"""Characters of the statement in MySQL's message about a syntax error."""


class ClientSession(Session):
    """The session of one client."""

    def __init__(self, database: "EmbeddedDatabase") -> None:
        """Start a session on a database."""
        super().__init__()
        self.embedded = database
        self.variables.set("version", SERVER_VERSION, force=True)
        self.middlewares.insert(0, self._set_clock)

    @property
    def is_administrators(self) -> bool:
        """Whether the client is the administrator."""
        return bool(self.username == self.embedded.administrator.user)

    async def init(self, connection: Connection) -> None:
        """Prepare the connection; refuse a client that did not authenticate over TLS."""
        await super().init(connection)
        self._run_prepare = connection.handle_stmt_prepare
        # mysql-mimic prepares any statement, reports its errors later, and announces no columns.
        connection.handle_stmt_prepare = self._prepare
        connection.com_stmt_prepare_response = self._prepared
        # mysql-mimic continues after it refused a password, or without TLS; a database must not.
        if self.username is None or connection.stream.writer.get_extra_info("ssl_object") is None:
            raise mysql_error("Access denied", ErrorCode.ACCESS_DENIED_ERROR)

    async def handle_query(self, sql: str, attrs: dict[str, str]) -> AllowedResult:
        """Run a statement that mysql-mimic may be unable to parse."""
        result = self.embedded.administer(sql) if self.is_administrators else None
        return (result.rows, result.columns) if result else await super().handle_query(sql, attrs)

    async def query(self, expression: exp.Expr, sql: str, attrs: dict[str, str]) -> AllowedResult:  # noqa: ARG002
        """Run a parsed statement."""
        if self.is_administrators:
            result = self.embedded.run(expression)
            return result.rows, result.columns
        answer = self.embedded.answer(expression, sql, str(self.username))
        return answer.rows, typed_columns(answer.columns, answer.rows)

    async def _prepare(self, data: bytes) -> None:
        """Report errors of a statement before it is executed, as MySQL does."""
        for expression in self._parse(data.decode()):
            # mysql-mimic does the same before it runs a statement; it answers statements without a table itself.
            with VariableProcessor(mysql_function_mapping(self), self.variables, expression).set_variables():
                if expression.find(exp.Table) or not isinstance(expression, exp.Select):
                    self.embedded.check(expression, str(self.username))
        await self._run_prepare(data)

    def _parse(self, sql: str) -> list[exp.Expr]:
        try:
            return list(super()._parse(sql))
        except SqlglotError as error:
            raise _syntax_error(sql) from error

    def _prepared(self, statement: PreparedStatement) -> Iterator[bytes]:
        """Announce one column, whatever their number, so that clients recognize a query."""
        whole = packets.make_com_stmt_prepare_ok(statement)
        yield whole[: _COLUMNS.start] + b"\1\0" + whole[_COLUMNS.stop :]
        for _ in range(statement.num_params + 1):
            yield packets.make_column_definition_41(server_charset=self.connection.server_charset, name="?")
        yield self.connection.eof()

    async def _set_clock(self, query: Query) -> AllowedResult:
        self.timestamp = self.embedded.clock()
        return await query.next()


class EmbeddedDatabase(SqliteSchema):
    """A schema behind a port of 127.0.0.1. At first, only the administrator can log in, with a password.

    Use it as a context manager; it listens from entry to exit.

    Attributes:
        session_class: the sessions of clients.
        administrator: the user with all privileges.
        port: its port.
        refusals: the reasons of refused log-ins and lost connections, oldest first; clients get fewer details.
    """

    session_class: ClassVar[type[ClientSession]] = ClientSession
    port = 0

    def __init__(
        self,
        *,
        administrator: Administrator,
        schema: str,
        certificate: ssl.SSLContext,
        verifier_for: Callable[[int], TokenVerifier],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        event_scheduler: bool = True,
    ) -> None:
        """Prepare a database.

        Args:
            administrator: the user with all privileges.
            schema: the name of its only schema.
            certificate: the server's side of TLS.
            verifier_for: returns the verifier of tokens for a port.
            clock: returns the current time, in UTC.
            event_scheduler: whether events run.
        """
        super().__init__(schema, clock, event_scheduler=event_scheduler)
        self.administrator: Final = administrator
        self.refusals: Final[list[str]] = []
        self._certificate = certificate
        self._verifier_for = verifier_for
        self._thread = threading.Thread(target=self._serve, name="embedded database", daemon=True)
        self._loop = TlsUpgradeLoop()
        self._listening = threading.Event()
        self._stop = asyncio.Event()

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening, close all connections and discard the data."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self.close()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        self._loop.set_exception_handler(self._record_exception)
        await self._listen()
        self._listening.set()
        await self._stop.wait()
        self._server.close()

    async def _listen(self) -> None:
        """Listen on a free port the first time, and on the same port after that."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._server = MysqlServer(
            session_factory=lambda: self.session_class(self),
            identity_provider=Users(self.administrator, self.accounts, self._verifier_for(self.port), self.refusals),
            ssl=self._certificate,
        )
        await self._server.start_server(sock=listener, port=None)

    def _record_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Record what ends a connection, such as a certificate that the client does not trust; do not print it."""
        error = context.get("exception")
        if isinstance(error, MysqlError | OSError):
            self.refusals.append(str(error))
        else:
            loop.default_exception_handler(context)


class TlsUpgradeLoop(asyncio.SelectorEventLoop):
    """An event loop that upgrades a connection to TLS and keeps the data that the client has already sent.

    A MySQL client sends its ClientHello right after its request for TLS. If both arrive together, asyncio's
    `start_tls` leaves the ClientHello in the reader, and both sides wait forever.
    """

    async def start_tls(self, transport: Any, protocol: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """Upgrade like asyncio, then pass on the data that was read before."""
        # ruff: noqa: SLF001 - asyncio has no public way to take data back, or to notify streams of the upgrade
        reader = protocol._stream_reader
        early = bytes(reader._buffer)
        reader._buffer.clear()
        protocol._over_ssl = True

        def feed() -> None:
            upgraded = transport.get_protocol()
            upgraded.get_buffer(len(early))[: len(early)] = early
            upgraded.buffer_updated(len(early))

        if early:
            # asyncio schedules the start of the handshake first; one turn of the loop later it has begun.
            self.call_soon(self.call_soon, feed)
        return await super().start_tls(transport, protocol, *args, **options)


def typed_columns(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[ResultColumn]:
    """Return columns with a type for all of their values; a column of SQLite can have values of several types."""
    return [ResultColumn(name, _type({type(row[index]) for row in rows})) for index, name in enumerate(names)]


def _type(kinds: set[type]) -> ColumnType:
    kinds = kinds - {type(None)}
    if not kinds:
        return ColumnType.NULL
    if kinds == {int}:
        return ColumnType.LONGLONG
    if kinds <= {int, float}:
        return ColumnType.DOUBLE
    return ColumnType.BLOB if kinds == {bytes} else ColumnType.STRING


def _syntax_error(sql: str) -> MysqlError:
    """Return MySQL's error for a statement that cannot be parsed, with the text from that position, and its line."""
    message = "You have an error in your SQL syntax"
    try:
        parsed(sql, MYSQL)
    except SyntaxProblem as problem:
        near, line = sql[problem.offset :][:_SHOWN_OF_A_STATEMENT], sql.count("\n", 0, problem.offset) + 1
        message += f" near '{near}' at line {line}"
    return mysql_error(message, ErrorCode.PARSE_ERROR)
