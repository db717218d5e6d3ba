"""The embedded database: MySQL's protocol, TLS and IAM tokens in front of SQLite, on 127.0.0.1.

mysql-mimic speaks the protocol. It is no MySQL: what a statement means there is tested on a real server.
"""

import asyncio
import logging
import re
import sqlite3
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from mysql_mimic import MysqlServer, Session, packets
from mysql_mimic.connection import Connection
from mysql_mimic.errors import ErrorCode, MysqlError
from mysql_mimic.prepared import PreparedStatement
from mysql_mimic.results import AllowedResult
from mysql_mimic.session import Query, mysql_function_mapping
from mysql_mimic.variable_processor import VariableProcessor
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sidestep.aws.administrator import Administrator
from sidestep.config.engines import MYSQL
from sidestep.config.selected_columns import SyntaxProblem, parsed
from sidestep.local import dialect
from sidestep.local.accounts import Accounts, Result, Row, UnknownTable
from sidestep.local.database_faults import Connections, Hold, broken_off
from sidestep.local.events import Events
from sidestep.local.iam_authentication import TokenVerifier
from sidestep.local.log_in import Users
from sidestep.local.tls_upgrade import TlsUpgradeLoop
from sidestep.local.typed_columns import typed_columns

SERVER_VERSION: Final = "8.4.10"

# Every error also goes to the client, who says what is to be said.
logging.getLogger("mysql_mimic").addHandler(logging.NullHandler())

_COLUMNS: Final = slice(5, 7)
"""The position of the number of columns in COM_STMT_PREPARE_OK (MySQL Internals)."""

_COMMAND_DENIED: Final = 1142
_UNKNOWN_TABLE: Final = 1146

_SQLITE_ERRORS: Final = (
    (r"no such column: (.+)", 1054, "Unknown column '{}' in 'field list'"),
    (r"ambiguous column name: (.+)", 1052, "Column '{}' in field list is ambiguous"),
    (r"no such table: (.+)", _UNKNOWN_TABLE, "Table '{schema}.{}' doesn't exist"),
    (r"no such function: (.+)", 1305, "FUNCTION {schema}.{} does not exist (embedded database)"),
    (r"wrong number of arguments to function (.+)\(\)", 1582, "Incorrect parameter count to function '{}'"),
    (
        r"(near .+: syntax error|incomplete input)",
        1064,
        "You have an error in your SQL syntax: {} (embedded database)",
    ),
    (
        r"SELECTs to the left and right of (.+) do not have .+",
        1222,
        "The used SELECT statements of {} have a different number of columns",
    ),
    (r"misuse of (?:aggregate|window).*?([\w]+)\(\)", 1111, "Invalid use of group function {}"),
)
"""SQLite's message, and the number and text of MySQL's error."""

_SHOWN_OF_A_STATEMENT: Final = 80
"""Characters of the statement in MySQL's message about a syntax error."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the database said to one query, for comparison with what arrived in CloudWatch."""

    sql: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


