"""The recipes of docs/recipes.md, run on real servers by a user with the privileges that each names.

No MySQL server can be installed from the system's packages, so MariaDB replaces it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pymysql
import pytest
import trustme

from sidestep.bundle.query_files import LISTING, query_files
from sidestep.config.engines import MYSQL, POSTGRES, Engine
from sidestep.config.loader import load_settings
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.page import PageContent
from sidestep.lambdas.query_database.queries import Query, load_queries
from tests.database.asking import ask
from tests.database.conftest import PASSWORD, endpoint_of
from tests.database.deadlines import DEADLINE, eventually
from tests.database.mariadb import MariaDb, running_mariadb
from tests.database.postgres import Postgres, running_postgres, running_standby
from tests.database.recipes import Recipe, file_for, recipes
from tests.database.server import DatabaseServer
from tests.unit.metrics_files import write

SLOW: Final = "Slow statements"
LAG: Final = "Replication lag"

RECIPES: Final = recipes()

TABLES: Final = (
    "sessions (plan VARCHAR(20), expires_at DATETIME)",
    "customers (id INT PRIMARY KEY)",
    "orders (id SMALLINT PRIMARY KEY, customer_id INT, country CHAR(2), amount DECIMAL(10,2), created_at DATETIME)",
    "jobs (id INT PRIMARY KEY, queue VARCHAR(20), created_at DATETIME, started_at DATETIME)",
    "login_attempts (succeeded BOOLEAN, attempted_at DATETIME)",
)

ROWS: Final = (
    "sessions VALUES ('free', '2026-01-31 08:05:01'), ('free', '2026-01-31 09:00:00'),"
    " ('team', '2026-02-01 00:00:00'), ('team', '2026-01-31 08:05:00')",
    "customers VALUES (1), (2)",
    "orders VALUES (1, 1, 'DE', 10.50, '2026-01-31 07:59:59'), (2, 1, 'DE', 20, '2026-01-31 08:00:00'),"
    " (3, 2, 'FR', 5.25, '2026-01-31 08:04:00'), (4, 9, 'FR', -1, '2026-01-31 08:05:00')",
    "jobs VALUES (1, 'mail', '2026-01-31 07:00:00', '2026-01-31 07:00:01'),"
    " (2, 'mail', '2026-01-31 08:00:00', '2026-01-31 08:00:30'),"
    " (3, 'mail', '2026-01-31 08:00:10', '2026-01-31 08:00:40'),"
    " (4, 'mail', '2026-01-31 08:00:20', '2026-01-31 08:04:20'),"
    " (5, 'mail', '2026-01-31 07:55:00', NULL), (6, 'mail', '2026-01-31 08:01:00', NULL)",
    "login_attempts VALUES (FALSE, '2026-01-31 07:59:59'), (FALSE, '2026-01-31 08:00:00'),"
    " (FALSE, '2026-01-31 08:04:59'), (TRUE, '2026-01-31 08:03:00'), (FALSE, '2026-01-31 08:02:00')",
)

KEYS: Final = {
    "mysql": (
        "ALTER TABLE shop.orders MODIFY id TINYINT UNSIGNED AUTO_INCREMENT",
        "ALTER TABLE shop.orders AUTO_INCREMENT = 103",
    ),
    "postgres": (
        "CREATE SEQUENCE shop.orders_id_seq AS BIGINT OWNED BY shop.orders.id",
        "SELECT setval('shop.orders_id_seq', 102)",
    ),
}
"""What has given the numbers up to 102 away: of 255 in MySQL, of the column's 32,767 in PostgreSQL."""

IDENTIFICATION: Final = {"mysql": f"IDENTIFIED BY '{PASSWORD}'", "postgres": f"PASSWORD '{PASSWORD}'"}

CLEANUP: Final = {
    "mysql": ("DROP USER sidestep", "DROP EVENT IF EXISTS shop.beat", "DROP TABLE IF EXISTS shop.heartbeat"),
    "postgres": ("DROP OWNED BY sidestep", "DROP USER sidestep"),
}
"""What removes the user, and what the statements of a recipe have created."""

