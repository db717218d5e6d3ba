"""What PostgreSQL's plans show of large tables of every kind, however a query reads them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pg8000.dbapi
import pytest

from sidestep.commands.check.plans import LARGE_TABLE
from sidestep.commands.check.plans.postgres import large_scans
from sidestep.lambdas.engines.interface import Refused, Session, TimedOut
from sidestep.lambdas.engines.postgres.session import connect
from sidestep.lambdas.query_database.endpoint import Endpoint
from tests.database.conftest import PASSWORD, endpoint_of
from tests.database.deadlines import eventually
from tests.database.postgres import ADMINISTRATOR, Postgres

HALF = LARGE_TABLE // 2

ROWS = f"SELECT generate_series(1, {LARGE_TABLE}) AS id"

TABLES = (
    "CREATE SCHEMA large",
    f"CREATE TABLE large.counted AS {ROWS}",
    "CREATE INDEX counted_id ON large.counted (id)",
    "CREATE INDEX counted_few ON large.counted (id) WHERE id % 1000 = 0",
    f"CREATE MATERIALIZED VIEW large.summed AS {ROWS}",
    "CREATE TABLE large.parted (id INT) PARTITION BY RANGE (id)",
    f"CREATE TABLE large.parted_low PARTITION OF large.parted FOR VALUES FROM (0) TO ({HALF})",
    f"CREATE TABLE large.parted_high PARTITION OF large.parted FOR VALUES FROM ({HALF}) TO (MAXVALUE)",
    f"INSERT INTO large.parted {ROWS}",
    "CREATE TABLE large.unknown (id INT) WITH (autovacuum_enabled = off)",
    f"INSERT INTO large.unknown {ROWS}",
    f'CREATE TABLE large."Odd ""name" AS {ROWS}',
    "CREATE TABLE large.small AS SELECT 1 AS id",
    "CREATE VIEW large.seen AS SELECT id FROM large.summed",
    # Only what is vacuumed can be counted in its index.
    *(f"VACUUM ANALYZE large.{name}" for name in ("counted", "parted", "summed", '"Odd ""name"', "small")),
    "GRANT USAGE ON SCHEMA large TO sidestep",
    "GRANT SELECT ON ALL TABLES IN SCHEMA large TO sidestep",
)


@pytest.fixture(scope="module")
def large(postgres: Postgres) -> Iterator[Postgres]:
    for statement in TABLES:
        postgres.execute(statement)
    yield postgres
    postgres.execute("DROP SCHEMA large CASCADE")


@pytest.fixture
def endpoint(large: Postgres, certificates: Path) -> Endpoint:
    return endpoint_of(large, certificates)


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[Session]:
    session = connect(endpoint.login(PASSWORD))
    yield session
    session.close()


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT count(*) FROM large.summed", ["summed"]),
        ("SELECT count(*) FROM large.seen", ["summed"]),
        ("SELECT count(*) FROM large.summed WHERE id % 7 = 0", ["summed"]),
        ("SELECT count(*) FROM large.unknown", ["unknown"]),
        ('SELECT count(*) FROM large."Odd ""name"', ['Odd "name']),
        ("SELECT count(*) FROM large.summed AS a JOIN large.summed AS b USING (id)", ["summed"]),
        ("WITH a AS MATERIALIZED (SELECT * FROM large.summed) SELECT count(*) FROM a", ["summed"]),
        ("SELECT (SELECT count(*) FROM large.summed), count(*) FROM large.unknown", ["summed", "unknown"]),
        ("SELECT count(*) FROM large.small", []),
        ("SELECT count(*) FROM generate_series(1, 1000000)", []),
        # Partitions are one table, as far as they are read.
        ("SELECT count(*) FROM large.parted", ["parted"]),
        (f"SELECT count(*) FROM large.parted WHERE id < {HALF} AND id % 2 = 0", []),
        # An index may be read in the place of the table: all of it, some of it, or one for a part of the rows.
        ("SELECT count(*) FROM large.counted", ["counted"]),
        ("SELECT count(*) FROM large.counted WHERE id = 7", []),
        ("SELECT count(*) FROM large.counted WHERE id % 1000 = 0", []),
        ("SELECT max(id) FROM large.counted", []),
        ("SELECT id FROM large.counted ORDER BY id LIMIT 5", []),
        ("SELECT id FROM large.counted ORDER BY id", ["counted"]),
    ],
)
def test_a_sequential_scan_of_a_large_table_is_found(session: Session, sql: str, tables: list[str]) -> None:
    # When
    scans = large_scans(session, sql, {}, 10)

    # Then
    assert sorted(scan.table for scan in scans) == tables
    assert all(LARGE_TABLE <= scan.rows <= 1.2 * LARGE_TABLE for scan in scans)


def test_a_parallel_scan_is_found(large: Postgres, endpoint: Endpoint) -> None:
    # Given a user for whom it is always worth it to have workers
    large.execute("ALTER USER sidestep SET parallel_setup_cost = 0")
    large.execute("ALTER USER sidestep SET min_parallel_table_scan_size = 0")
    session = connect(endpoint.login(PASSWORD))

    # When
    try:
        (scan,) = large_scans(session, "SELECT count(*) FROM large.summed WHERE id % 7 = 0", {}, 10)
        workers = session.ask("SELECT current_setting('parallel_setup_cost')", {}, 10)
        settings = list(workers)
    finally:
        session.close()
        large.execute("ALTER USER sidestep RESET ALL")

    # Then
    assert (scan.table, scan.rows) == ("summed", LARGE_TABLE)
    assert settings == [[["0"]]]


def test_parameters_have_their_values_in_the_plan(session: Session) -> None:
    # Given a condition that is false of one value and true of another
    sql = "SELECT count(*) FROM large.summed WHERE $1 < '2026-01-01'"
    moments = [datetime(year, 1, 31, tzinfo=UTC).replace(tzinfo=None) for year in (2025, 2026)]

    # When
    plans = [large_scans(session, sql, {"scheduled_time": moment}, 10) for moment in moments]

    # Then
    assert [[scan.table for scan in scans] for scans in plans] == [["summed"], []]


def test_no_transaction_is_left_open(large: Postgres, session: Session) -> None:
    # When
    large_scans(session, "SELECT count(*) FROM large.summed", {}, 10)

    # Then
    assert session.is_open
    states = large.execute("SELECT state FROM pg_stat_activity WHERE usename = 'sidestep'")
    assert ("idle in transaction",) not in states


@contextmanager
def locked(server: Postgres, table: str) -> Iterator[None]:
    """Keep everybody else from a table for the length of a `with` block."""
    socket = server.folder / f".s.PGSQL.{server.port}"
    connection = pg8000.dbapi.connect(ADMINISTRATOR, database=server.database, unix_sock=str(socket))
    try:
        connection.cursor().execute(f"LOCK TABLE {table}")
        yield
    finally:
        connection.close()


def test_a_plan_that_takes_too_long_is_given_up(large: Postgres, session: Session) -> None:
    # Given a table that another session locks
    with locked(large, "large.small"), pytest.raises(TimedOut):
        large_scans(session, "SELECT count(*) FROM large.small", {}, 1)


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT absent FROM large.small", "42703"),
        ("SELECT 1; DELETE FROM large.small", "42601"),
        ("SELECT 1; COMMIT", "42601"),
    ],
)
def test_a_statement_without_a_plan_is_refused(session: Session, sql: str, answer: str) -> None:
    with pytest.raises(Refused, match=answer):
        large_scans(session, sql, {}, 10)


def test_a_plan_changes_nothing(large: Postgres, session: Session) -> None:
    # Given a function that PostgreSQL evaluates while it plans, because it is declared immutable
    large.execute("CREATE SEQUENCE large.numbers")
    large.execute("GRANT USAGE ON large.numbers TO sidestep")
    large.execute(
        "CREATE FUNCTION large.next() RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN nextval('large.numbers'); END $$"
    )

    # When / Then
    with pytest.raises(Refused, match="25006 "):
        large_scans(session, "SELECT large.next()", {}, 10)


def test_a_plan_that_fails_leaves_no_time_limit_behind(endpoint: Endpoint) -> None:
    # Given a session of its own
    session = connect(endpoint.login(PASSWORD))

    # When
    with pytest.raises(Refused):
        large_scans(session, "SELEC", {}, 60)
    session.close()

    # Then
    eventually(lambda: not any(isinstance(thread, threading.Timer) for thread in threading.enumerate()))
