"""An embedded database with faults: it stops, holds queries back, or cuts a connection in the middle of a result."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mysql_mimic import packets
from mysql_mimic.connection import Connection
from mysql_mimic.results import AllowedResult, ResultSet, ensure_result_set
from sqlglot import exp

from sidestep.local.database import ClientSession, EmbeddedDatabase


class Hold:
    """Queries that wait for their results, as behind a lock or on a full disk."""

    def __init__(self) -> None:
        self._arrivals = threading.Semaphore(0)
        self._released = asyncio.Event()

    def wait_for_query(self, timeout: float) -> None:
        """Wait until one more query has arrived.

        Raises:
            TimeoutError: no query arrived within `timeout` seconds.
        """
        if not self._arrivals.acquire(timeout=timeout):
            raise TimeoutError(f"no query arrived within {timeout} s")

    async def keep(self) -> None:
        """Wait until `release` is called."""
        self._arrivals.release()
        await self._released.wait()

    def release(self) -> None:
        """Continue all queries. Call it on the database's event loop."""
        self._released.set()


class _FaultySession(ClientSession):
    embedded: "FaultyDatabase"

    async def query(self, expression: exp.Expr, sql: str, attrs: dict[str, str]) -> AllowedResult:
        if self.is_administrators:
            return await super().query(expression, sql, attrs)
        if self.embedded.hold:
            await self.embedded.hold.keep()
        result = await super().query(expression, sql, attrs)
        count = self.embedded.rows_before_cut
        if count is None or len(result[0]) <= count:
            return result
        self.embedded.rows_before_cut = None
        return await _cut_off(self.connection, result, count)


class FaultyDatabase(EmbeddedDatabase):
    """Works like the embedded database until a test injects a fault."""

    session_class = _FaultySession
    hold: Hold | None = None
    rows_before_cut: int | None = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Close all connections and refuse new ones during a `with` block. The data stays."""
        self._run(self._hang_up())
        try:
            yield
        finally:
            self._run(self._listen())

    @contextmanager
    def held(self) -> Iterator[Hold]:
        """Hold queries back during a `with` block; clients can still log in."""
        hold = self.hold = Hold()
        try:
            yield hold
        finally:
            self.hold = None
            self._loop.call_soon_threadsafe(hold.release)

    def break_off_next_result(self, *, rows: int) -> None:
        """Cut the connection after `rows` rows of the next result that has more."""
        self.rows_before_cut = rows

    def _run(self, task: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(task, self._loop).result()

    async def _hang_up(self) -> None:
        self._server.close()
        for connection in list(self._server.control._connections.values()):
            _cut(connection)


async def _cut_off(connection: Connection, result: AllowedResult, count: int) -> ResultSet:
    """Return a result with the right columns that ends, with its connection, after `count` rows."""
    rows: Sequence[Sequence[object]] = result[0]
    whole = await ensure_result_set(result)

    async def first_rows() -> AsyncIterator[Sequence[object]]:
        stream = connection.stream
        # mysql-mimic collects rows before it sends them; these must be sent before the connection is closed.
        stream.write_many([packets.make_binary_resultrow(row, whole.columns) for row in rows[:count]])
        await stream.drain()
        _cut(connection)
        raise ConnectionAbortedError(f"cut after {count} rows")
        yield  # makes this a generator, which runs after the columns are written

    return ResultSet(first_rows(), whole.columns)


def _cut(connection: Connection) -> None:
    """Close a connection without a word, like a server that loses its power."""
    connection.stream.writer.transport.abort()
