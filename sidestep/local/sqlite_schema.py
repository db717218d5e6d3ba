"""The schema of the embedded database: runs MySQL statements on SQLite, with MySQL's grants, events and errors."""

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlglot
from mysql_mimic.errors import ErrorCode, MysqlError
from sqlglot import exp

from sidestep.local import dialect
from sidestep.local.accounts import Accounts, Result, Row, UnknownTable

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

_EVENT: Final = re.compile(
    r"CREATE EVENT IF NOT EXISTS (?P<name>\w+) ON SCHEDULE EVERY (?P<minutes>\d+) MINUTE DO\s+(?P<statement>.+)",
    re.DOTALL,
)
_LONGEST_GAP: Final = timedelta(hours=1)
"""Occurrences of events that are older are skipped, for a clock that jumps by years."""


@dataclass(frozen=True, slots=True)
class AnsweredQuery:
    """A user's query and its result, for comparison with the metrics in CloudWatch."""

    sql: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(slots=True)
class _Event:
    statement: exp.Expr
    interval: timedelta
    due: datetime


class SqliteSchema:
    """One schema in memory. Users can SELECT from the tables that they are granted.

    Attributes:
        schema: its name.
        accounts: its users.
        clock: returns the current time, in UTC.
        answers: the users' queries, oldest first.
    """

    def __init__(self, schema: str, clock: Callable[[], datetime], *, event_scheduler: bool) -> None:
        """Create an empty schema; `event_scheduler` is whether events run."""
        self.schema: Final = schema
        self.accounts: Final = Accounts(schema, self._has_table)
        self.clock: Final = clock
        self.answers: Final[list[AnsweredQuery]] = []
        self._event_scheduler = event_scheduler
        self._events: dict[str, _Event] = {}
        # Without a statement cache: a cached EXPLAIN does not notice that a table has changed.
        self._sqlite = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=0)
        self._lock = threading.Lock()
        dialect.add_functions(self._sqlite)

    def close(self) -> None:
        """Discard all data."""
        self._sqlite.close()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a statement in SQLite's own SQL, without permission checks."""
        with self._lock:
            return self._sqlite.execute(sql, parameters).fetchall()

    def administer(self, sql: str) -> Result | None:
        """Run an administrator's statement about accounts or events; return None for any other statement.

        Raises:
            MysqlError: a grant names a table that does not exist.
        """
        if match := _EVENT.fullmatch(sql):
            statement = sqlglot.parse_one(match["statement"], dialect="mysql")
            event = _Event(statement, timedelta(minutes=int(match["minutes"])), self.clock())
            self._events.setdefault(match["name"], event)
            return Result()
        try:
            return self.accounts.execute(sql)
        except UnknownTable as error:
            raise mysql_error(f"Table '{error}' doesn't exist", _UNKNOWN_TABLE) from error

    def run(self, expression: exp.Expr) -> Result:
        """Run an administrator's statement about tables and their content.

        Raises:
            MysqlError: SQLite cannot run it.
        """
        return self._execute(expression, self.clock())

    def answer(self, expression: exp.Expr, sql: str, user: str) -> AnsweredQuery:
        """Run a user's statement, given parsed and as text.

        Raises:
            MysqlError: it is not a SELECT, the user may not read one of its tables, or SQLite cannot run it.
        """
        self._check_permission(expression, user)
        if not isinstance(expression, exp.Query):
            raise mysql_error("You have an error in your SQL syntax", ErrorCode.PARSE_ERROR)
        self._run_events()
        result = self._execute(expression, self.clock())
        self.answers.append(AnsweredQuery(sql, tuple(result.columns), tuple(result.rows)))
        return self.answers[-1]

    def check(self, expression: exp.Expr, user: str) -> None:
        """Check a user's statement without running it.

        Raises:
            MysqlError: the user may not run the statement, or SQLite cannot run it.
        """
        self._check_permission(expression, user)
        if isinstance(expression, exp.Describe | exp.Show):
            return
        if not isinstance(expression, exp.Query):
            raise mysql_error("You have an error in your SQL syntax", ErrorCode.PARSE_ERROR)
        self._execute(expression, self.clock(), "EXPLAIN ")

    def _check_permission(self, expression: exp.Expr, user: str) -> None:
        if isinstance(expression, exp.DML | exp.DDL | exp.Command | exp.Drop | exp.Alter):
            raise mysql_error(f"{expression.key.upper()} command denied to user '{user}'", _COMMAND_DENIED)
        if not isinstance(expression, exp.Query):
            return
        for schema, table in dialect.tables_of(expression, self.schema):
            if not self.accounts.may_read(user, schema, table):
                raise mysql_error(f"SELECT command denied to user '{user}' for table '{table}'", _COMMAND_DENIED)

    def _execute(self, expression: exp.Expr, now: datetime, prefix: str = "") -> Result:
        with self._lock:
            try:
                cursor = self._sqlite.execute(prefix + dialect.to_sqlite(expression, now, self.schema))
                return Result(cursor.fetchall(), [column[0] for column in cursor.description or ()])
            except sqlite3.Error as error:
                raise self._translated(error) from error

    def _run_events(self) -> None:
        """Run the events that are due. Events run only before a query, which is when their effect can be seen."""
        if self._event_scheduler:
            for statement, moment in self._due_events(self.clock()):
                with suppress(MysqlError):  # MySQL does not report errors of events to clients either
                    self._execute(statement, moment)

    def _due_events(self, now: datetime) -> Iterator[tuple[exp.Expr, datetime]]:
        for event in self._events.values():
            event.due = max(event.due, now - _LONGEST_GAP)
            while event.due <= now:
                yield event.statement, event.due
                event.due += event.interval

    def _has_table(self, name: str) -> bool:
        return bool(self.execute("SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE", [name]))

    def _translated(self, error: sqlite3.Error) -> MysqlError:
        """Return MySQL's error for SQLite's. An unknown one names the embedded database: MySQL may have no error."""
        for pattern, code, text in _SQLITE_ERRORS:
            if match := re.fullmatch(pattern, str(error)):
                return mysql_error(text.format(match[1], schema=self.schema), code)
        return mysql_error(f"{error} (embedded database)", ErrorCode.UNKNOWN_ERROR)


def mysql_error(message: str, code: int) -> MysqlError:
    """Return an error with any of MySQL's numbers; mysql-mimic's constructor takes only those that it knows."""
    error = MysqlError(message)
    error.code = code
    return error
