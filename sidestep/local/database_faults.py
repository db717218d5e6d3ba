"""What can befall the embedded database's clients: lost connections, results that break off, queries kept waiting."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

from mysql_mimic import packets
from mysql_mimic.connection import Connection
from mysql_mimic.control import LocalControl
from mysql_mimic.results import ResultSet, ensure_result_set

from sidestep.local.typed_columns import typed_columns


class Connections(LocalControl):
    """The open connections, from the first byte on."""

    def cut(self) -> None:
        """Break all of them off without a farewell, as a server does that loses its power."""
        for connection in list(self._connections.values()):
            _cut(connection)


class Hold:
    """Queries that are kept waiting for their answers, as behind a lock or on a full disk."""

    def __init__(self) -> None:
        """Begin with no query."""
        self._arrivals = threading.Semaphore(0)
        self._released = asyncio.Event()

    def wait_for_query(self, timeout: float) -> None:
        """Wait, for so many seconds at the most, until one more query has come in.

        Raises:
            TimeoutError: none came.
        """
        if not self._arrivals.acquire(timeout=timeout):
            raise TimeoutError(f"no query came within {timeout} s")

    async def keep(self) -> None:
        """Keep the query that calls this until `release`."""
        self._arrivals.release()
        await self._released.wait()

    def release(self) -> None:
        """Let all queries go on. To be called on the database's event loop."""
        self._released.set()


async def broken_off(
    connection: Connection, rows: Sequence[Sequence[object]], columns: Sequence[str], count: int
) -> ResultSet:
    """Return a result that has the right columns and ends, with its connection, after `count` rows."""
    whole = await ensure_result_set((rows, typed_columns(columns, rows)))

    async def first_rows() -> AsyncIterator[Sequence[object]]:
        stream = connection.stream
        # mysql-mimic collects rows before it sends them; these have to be out before the connection is gone.
        stream.write_many([packets.make_binary_resultrow(row, whole.columns) for row in rows[:count]])
        await stream.drain()
        _cut(connection)
        raise ConnectionAbortedError(f"cut after {count} rows, as asked for")
        yield  # what makes this a generator, which runs after the columns were written

    return ResultSet(first_rows(), whole.columns)


def _cut(connection: Connection) -> None:
    connection.stream.writer.transport.abort()