WAITING: Final = {
    "mysql": "SELECT variable_value + 0 FROM performance_schema.global_status"
    " WHERE variable_name = 'Innodb_row_lock_current_waits'",
    "postgres": "SELECT COUNT(waitstart) FROM pg_locks WHERE NOT granted",
}
"""How many sessions wait for a lock."""

PAUSE: Final = 0.15
"""Seconds between two runs. InnoDB renews its list of transactions only after 0.1 seconds without a reader."""

SLEEPING: Final = {
    "mysql": "SELECT digest FROM performance_schema.events_statements_summary_by_digest"
    " WHERE schema_name = 'shop' AND digest_text LIKE '%SLEEP%'",
    "postgres": "SELECT queryid FROM public.pg_stat_statements WHERE query LIKE '%pg_sleep%'",
}
"""The identifier of the statement that takes 100 milliseconds."""


@dataclass(frozen=True)
class Between:
    """Equals each number from one to another, for values that only the server knows."""

    low: float
    high: float = inf

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float | int) and self.low <= other <= self.high

    __hash__ = None  # type: ignore[assignment]


PERCENT: Final = Between(0.001, 100)
BYTES: Final = Between(8192)
"""A page of PostgreSQL, or more."""

SECONDS: Final = Between(0.000001, 300)
"""Since a moment of the test. A difference of time zones would be more, and the zero of `on_null` less."""

ALL_TABLES: Final = ("customers", "jobs", "login_attempts", "orders", "sessions")

Series = Mapping[tuple[str, str], object]

EXPECTED: Final[Mapping[str, Series]] = {
    "Open sessions": {("OpenSessions", "free"): 2, ("OpenSessions", "team"): 1, ("OpenSessions", ""): 3},
    "Orders by country": {("Orders", "DE"): 1, ("Orders", "FR"): 1, ("Orders", ""): 2},
    "Revenue by hour": {("Revenue", ""): 25.25},
    "Age of the oldest unprocessed job": {("OldestJob", ""): 600},
    "Freshness of a table": {("Age", "orders_are_new"): 60},
    "Rows that should not exist": {("Violations", "orders_without_customer"): 1},
    "Wrong rows by kind": {
        ("WrongRows", "order without a customer"): 1,
        ("WrongRows", "order with a negative amount"): 1,
    },
    "Percentiles of waiting times": {("JobWait", "mail"): ([30, 240], [2, 1])},
    "Failed log-ins to your application": {("FailedLogins", ""): 3},
    "Failed log-ins to the database": {("AbortedConnects", ""): Between(1)},
    "Connections against their limit": {("ConnectionsUsed", ""): PERCENT},
    "Open transactions": {("OldestTransaction", ""): SECONDS},
    "Lock waits": {("LockWaits", ""): 1, ("LongestLockWait", ""): SECONDS},
    "Long-running statements": {("LongestStatement", ""): SECONDS},
    "Table and index sizes": {
        **{("TableBytes", table): BYTES for table in ALL_TABLES},
        **{("IndexBytes", table): Between(0) for table in ALL_TABLES},
    },
    "Dead tuples": {
        **{("DeadTuples", table): 0 for table in ALL_TABLES},
        **{("DeadTuplesShare", table): 0 for table in ALL_TABLES},
        ("DeadTuples", "login_attempts"): 1,
        ("DeadTuplesShare", "login_attempts"): 20,
    },
    "Undo logs before the purge": {("HistoryListLength", ""): Between(0)},
    "Exhaustion of auto-increment columns": {("AutoIncrementUsed", "orders"): 40},
    "Exhaustion of sequences": {("SequenceUsed", "orders_id_seq"): pytest.approx(10200 / 32767)},
    "Replication lag": {("ReplicaLag", ""): SECONDS},
}


