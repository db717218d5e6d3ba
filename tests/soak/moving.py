"""Tables that are written to, altered, emptied, swapped and dropped while the function reads them."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from random import Random
from typing import Final

import pg8000.exceptions
import pymysql

from sidestep.lambdas.engines.interface import Stream
from sidestep.lambdas.query_database.database import Database
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.queries import Metric, Query
from tests.database.conftest import PASSWORD
from tests.database.server import DatabaseServer
from tests.soak.kinds import MYSQL, POSTGRES
from tests.soak.limits import complaints
from tests.soak.runs import PATIENCE, Course, Run
from tests.soak.servers import Target
from tests.soak.tables import SCHEMA

ACCOUNTS: Final = 40
BALANCE: Final = 1000
"""The total of all accounts, which transfers between them do not change."""

ROWS: Final = 1500
"""Rows of one generation, which are inserted at once; they need more than a page."""

PAUSE: Final = 0.02
"""Seconds between two changes."""

_CREATE: Final = (
    "CREATE TABLE {schema}.accounts (id INT PRIMARY KEY, amount INT NOT NULL)",
    "CREATE TABLE {schema}.batches (id INT NOT NULL, generation INT NOT NULL)",
    "CREATE TABLE {schema}.coming (id INT NOT NULL)",
    "CREATE TABLE {schema}.beats (counter INT NOT NULL)",
    "INSERT INTO {schema}.beats VALUES (0)",
)

_MOVE: Final = (
    "UPDATE {schema}.accounts SET amount = amount + CASE WHEN id = {one} THEN 7 ELSE -7 END "
    "WHERE id IN ({one}, {other})"
)

_CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    MYSQL: (
        _MOVE,
        "ALTER TABLE {schema}.accounts ADD COLUMN IF NOT EXISTS extra TEXT, FORCE",
        "ALTER TABLE {schema}.accounts DROP COLUMN IF EXISTS extra",
        "CREATE OR REPLACE TABLE {schema}.copied (id INT PRIMARY KEY, amount INT) AS "
        "SELECT id, amount FROM {schema}.accounts",
        "RENAME TABLE {schema}.accounts TO {schema}.old, {schema}.copied TO {schema}.accounts, "
        "{schema}.old TO {schema}.copied",
        "TRUNCATE {schema}.batches",
        "INSERT INTO {schema}.batches SELECT seq, {generation} FROM seq_1_to_{rows} "
        "WHERE NOT EXISTS (SELECT 1 FROM {schema}.batches)",
        "DROP TABLE IF EXISTS {schema}.coming",
        "CREATE TABLE IF NOT EXISTS {schema}.coming (id INT NOT NULL)",
        "OPTIMIZE TABLE {schema}.batches",
    ),
    POSTGRES: (
        _MOVE,
        "ALTER TABLE {schema}.accounts ADD COLUMN IF NOT EXISTS extra text DEFAULT 'x'",
        "ALTER TABLE {schema}.accounts DROP COLUMN IF EXISTS extra",
        # Each holds its lock for a moment, so that queries wait for it and then find another table.
        "DO $$ BEGIN ALTER TABLE {schema}.accounts ALTER COLUMN amount TYPE bigint; PERFORM pg_sleep(0.03); END $$",
        "DO $$ BEGIN ALTER TABLE {schema}.accounts ALTER COLUMN amount TYPE int; PERFORM pg_sleep(0.03); END $$",
        "DO $$ BEGIN LOCK {schema}.accounts; "
        "CREATE TABLE {schema}.copied AS SELECT id, amount FROM {schema}.accounts; DROP TABLE {schema}.accounts; "
        "ALTER TABLE {schema}.copied RENAME TO accounts; PERFORM pg_sleep(0.03); END $$",
        "TRUNCATE {schema}.batches",
        "INSERT INTO {schema}.batches SELECT seq, {generation} FROM generate_series(1, {rows}) AS numbers(seq) "
        "WHERE NOT EXISTS (SELECT 1 FROM {schema}.batches)",
        "DROP TABLE IF EXISTS {schema}.coming",
        "CREATE TABLE IF NOT EXISTS {schema}.coming (id INT NOT NULL)",
        "VACUUM FULL {schema}.batches",
    ),
}

_UNLOCKED: Final = {
    MYSQL: "SET STATEMENT lock_wait_timeout = 5 FOR ALTER TABLE {schema}.accounts FORCE",
    POSTGRES: "DO $$ BEGIN PERFORM set_config('lock_timeout', '5s', true); LOCK {schema}.accounts; END $$",
}
"""Needs an exclusive lock, and fails if another session still holds a lock after 5 seconds."""


_REWRITE: Final = (
    "DO $$ BEGIN ALTER TABLE {schema}.accounts ALTER COLUMN amount TYPE int USING amount + 0; "
    "PERFORM pg_sleep(0.5); END $$"
)
"""Holds the lock until the next query waits for it. The table is then a new one, and empty for older snapshots."""

_REWRITING: Final = (
    "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND position('amount + 0' IN query) > 0"
)


class WatchedDatabase(Database):
    """Calls `before` with the name of each query before it runs."""

    def __init__(self, endpoint: Endpoint, before: Callable[[str], object]) -> None:
        super().__init__(endpoint, lambda _: PASSWORD)
        self._before = before

    @contextmanager
    def ask(self, query: Query, parameters: Mapping[str, datetime] | None = None) -> Iterator[Stream]:
        self._before(query.name)
        with super().ask(query, parameters) as stream:
            yield stream


class _Beats:
    """A counter that is written continuously, and its value before each query."""

    def __init__(self, target: Target) -> None:
        self.problems: list[str] = []
        self._server = target.server
        self._engine = target.engine
        self._lowest: dict[str, int] = {}

    def before(self, query: str) -> None:
        self._lowest[query] = self._counter()
        if query == "balance" and self._engine == POSTGRES:
            self._begin_rewrite()
        if query == "late":
            # An earlier query of this session has read the accounts; that must not block other sessions.
            try:
                self._server.execute(_UNLOCKED[self._engine].format(schema=SCHEMA))
            except (pymysql.MySQLError, pg8000.exceptions.Error) as error:
                if _is_lock_timeout(error):
                    self.problems.append(f"a table that a query has read is still locked: {error}")

    def _begin_rewrite(self) -> None:
        """Wait until the table is rewritten and still locked."""

        def rewrite() -> None:
            with suppress(pg8000.exceptions.Error):  # it conflicts with another change
                self._server.execute(_REWRITE.format(schema=SCHEMA))

        rewriting = threading.Thread(target=rewrite)
        rewriting.start()
        while rewriting.is_alive() and not self._server.execute(_REWRITING):
            time.sleep(PAUSE)

    def check(self, query: str, published: float) -> None:
        lowest, highest = self._lowest[query], self._counter()
        if not lowest <= published <= highest:
            self.problems.append(
                f"{query} is {published}, but the counter was {lowest} before and {highest} after it"
            )

    def _counter(self) -> int:
        return int(self._server.execute(f"SELECT counter FROM {SCHEMA}.beats")[0][0])


def _is_lock_timeout(error: Exception) -> bool:
    return "1205" in str(error.args[0]) or "55P03" in str(error.args[0])


def moving_tables(random: Random, target: Target) -> list[str]:
    """Play the round: run some queries while others write."""
    beats = _Beats(target)
    with _tables(target.server), _writing(random, target):
        run = Course(
            target.endpoint,
            _queries(),
            random,
            PATIENCE,
            is_repeatable=False,
            open_database=lambda endpoint: WatchedDatabase(endpoint, beats.before),
        ).run()
        lost = [f"no page: {run.error!r}"] if run.error else []
        return [*run.complaints, *lost, *_judged(run, beats), *beats.problems]


@contextmanager
def _tables(server: DatabaseServer) -> Iterator[None]:
    for statement in _CREATE:
        server.execute(statement.format(schema=SCHEMA))
    balances = ", ".join(f"({number}, {BALANCE // ACCOUNTS})" for number in range(1, ACCOUNTS + 1))
    server.execute(f"INSERT INTO {SCHEMA}.accounts VALUES {balances}")
    try:
        yield
    finally:
        for table in ("accounts", "batches", "coming", "beats", "copied", "old"):
            server.execute(f"DROP TABLE IF EXISTS {SCHEMA}.{table}")


@contextmanager
def _writing(random: Random, target: Target) -> Iterator[None]:
    """During a `with` block, write the counter in one thread, and change tables in another."""
    over = threading.Event()
    seed = random.random()

    def beat() -> None:
        while not over.wait(PAUSE):
            target.server.execute(f"UPDATE {SCHEMA}.beats SET counter = counter + 1")

    def change() -> None:
        noise = Random(seed)  # noqa: S311 - noise, no secret
        generation = 0
        while not over.wait(PAUSE):
            generation += 1
            one, other = noise.sample(range(1, ACCOUNTS + 1), 2)
            statement = noise.choice(_CHANGES[target.engine])
            # Changes may conflict, such as a swap without a copy.
            with suppress(pymysql.MySQLError, pg8000.exceptions.Error):
                target.server.execute(
                    statement.format(schema=SCHEMA, one=one, other=other, generation=generation, rows=ROWS)
                )

    threads = [threading.Thread(target=beat), threading.Thread(target=change)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(random.uniform(0, 0.1))
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _queries() -> list[Query]:
    """Return the queries; the result of `batches` has more than a page."""
    columns = {
        "early": "counter AS early FROM {schema}.beats",
        "balance": "SUM(amount) AS balance FROM {schema}.accounts",
        "coming": "COUNT(*) AS coming FROM {schema}.coming",
        "late": "counter AS late FROM {schema}.beats",
        "batches": "id AS Id, generation AS batches FROM {schema}.batches ORDER BY id",
        "last": "counter AS last FROM {schema}.beats",
    }
    return [
        Query(
            name=name,
            sql=f"SELECT {column.format(schema=SCHEMA)}",
            dimensions=("Id",) if name == "batches" else (),
            timeout=20,
            max_series=ROWS,
            on_null="skip",
            on_empty="skip",
            metrics={name: Metric("Count", 60)},
        )
        for name, column in columns.items()
    ]


def _judged(run: Run, beats: _Beats) -> Iterator[str]:
    """Compare what was published with the states of the database during the query."""
    values: dict[str, list[float]] = defaultdict(list)
    failed = {failure["Query"]: failure["Error"] for page in run.pages for failure in page["Failures"]}
    for page in run.pages:
        yield from complaints(page, run.scheduled_time)
        for datum in page["MetricData"]:
            if "Value" in datum:
                values[datum["MetricName"]].append(datum["Value"])
    for name in ("early", "late", "last"):
        if name in failed:
            yield f"{name}, whose table is only written to, failed: {failed[name]}"
        for value in values[name]:
            beats.check(name, value)
    if values["balance"] != [BALANCE] and "balance" not in failed:
        yield f"the accounts have {values['balance']} together"
    yield from _of_batches(values["batches"], failed.get("batches"))


def _of_batches(values: Sequence[float], error: str | None) -> Iterator[str]:
    """All rows of one generation, or none; a part only with an error."""
    if len(set(values)) > 1:
        yield f"values of {len(set(values))} generations"
    if len(values) not in (0, ROWS) and (error is None or str(len(values)) not in error):
        yield f"{len(values)} of {ROWS} values without an error: {error}"