class EmbeddedDatabase:
    """A database with one schema. Its users authenticate with IAM tokens and may SELECT what they are granted.

    At first there is only an administrator, who authenticates with a password.

    Use it as a context manager; it listens from entry to exit.

    Attributes:
        answers: what was said to clients, oldest first.
        refusals: why clients were not let in, or connections were lost, oldest first; a client hears less.
    """

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
            administrator: who may do everything.
            schema: the name of its one schema.
            certificate: the server's side of TLS.
            verifier_for: makes the verifier of tokens once the port is known.
            clock: the database's idea of the current time, in UTC.
            event_scheduler: whether events run.
        """
        self.answers: list[Answer] = []
        self.refusals: list[str] = []
        self.schema: Final = schema
        self.administrator: Final = administrator
        self.accounts: Final = Accounts(schema, self._has_table)
        self.clock: Final = clock
        self._certificate = certificate
        self._events = Events()
        self._event_scheduler = event_scheduler
        self._verifier_for = verifier_for
        # Without a cache of statements: a cached EXPLAIN does not notice that a table has changed.
        self._sqlite = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=0)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name="embedded database", daemon=True)
        self._loop = TlsUpgradeLoop()
        self._listening = threading.Event()
        self._stop = asyncio.Event()
        self._port = 0
        self._connections = Connections()
        self._hold: Hold | None = None
        self._rows_before_cut: int | None = None
        dialect.add_functions(self._sqlite)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    def __enter__(self) -> Self:
        """Start listening."""
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening, and cut what is still connected."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._sqlite.close()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a statement in SQLite's own SQL, as the database's owner."""
        with self._lock:
            return self._sqlite.execute(sql, parameters).fetchall()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Be down for the length of a `with` block: all connections are lost, new ones refused. The data stays."""
        self._run_in_loop(self._hang_up())
        try:
            yield
        finally:
            self._run_in_loop(self._listen())

    @contextmanager
    def held(self) -> Iterator[Hold]:
        """Keep queries waiting for their answers for the length of a `with` block; log-ins work as ever."""
        hold = self._hold = Hold()
        try:
            yield hold
        finally:
            self._hold = None
            self._loop.call_soon_threadsafe(hold.release)

    def break_off_next_result(self, *, rows: int) -> None:
        """Cut a connection after so many rows of its result: of the next result that is longer than that."""
        self._rows_before_cut = rows

    def administer(self, sql: str) -> Result | None:
        """Run an administrator's statement about accounts or events; None if it is about anything else.

        Raises:
            MysqlError: a grant names a table that is not there.
        """
        try:
            return Result() if self._events.create(sql, self.clock()) else self.accounts.execute(sql)
        except UnknownTable as error:
            raise _error(f"Table '{error}' doesn't exist", _UNKNOWN_TABLE) from error

    def run(self, expression: exp.Expr) -> Result:
        """Run an administrator's statement about tables and what is in them.

        Raises:
            MysqlError: SQLite cannot run it.
        """
        return self._execute(expression, self.clock())

    def answer(self, expression: exp.Expr, sql: str, user: str) -> Answer:
        """Run a user's statement, parsed and as written.

        Raises:
            MysqlError: it is not a SELECT, the user may not read a table of it, or SQLite cannot run it.
        """
        self._check_permission(expression, user)
        if not isinstance(expression, exp.Query):
            raise _error("You have an error in your SQL syntax", ErrorCode.PARSE_ERROR)
        self._run_events()
        result = self._execute(expression, self.clock())
        self.answers.append(Answer(sql, tuple(result.columns), tuple(result.rows)))
        return self.answers[-1]

    def check(self, expression: exp.Expr, user: str) -> None:
        """Look for errors of a user's statement without running it.

        Raises:
            MysqlError: the user may not run the statement, or SQLite cannot run it.
        """
        self._check_permission(expression, user)
        if isinstance(expression, exp.Describe | exp.Show):
            return
        if not isinstance(expression, exp.Query):
            raise _error("You have an error in your SQL syntax", ErrorCode.PARSE_ERROR)
        with self._lock:
            try:
                self._sqlite.execute(f"EXPLAIN {dialect.to_sqlite(expression, self.clock(), self.schema)}")
            except sqlite3.Error as error:
                raise _as_mysql_error(error, self.schema) from error

    def _check_permission(self, expression: exp.Expr, user: str) -> None:
        if isinstance(expression, exp.DML | exp.DDL | exp.Command | exp.Drop | exp.Alter):
            raise _error(f"{expression.key.upper()} command denied to user '{user}'", _COMMAND_DENIED)
        if not isinstance(expression, exp.Query):
            return
        for schema, table in dialect.tables_of(expression, self.schema):
            if not self.accounts.may_read(user, schema, table):
                raise _error(f"SELECT command denied to user '{user}' for table '{table}'", _COMMAND_DENIED)

    def _execute(self, expression: exp.Expr, now: datetime) -> Result:
        with self._lock:
            try:
                cursor = self._sqlite.execute(dialect.to_sqlite(expression, now, self.schema))
                return Result(cursor.fetchall(), [column[0] for column in cursor.description or ()])
            except sqlite3.Error as error:
                raise _as_mysql_error(error, self.schema) from error

    def _run_events(self) -> None:
        if self._event_scheduler:
            for statement, moment in self._events.due(self.clock()):
                with suppress(MysqlError):  # as MySQL does: an event that fails is no client's business
                    self._execute(statement, moment)

    def _has_table(self, name: str) -> bool:
        return bool(self.execute("SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE", [name]))

    async def answer_in_time(
        self, expression: exp.Expr, sql: str, connection: Connection, user: str
    ) -> AllowedResult:
        """Answer a user's statement, unless `held` or `break_off_next_result` want something else for it."""
        if self._hold:
            await self._hold.keep()
        answer = self.answer(expression, sql, user)
        rows_before_cut = self._rows_before_cut
        if rows_before_cut is None or len(answer.rows) <= rows_before_cut:
            return answer.rows, typed_columns(answer.columns, answer.rows)
        self._rows_before_cut = None
        return await broken_off(connection, answer.rows, answer.columns, rows_before_cut)

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        self._loop.set_exception_handler(self._note_exception)
        await self._listen()
        self._listening.set()
        await self._stop.wait()
        self._server.close()

    async def _listen(self) -> None:
        """Start listening: at any port the first time, at the same one ever after."""
        users = Users(self.administrator, self.accounts, self.refusals)
        self._server = MysqlServer(
            session_factory=lambda: _Session(self),
            identity_provider=users,
            ssl=self._certificate,
            control=self._connections,
        )
        await self._server.start_server(host="127.0.0.1", port=self._port)
        self._port = self._server.sockets()[0].getsockname()[1]
        users.verifier = self._verifier_for(self._port)

    async def _hang_up(self) -> None:
        self._server.close()
        self._connections.cut()

    def _run_in_loop(self, task: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(task, self._loop).result()

    def _note_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep what ends a connection, such as a client that does not trust the certificate, off the screen."""
        error = context.get("exception")
        if isinstance(error, MysqlError | OSError):
            self.refusals.append(str(error))
        else:
            loop.default_exception_handler(context)


class _Session(Session):
    """One client's connection."""

    def __init__(self, database: EmbeddedDatabase) -> None:
        super().__init__()
        self._database = database
        self.variables.set("version", SERVER_VERSION, force=True)
        self.middlewares.insert(0, self._set_clock)

    async def init(self, connection: Connection) -> None:
        await super().init(connection)
        self._run_prepare = connection.handle_stmt_prepare
        # mysql-mimic prepares any statement, reports errors later, and announces no columns.
        connection.handle_stmt_prepare = self._prepare
        connection.com_stmt_prepare_response = self._prepared
        # mysql-mimic goes on after it refused a password or never upgraded to TLS; a database must not.
        if self.username is None or connection.stream.writer.get_extra_info("ssl_object") is None:
            raise _error("Access denied", ErrorCode.ACCESS_DENIED_ERROR)

    async def handle_query(self, sql: str, attrs: dict[str, str]) -> AllowedResult:
        result = self._database.administer(sql) if self._is_administrators else None
        return (result.rows, result.columns) if result else await super().handle_query(sql, attrs)

    async def query(self, expression: exp.Expr, sql: str, attrs: dict[str, str]) -> AllowedResult:  # noqa: ARG002
        if self._is_administrators:
            result = self._database.run(expression)
            return result.rows, result.columns
        return await self._database.answer_in_time(expression, sql, self.connection, str(self.username))

    async def _prepare(self, data: bytes) -> None:
        """Report errors of a statement before it is executed, as MySQL does."""
        for expression in self._parse(data.decode()):
            # Like mysql-mimic before it runs a statement; it answers statements without a table itself.
            with VariableProcessor(mysql_function_mapping(self), self.variables, expression).set_variables():
                if expression.find(exp.Table) or not isinstance(expression, exp.Select):
                    self._database.check(expression, str(self.username))
        await self._run_prepare(data)

    def _parse(self, sql: str) -> list[exp.Expr]:
        try:
            return list(super()._parse(sql))
        except SqlglotError as error:
            raise _syntax_error(sql) from error

    def _prepared(self, statement: PreparedStatement) -> Iterator[bytes]:
        """Announce one column, for any number of columns, so that clients recognize a query."""
        whole = packets.make_com_stmt_prepare_ok(statement)
        yield whole[: _COLUMNS.start] + b"\1\0" + whole[_COLUMNS.stop :]
        for _ in range(statement.num_params + 1):
            yield packets.make_column_definition_41(server_charset=self.connection.server_charset, name="?")
        yield self.connection.eof()

    @property
    def _is_administrators(self) -> bool:
        return bool(self.username == self._database.administrator.user)

    async def _set_clock(self, query: Query) -> AllowedResult:
        self.timestamp = self._database.clock()
        return await query.next()


def _as_mysql_error(error: sqlite3.Error, schema: str) -> MysqlError:
    """Return MySQL's error for SQLite's, if it is known; MySQL may support what SQLite does not."""
    message = str(error)
    for pattern, code, text in _SQLITE_ERRORS:
        if match := re.fullmatch(pattern, message):
            return _error(text.format(match[1], schema=schema), code)
    return _error(f"{message} (embedded database)", ErrorCode.UNKNOWN_ERROR)


def _syntax_error(sql: str) -> MysqlError:
    """Return MySQL's error for a statement that cannot be parsed, with the text from that point, and its line."""
    try:
        parsed(sql, MYSQL)
    except SyntaxProblem as problem:
        near, line = sql[problem.offset :][:_SHOWN_OF_A_STATEMENT], sql.count("\n", 0, problem.offset) + 1
        return _error(f"You have an error in your SQL syntax near '{near}' at line {line}", ErrorCode.PARSE_ERROR)
    return _error("You have an error in your SQL syntax", ErrorCode.PARSE_ERROR)


def _error(message: str, code: int) -> MysqlError:
    error = MysqlError(message)
    error.code = code
    return error