@pytest.fixture(scope="module")
def mysql_server(authority: trustme.CA) -> Iterator[MariaDb]:
    """A shop on a server whose operating system is not in UTC, with the Performance Schema."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("TZ", "JST-9")
            server = stack.enter_context(
                running_mariadb(authority.issue_cert("localhost"), ["--performance-schema=ON"])
            )
        _create_shop(server)
        yield server


@pytest.fixture(scope="module")
def postgres_server(authority: trustme.CA) -> Iterator[Postgres]:
    """A shop, with pg_stat_statements."""
    settings = {"shared_preload_libraries": "pg_stat_statements", "timezone": "UTC", "autovacuum": "off"}
    with running_postgres(authority.issue_cert("localhost"), settings=settings) as server:
        server.execute_in("postgres", f"CREATE DATABASE {server.database}")
        _create_shop(server)
        yield server


@pytest.fixture(scope="module")
def standby(postgres_server: Postgres, authority: trustme.CA) -> Iterator[Postgres]:
    with running_standby(postgres_server, authority.issue_cert("localhost")) as server:
        yield server


@pytest.fixture
def shop(recipe: Recipe, request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """A server with a shop, and the user that `sidestep prepare` creates."""
    server: DatabaseServer = request.getfixturevalue(f"{recipe.engine.name}_server")
    server.execute(f"CREATE USER sidestep {server.says(IDENTIFICATION)}")
    server.let_read("shop")
    yield server
    for statement in server.says(CLEANUP):
        server.execute(statement)


@pytest.fixture
def endpoint(recipe: Recipe, shop: DatabaseServer, request: pytest.FixtureRequest, certificates: Path) -> Endpoint:
    """Where the recipe's query runs."""
    if (recipe.heading, recipe.engine) != (LAG, POSTGRES):
        return endpoint_of(shop, certificates)
    replica: Postgres = request.getfixturevalue("standby")
    shop.execute("INSERT INTO shop.customers VALUES (3)")
    ((written,),) = shop.execute("SELECT pg_current_wal_lsn()")
    eventually(lambda: replica.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [written]) == ((True,),))
    return endpoint_of(replica, certificates)


@pytest.fixture
def query(recipe: Recipe, tmp_path: Path) -> Query:
    """The recipe's query, as the bundle has it."""
    settings = load_settings(write(tmp_path, file_for(recipe.engine, recipe)))
    for name, content in query_files(settings.queries, settings.schedules, recipe.engine).items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (query,) = load_queries(tmp_path / LISTING).values()
    return query


@pytest.mark.parametrize("recipe", [recipe for recipe in RECIPES if recipe.heading != SLOW], ids=str)
def test_a_recipe_publishes_the_documented_values(
    recipe: Recipe, query: Query, shop: DatabaseServer, endpoint: Endpoint
) -> None:
    # Given
    for statement in recipe.statements:
        shop.execute(statement)
    with SITUATIONS.get(recipe.heading, nullcontext)(shop):
        # When
        published = _published(endpoint, query, EXPECTED[recipe.heading])

    # Then
    assert published == EXPECTED[recipe.heading]


