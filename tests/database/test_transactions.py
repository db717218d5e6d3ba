"""Each query has a transaction and a session state of its own, which end with its last row."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sidestep.lambdas.query_database.database import Database
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.errors import QueryFailed
from tests.database.asking import ask
from tests.database.mariadb import MariaDb
from tests.database.queries import GOOD, query, values
from tests.database.server import DatabaseServer

COUNT = query("SELECT COUNT(*) AS Value FROM beats", name="count")


@pytest.fixture
def beats(server: DatabaseServer) -> Iterator[None]:
    """Make a table with two rows."""
    server.execute("CREATE TABLE shop.beats (id INT PRIMARY KEY)")
    server.execute("INSERT INTO shop.beats VALUES (1), (2)")
    server.execute(server.says({"mysql": "SELECT 1", "postgres": "GRANT SELECT ON shop.beats TO sidestep"}))
    yield
    server.execute("DROP TABLE shop.beats")


def rows_of(database: Database, sql: str) -> list[tuple[object, ...]]:
    with database.ask(query(sql)) as result:
        return [tuple(row) for rows in result for row in rows]


@pytest.mark.usefixtures("beats")
def test_each_query_sees_the_latest_data(endpoint: Endpoint, server: DatabaseServer) -> None:
    # Given a query that has read a table
    with Database(endpoint) as database:
        assert rows_of(database, COUNT.sql) == [(2,)]

        # When another session writes to it
        server.execute("INSERT INTO shop.beats VALUES (3)")

        # Then
        assert rows_of(database, COUNT.sql) == [(3,)]


@pytest.mark.usefixtures("beats")
def test_a_table_that_was_read_can_be_changed_and_replaced(endpoint: Endpoint, server: DatabaseServer) -> None:
    # Given a session that has read a table, and an administrator who does not wait for locks
    impatient = server.says({"mysql": "SET STATEMENT lock_wait_timeout = 1 FOR ", "postgres": ""})
    changes = (
        "ALTER TABLE shop.beats ADD COLUMN more INT",
        "CREATE TABLE shop.others (id INT PRIMARY KEY)",
        server.says(
            {
                "mysql": "RENAME TABLE shop.beats TO shop.old, shop.others TO shop.beats",
                "postgres": "SET lock_timeout = '1s'; ALTER TABLE shop.beats RENAME TO old; "
                "ALTER TABLE shop.others RENAME TO beats; GRANT SELECT ON shop.beats TO sidestep",
            }
        ),
        "DROP TABLE shop.old",
    )
    with Database(endpoint) as database:
        assert rows_of(database, COUNT.sql) == [(2,)]

        # When
        for change in changes:
            server.execute(f"{impatient}{change}")

        # Then
        assert rows_of(database, COUNT.sql) == [(0,)]


@pytest.fixture
def serializable(mariadb: MariaDb) -> Iterator[None]:
    mariadb.execute("SET GLOBAL tx_isolation = 'SERIALIZABLE'")
    yield
    mariadb.execute("SET GLOBAL tx_isolation = 'REPEATABLE-READ'")


@pytest.mark.usefixtures("beats", "serializable")
@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_a_query_locks_nothing_on_a_serializable_server(endpoint: Endpoint, server: DatabaseServer) -> None:
    # Given a query that has read a row and is still running
    with Database(endpoint) as database, database.ask(query("SELECT id FROM beats")) as result:
        rows = iter(result)

        # When
        server.execute("SET STATEMENT innodb_lock_wait_timeout = 1 FOR UPDATE shop.beats SET id = id + 10")

        # Then
        assert [tuple(row) for row in next(rows)] == [(1,), (2,)]


SETTINGS = {
    "mariadb": (
        "tx_read_only = 0",
        "sql_select_limit = 1",
        "time_zone = '+05:00'",
        "character_set_results = 'ucs2'",
        "sql_mode = 'ANSI_QUOTES'",
        "max_statement_time = 0.001",
    ),
    "postgres": (
        "default_transaction_read_only = off",
        "search_path = public",
        "TimeZone = '+05:00'",
        "client_encoding = LATIN1",
        "idle_in_transaction_session_timeout = 1",
        "statement_timeout = 1",
        "lock_timeout = 1",
    ),
}


@contextmanager
def function_that_sets(server: DatabaseServer, setting: str) -> Iterator[None]:
    server.execute(
        server.says(
            {
                "mysql": f"CREATE FUNCTION shop.careless() RETURNS INT BEGIN SET SESSION {setting}; RETURN 1; END",
                "postgres": "CREATE FUNCTION shop.careless() RETURNS INT LANGUAGE plpgsql AS "
                f"$$ BEGIN SET SESSION {setting}; RETURN 1; END $$",
            }
        )
    )
    yield
    server.execute("DROP FUNCTION shop.careless")


@pytest.mark.usefixtures("beats")
@pytest.mark.parametrize(
    ("server", "setting"),
    [(server, setting) for server, settings in SETTINGS.items() for setting in settings],
    indirect=["server"],
)
def test_what_a_query_sets_ends_with_it(endpoint: Endpoint, server: DatabaseServer, setting: str) -> None:
    # Given a function that sets something for its session
    with function_that_sets(server, setting), Database(endpoint) as database:
        now = server.says({"mysql": "NOW()", "postgres": "now()::text"})
        sql = f"SELECT id, {now} FROM beats ORDER BY id"
        plain = [tuple(row[:1]) for row in rows_of(database, sql)]

        # When, whether it succeeds or not
        with suppress(QueryFailed):
            rows_of(database, "SELECT careless() AS Value FROM beats")

        # Then the next query finds the session as it was
        assert [tuple(row[:1]) for row in rows_of(database, sql)] == plain == [(1,), (2,)]
        writes = server.says({"mysql": "1792", "postgres": "25006"})
        with pytest.raises(QueryFailed, match=writes), _writer(server):
            rows_of(database, "SELECT add_beat() AS Value")


@contextmanager
def _writer(server: DatabaseServer) -> Iterator[None]:
    server.execute(
        server.says(
            {
                "mysql": "CREATE FUNCTION shop.add_beat() RETURNS INT "
                "BEGIN INSERT INTO shop.beats VALUES (9); RETURN 1; END",
                "postgres": "CREATE FUNCTION shop.add_beat() RETURNS INT LANGUAGE sql AS "
                "'INSERT INTO shop.beats VALUES (9); SELECT 1'",
            }
        )
    )
    try:
        yield
    finally:
        server.execute("DROP FUNCTION shop.add_beat")


@pytest.fixture
def file_privilege(mariadb: MariaDb) -> Iterator[None]:
    mariadb.execute("GRANT FILE ON *.* TO sidestep")
    yield
    mariadb.execute("REVOKE FILE ON *.* FROM sidestep")


@pytest.mark.usefixtures("file_privilege")
@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_no_file_is_written(endpoint: Endpoint, tmp_path: Path) -> None:
    # Given a query with INTO that was not refused before, and a user who may write files
    tmp_path.chmod(0o777)
    file = tmp_path / "written"

    # When
    page = ask(endpoint, query(f"SELECT 3 AS Value INTO OUTFILE '{file}'", name="into"), GOOD)

    # Then
    assert [failure["Query"] for failure in page["Failures"]] == ["into"]
    assert values(page)["Value", ""] == 3
    assert not file.exists()