@pytest.mark.parametrize("recipe", [recipe for recipe in RECIPES if recipe.heading == SLOW], ids=str)
def test_a_slow_statement_is_among_the_slow_ones(
    recipe: Recipe, query: Query, shop: DatabaseServer, endpoint: Endpoint
) -> None:
    # Given a statement of the application that takes 100 milliseconds
    for statement in recipe.statements:
        shop.execute(statement)
    with _connection(shop) as application:
        application.cursor().execute(f"SELECT {shop.sleep(0.1)}")
    ((identifier,),) = shop.execute(shop.says(SLEEPING))

    # When
    page = ask(endpoint, query, scheduled_time=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")

    # Then
    assert page["Failures"] == []
    assert _series(page)["StatementTime", str(identifier)] == Between(50, 50_000)


@pytest.mark.parametrize(
    ("recipe", "grant"), [(recipe, grant) for recipe in RECIPES for grant in recipe.grants], ids=str
)
def test_a_recipe_names_no_privilege_that_it_does_not_need(
    recipe: Recipe, grant: str, query: Query, shop: DatabaseServer, endpoint: Endpoint
) -> None:
    # Given
    for statement in recipe.statements:
        if statement != grant:
            shop.execute(statement)
    with _connection(shop) as application:
        application.cursor().execute(f"SELECT {shop.sleep(0.1)}")
    with SITUATIONS.get(recipe.heading, nullcontext)(shop):
        # When
        page = ask(endpoint, query)

    # Then no right value is published
    assert not any(value for (name, _), value in _series(page).items() if name in query.metrics)


@pytest.mark.parametrize("engine", [MYSQL, POSTGRES], ids=lambda engine: engine.name)
def test_all_recipes_fit_into_one_file(engine: Engine, tmp_path: Path) -> None:
    # Given
    of_engine = [recipe for recipe in RECIPES if recipe.engine is engine]

    # When
    settings = load_settings(write(tmp_path, file_for(engine, *of_engine)))

    # Then
    assert settings.warnings == ()
    assert len(settings.queries) == len(of_engine) >= 15


def _create_shop(server: DatabaseServer) -> None:
    server.create_schema("shop")
    date_and_time = server.says({"mysql": "DATETIME", "postgres": "TIMESTAMPTZ"})
    tables = (f"CREATE TABLE shop.{table.replace('DATETIME', date_and_time)}" for table in TABLES)
    rows = (f"INSERT INTO shop.{rows}" for rows in ROWS)
    for statement in (*tables, *server.says(KEYS), *rows):
        server.execute(statement)


def _published(endpoint: Endpoint, query: Query, expected: Series) -> Series:
    """Run the query until it publishes what is expected; return the last values. Statistics of a server come late."""
    deadline = time.monotonic() + DEADLINE
    while True:
        page = ask(endpoint, query)
        assert page["Failures"] == []
        published = _series(page)
        if published == expected or time.monotonic() > deadline:
            return published
        time.sleep(PAUSE)


def _series(page: PageContent) -> Series:
    """Return the values by metric and dimension value; those of a distribution with their counts."""
    return {
        (datum["MetricName"], "/".join(dimension["Value"] for dimension in datum.get("Dimensions", []))): datum.get(
            "Value", (datum.get("Values"), datum.get("Counts"))
        )
        for datum in page["MetricData"]
    }


@contextmanager
def _connection(server: DatabaseServer) -> Iterator[Any]:
    """Log the administrator in, as an application of the shop; what it has not committed is rolled back."""
    if isinstance(server, MariaDb):
        connection = pymysql.connect(unix_socket=str(server.socket), user="root", database="shop", ssl_disabled=True)
    else:
        assert isinstance(server, Postgres)
        connection = server.connect_to(server.database)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _a_lock_is_waited_for(server: DatabaseServer) -> Iterator[None]:
    lock = "SELECT id FROM shop.jobs WHERE id = 1 FOR UPDATE"
    with _connection(server) as waiting:
        with _connection(server) as holding:
            holding.cursor().execute(lock)
            thread = Thread(target=waiting.cursor().execute, args=[lock])
            thread.start()
            eventually(lambda: server.execute(server.says(WAITING)) == ((1,),))
            yield
        thread.join()


@contextmanager
def _a_log_in_has_failed(server: DatabaseServer) -> Iterator[None]:
    with pytest.raises(pymysql.OperationalError):
        pymysql.connect(host="127.0.0.1", port=server.port, user="sidestep", password="wrong", ssl_disabled=True)
    yield


@contextmanager
def _a_row_was_deleted(server: DatabaseServer) -> Iterator[None]:
    server.execute("DELETE FROM shop.login_attempts WHERE succeeded")
    yield


SITUATIONS: Final[Mapping[str, Callable[[DatabaseServer], AbstractContextManager[None]]]] = {
    "Failed log-ins to the database": _a_log_in_has_failed,
    "Open transactions": _a_lock_is_waited_for,
    "Lock waits": _a_lock_is_waited_for,
    "Long-running statements": _a_lock_is_waited_for,
    "Dead tuples": _a_row_was_deleted,
}
"""What the recipe of a heading measures, beside the shop's rows."""
