"""The query function against real servers: the results of queries, and the errors."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from sidestep.config.engines import MYSQL
from sidestep.lambdas.engines import engine_named
from sidestep.lambdas.engines.interface import FETCH_ROWS, Session, Unreachable
from sidestep.lambdas.engines.server import Login
from sidestep.lambdas.query_database import database
from sidestep.lambdas.query_database.database import Database
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.errors import DatabaseUnavailable, QueryFailed
from sidestep.lambdas.query_database.queries import Metric
from tests.database.asking import NOW, ask
from tests.database.deadlines import eventually
from tests.database.queries import GOOD, error_of, query, values
from tests.database.server import DatabaseServer


@pytest.fixture(autouse=True)
def nothing_left_behind(server: DatabaseServer) -> Iterator[None]:
    """No connection outlives its run."""
    yield
    eventually(lambda: not server.execute(server.sessions))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("COUNT(*)", 3),
        ("SUM(amount)", 30.75),
        ("AVG(amount)", 15.375),
        ("MAX(id) / 4e0", 0.75),
        ("MAX(9007199254740993)", float(9007199254740993)),
        ("MAX(1e100)", 1e100),
        ("MAX(id) = 3", 1),
        ("MAX(id) = 4", 0),
    ],
)
def test_numbers_of_all_types(endpoint: Endpoint, expression: str, value: float) -> None:
    # When
    page = ask(endpoint, query(f"SELECT {expression} AS Value FROM orders"))

    # Then
    assert values(page) == {("Value", ""): value}
    assert page["Failures"] == []


def test_groups_become_series(endpoint: Endpoint) -> None:
    # When
    page = ask(
        endpoint,
        query("SELECT region AS Region, COUNT(*) AS Value FROM orders GROUP BY region", dimensions=("Region",)),
    )

    # Then
    assert values(page) == {("Value", "north"): 2, ("Value", "south"): 1}


@pytest.mark.parametrize(
    ("expression", "kind"),
    [("region", "text"), ("due", "a date"), ("NOW()", "a date and time"), ("CAST(NOW() AS TIME)", "a time")],
)
def test_a_value_that_is_not_a_number_fails_only_its_query(endpoint: Endpoint, expression: str, kind: str) -> None:
    # When
    page = ask(endpoint, query(f"SELECT {expression} AS Value FROM orders LIMIT 1"), GOOD)

    # Then
    assert error_of(page) == f'row 1, column "Value": is {kind}, not a number; convert it in the SELECT'


def test_a_session_is_in_utf8(endpoint: Endpoint) -> None:
    # When
    page = ask(endpoint, query("SELECT 'Zürich' AS Region, 1 AS Value", dimensions=("Region",)), GOOD)

    # Then
    assert "is not printable ASCII" in error_of(page)


@pytest.fixture(scope="session")
def complaint(server: DatabaseServer) -> str:
    """Make a function `complain` that fails with the text that it is given; return how that error begins."""
    server.execute(
        server.says(
            {
                "mysql": "CREATE FUNCTION shop.complain(what TEXT) RETURNS INT "
                "BEGIN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = what; RETURN 1; END",
                "postgres": "CREATE FUNCTION shop.complain(what TEXT) RETURNS INT LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION '%', what; END $$",
            }
        )
    )
    return server.says({"mysql": "1644", "postgres": "P0001"})


def test_the_data_in_an_error_of_the_database_is_removed(endpoint: Endpoint, complaint: str) -> None:
    # When
    page = ask(endpoint, query("SELECT complain(region) AS Value FROM orders"), GOOD)

    # Then
    assert error_of(page) == (
        f"the database answered: {complaint} an error; its text may quote data and is left out: "
        "run the query by hand to see it"
    )


@pytest.mark.parametrize(
    ("sql", "of_mysql", "of_postgres"),
    [
        (
            "SELECT nothing AS Value FROM orders",
            "1054 Unknown column 'nothing' in ",
            '42703 column "nothing" does not exist',
        ),
        (
            "SELECT 1 AS Value FROM nowhere",
            "1146 Table 'shop.nowhere' doesn't exist",
            '42P01 relation "nowhere" does not exist',
        ),
        (
            "SELECT 1 AS Value FROM {secrets}",
            "1142 SELECT command denied to user 'sidestep'@'127.0.0.1'",
            "42501 permission denied for table pg_authid",
        ),
        ("SELEC 1", "1064 You have an error in your SQL syntax", '42601 syntax error at or near "SELEC"'),
        (
            "SELECT 1 AS Value; DROP TABLE orders",
            "1064 You have an error in your SQL syntax",
            "42601 cannot insert multiple commands into a prepared statement",
        ),
        (
            "SELECT 1 AS Value; COMMIT; DROP TABLE orders",
            "1064 You have an error in your SQL syntax",
            "42601 cannot insert multiple commands into a prepared statement",
        ),
        (
            "SELECT 100% AS Value",
            "1064 You have an error in your SQL syntax",
            '42601 syntax error at or near "AS"',
        ),
    ],
)
def test_an_error_of_the_database_is_passed_on(
    endpoint: Endpoint, server: DatabaseServer, sql: str, of_mysql: str, of_postgres: str
) -> None:
    # When
    secrets = server.says({"mysql": "mysql.user", "postgres": "pg_authid"})
    page = ask(endpoint, query(sql.format(secrets=secrets)), GOOD)

    # Then
    error = server.says({"mysql": of_mysql, "postgres": of_postgres})
    assert error_of(page).startswith(f"the database answered: {error}")


@pytest.fixture(scope="session")
def writer(server: DatabaseServer) -> None:
    """Make a function `write` that sets all amounts to 0."""
    server.execute(
        server.says(
            {
                "mysql": "CREATE FUNCTION shop.write_amounts() RETURNS INT "
                "BEGIN UPDATE shop.orders SET amount = 0; RETURN 1; END",
                "postgres": "CREATE FUNCTION shop.write_amounts() RETURNS INT LANGUAGE sql AS "
                "'UPDATE shop.orders SET amount = 0; SELECT 1'",
            }
        )
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT write_amounts() AS Value",
        "INSERT INTO orders VALUES (4, 'east', 1, NULL)",
        "UPDATE orders SET amount = 0",
        "DELETE FROM orders",
        "TRUNCATE orders",
        "DROP TABLE orders",
        "CREATE TABLE other (id INT)",
        "ALTER TABLE orders ADD COLUMN x INT",
    ],
)
@pytest.mark.usefixtures("writer")
def test_a_write_is_refused(endpoint: Endpoint, server: DatabaseServer, sql: str) -> None:
    # Given a user whom the database would allow it
    before = server.execute("SELECT * FROM shop.orders ORDER BY id")

    # When
    page = ask(endpoint, query(sql), GOOD)

    # Then the session reads only, and takes no statement but a query
    refusal = server.says(
        {
            "mysql": "(1792|the statement has no result)",
            "postgres": "(25006|42601) ",
        }
    )
    assert re.match(f"the database answered: {refusal}", error_of(page))
    assert server.execute("SELECT * FROM shop.orders ORDER BY id") == before
    tables = server.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop'")
    assert tables == (("orders",),)


def test_a_statement_past_its_limit_is_stopped_by_the_server(endpoint: Endpoint, server: DatabaseServer) -> None:
    # When
    page = ask(endpoint, query(f"SELECT {server.sleep(30)} AS Value", timeout=1), GOOD)

    # Then
    assert error_of(page) == "ran past its timeout of 1 s and was stopped; make it faster or raise its timeout"


@pytest.fixture(scope="session")
def nap(server: DatabaseServer) -> str:
    """Return an expression that takes some milliseconds for each row; PostgreSQL runs a plain pg_sleep only once."""
    if server.engine is MYSQL:
        return "SLEEP({} / 1000)"
    server.execute(
        "CREATE FUNCTION shop.nap(seq INT, milliseconds INT) RETURNS INT LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(milliseconds / 1000.0); RETURN 0; END $$"
    )
    return "nap(seq, {})"


def test_a_result_past_its_limit_publishes_nothing_of_it(
    endpoint: Endpoint, server: DatabaseServer, nap: str
) -> None:
    # Given a query that has given many rows when its time is up
    slow = query(
        f"SELECT seq AS Number, {nap.format(20)} AS Value FROM {server.numbers(500)}",
        dimensions=("Number",),
        timeout=1,
        max_series=999,
    )

    # When
    page = ask(endpoint, slow, GOOD)

    # Then
    assert "ran past its timeout of 1 s" in error_of(page)
    assert len(page["MetricData"]) == 2


def test_the_time_limit_covers_all_reads_of_a_query(endpoint: Endpoint, server: DatabaseServer, nap: str) -> None:
    # Given rows that are so long that they are read a hundred at a time, each time well within the limit
    dimensions = ("First", "Second")
    long = ", ".join(f"CONCAT(seq, REPEAT('x', 900)) AS {name}" for name in dimensions)
    slow = query(
        f"SELECT {long}, {nap.format(4)} AS Value FROM {server.numbers(500)}",
        dimensions=dimensions,
        timeout=1,
        max_series=999,
    )

    # When
    page = ask(endpoint, slow, GOOD)

    # Then
    assert "ran past its timeout of 1 s" in error_of(page)


def test_each_query_has_a_limit_of_its_own(endpoint: Endpoint, server: DatabaseServer) -> None:
    # Given a patient query after an impatient one
    hasty = query(f"SELECT {server.sleep(30)} AS Value", name="hasty", timeout=1)
    patient = query(f"SELECT {server.sleep(1.2)} + 3 AS Value", name="patient", timeout=10)

    # When
    page = ask(endpoint, hasty, patient)

    # Then
    assert [failure["Query"] for failure in page["Failures"]] == ["hasty"]
    assert values(page)["Value", ""] == 3


def test_a_short_time_limit_does_not_end_a_query_with_a_longer_one(
    endpoint: Endpoint, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given no margin
    monkeypatch.setattr(f"sidestep.lambdas.engines.{server.engine.name}.session.MARGIN", 0)
    hasty = query("SELECT 1 AS Other", name="hasty", timeout=1)

    # When
    patient = query(f"SELECT {server.sleep(1.5)} AS Value")
    page = ask(endpoint, replace(hasty, metrics={"Other": Metric("Count", 60)}), patient)

    # Then
    assert page["Failures"] == []


def test_a_query_may_take_longer_than_connecting(
    endpoint: Endpoint, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(f"sidestep.lambdas.engines.{server.engine.name}.connection.CONNECT_TIMEOUT", 1)

    # When
    page = ask(endpoint, query(f"SELECT {server.sleep(1.5)} AS Value"))

    # Then
    assert page["Failures"] == []


def test_a_database_that_does_not_respond_times_out(
    endpoint: Endpoint, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given less patience than the query has time
    monkeypatch.setattr(f"sidestep.lambdas.engines.{server.engine.name}.session.MARGIN", -1)

    # When
    page = ask(endpoint, query(f"SELECT {server.sleep(1.8)} AS Value", timeout=2), replace(GOOD, timeout=2))

    # Then
    assert error_of(page).startswith("ran past its timeout of 2 s")


def test_a_server_without_a_handshake_times_out(
    endpoint: Endpoint, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given one that takes connections, and no more
    monkeypatch.setattr(f"sidestep.lambdas.engines.{server.engine.name}.connection.CONNECT_TIMEOUT", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        # When / Then
        with pytest.raises(DatabaseUnavailable, match="timed out"):
            ask(replace(endpoint, port=port), GOOD)


def test_a_killed_connection_fails_one_query(endpoint: Endpoint, server: DatabaseServer) -> None:
    # Given an administrator who kills the connection during the first query
    def running() -> list[object]:
        statements = server.says({"mysql": "SELECT SLEEP(30)", "postgres": "FETCH"})
        return [session for session, statement in server.execute(server.sessions) if statements in str(statement)]

    def kill() -> None:
        eventually(running)
        server.end_session(running()[0])

    killer = threading.Thread(target=kill)
    killer.start()

    # When
    page = ask(endpoint, query(f"SELECT {server.sleep(30)} AS Value", timeout=60), GOOD)
    killer.join()

    # Then the next one finds a new connection
    lost = server.says({"mysql": "2013 Lost connection|1927 ", "postgres": "the connection was lost$"})
    assert re.search(lost, error_of(page))


def test_a_lost_database_fails_the_remaining_queries_at_once(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a database that refuses every connection after the first one
    attempts = []
    connect = engine_named(endpoint.engine)

    def connect_once(login: Login) -> Session:
        attempts.append(login)
        if len(attempts) > 1:
            raise Unreachable("too many connections")
        return connect(login)

    # When
    with monkeypatch.context() as patch:
        patch.setattr(database, "engine_named", lambda _: connect_once)
        page = ask(endpoint, query("SELEC", name="a"), query("SELECT 1 AS Value", name="b"), query("SELEC", name="c"))

    # Then
    assert [failure["Query"] for failure in page["Failures"]] == ["a", "b", "c"]
    assert "too many connections" in page["Failures"][2]["Error"]
    assert len(attempts) == 2


def test_too_many_series_fail_without_reading_them_all(
    endpoint: Endpoint, server: DatabaseServer, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    huge = query(
        f"SELECT seq AS Number, 1 AS Value FROM {server.endless_numbers}", dimensions=("Number",), max_series=50
    )

    # When
    page = ask(endpoint, huge, GOOD)

    # Then
    assert "row 51: these are more than 50 series" in error_of(page)
    assert json.loads(capsys.readouterr().out)["queries"][0]["rows"] < 2 * FETCH_ROWS


def test_the_log_is_one_line_of_counts(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    # When
    ask(endpoint, query("SELECT region AS Region, id AS Value FROM orders", dimensions=("Region",)), GOOD)

    # Then
    (line,) = capsys.readouterr().out.splitlines()
    log = json.loads(line)
    assert (log["scheduled_time"], log["rows"], log["datums"], log["failures"]) == (NOW, 4, 1, 1)
    assert log["queries"][0] | {"milliseconds": 0} == {
        "name": "orders", "rows": 3, "datums": 0, "failed": True, "milliseconds": 0,
    }  # fmt: skip
    assert not any(secret in line for secret in ("north", "10.5", "token"))


def test_an_untrusted_authority_is_refused(endpoint: Endpoint, tmp_path: Path) -> None:
    # Given the roots of another authority
    roots = tmp_path / "roots.pem"
    trustme.CA().cert_pem.write_to_path(str(roots))

    # When / Then
    with pytest.raises(DatabaseUnavailable, match=r"cannot connect to localhost:\d+ .*CERTIFICATE_VERIFY_FAILED"):
        ask(replace(endpoint, certificates=roots), GOOD)


def test_a_certificate_for_another_host_is_refused(endpoint: Endpoint) -> None:
    # Given the same server under a name that its certificate does not have
    with pytest.raises(DatabaseUnavailable, match=r"certificate is not valid for '127\.0\.0\.1'"):
        ask(replace(endpoint, host="127.0.0.1"), GOOD)


def test_a_server_without_tls_is_refused(endpoint_without_tls: Endpoint) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"SSL|TLS"):
        ask(endpoint_without_tls, GOOD)


def test_a_missing_file_of_root_certificates_is_refused(endpoint: Endpoint, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="No such file"):
        ask(replace(endpoint, certificates=tmp_path / "missing.pem"), GOOD)


def test_the_session_is_encrypted(endpoint: Endpoint, server: DatabaseServer) -> None:
    # When
    version_of_tls = server.says(
        {
            "mysql": "SHOW SESSION STATUS LIKE 'Ssl_version'",
            "postgres": "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        }
    )
    with Database(endpoint) as database, database.ask(query(version_of_tls)) as result:
        (((*_, version),),) = list(result)

    # Then
    assert version in {"TLSv1.2", "TLSv1.3"}


def test_a_refused_token_is_reported(
    endpoint: Endpoint, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr("sidestep.lambdas.query_database.endpoint.iam_token", lambda *_: "wrong")

    # When / Then
    refusal = server.says(
        {
            "mysql": "1045 Access denied for user 'sidestep'@",
            "postgres": '28P01 password authentication failed for user "sidestep"',
        }
    )
    with pytest.raises(DatabaseUnavailable, match=refusal):
        ask(endpoint, GOOD)


def test_a_closed_port_is_reported(endpoint: Endpoint) -> None:
    with pytest.raises(DatabaseUnavailable, match="Connection refused"):
        ask(replace(endpoint, port=1), GOOD)


def test_an_unfinished_result_can_be_closed(endpoint: Endpoint, server: DatabaseServer) -> None:
    # Given a long result of which only the beginning is read
    def begin(database: Database) -> None:
        with database.ask(query(f"SELECT seq FROM {server.endless_numbers}")) as result:
            for _ in result:
                raise QueryFailed("enough")

    with Database(endpoint) as database:
        with pytest.raises(QueryFailed, match="enough"):
            begin(database)

        # When
        with database.ask(query("SELECT 7 AS Value")) as result:
            rows = [tuple(row) for some in result for row in some]

    # Then
    assert rows == [(7,)]


@pytest.fixture
def prices(server: DatabaseServer) -> Iterator[None]:
    """Make a table of numbers in single precision."""
    server.execute(f"CREATE TABLE shop.prices (price {server.says({'mysql': 'FLOAT', 'postgres': 'REAL'})})")
    server.execute("INSERT INTO shop.prices VALUES (19.99)")
    server.execute(server.says({"mysql": "SELECT 1", "postgres": "GRANT SELECT ON shop.prices TO sidestep"}))
    yield
    server.execute("DROP TABLE shop.prices")


@pytest.mark.usefixtures("prices")
@pytest.mark.parametrize("repeated", [1, 1000])
def test_a_statistic_set_of_single_precision_is_consistent(
    endpoint: Endpoint, server: DatabaseServer, repeated: int
) -> None:
    # Given a sum that the database rounds while it adds
    metrics = {"Price": Metric("None", 60, "set")}
    sql = (
        "SELECT MIN(price) AS minimum, MAX(price) AS maximum, SUM(price) AS sum, COUNT(*) AS count "
        f"FROM prices, {server.numbers(repeated)}"
    )

    # When
    page = ask(endpoint, replace(query(sql), metrics=metrics))

    # Then
    assert page["Failures"] == []
    (datum,) = page["MetricData"]
    assert datum["StatisticValues"]["Minimum"] == 19.99
    assert datum["StatisticValues"]["Sum"] == pytest.approx(19.99 * repeated, rel=1e-5)


def test_a_total_of_decimals_is_exact(endpoint: Endpoint) -> None:
    # Given numbers whose sum as doubles is different
    sql = (
        "SELECT 'a' AS Region, CAST(10000000000000000 AS DECIMAL(30, 2)) AS Value "
        "UNION ALL SELECT 'b', 1.01 UNION ALL SELECT 'c', -10000000000000000"
    )
    totalled = replace(query(sql, dimensions=("Region",)), metrics={"Value": Metric("Count", 60, rollup=True)})

    # When
    page = ask(endpoint, totalled)

    # Then
    assert values(page)["Value", ""] == 1.01


def test_a_number_that_would_become_zero_fails(endpoint: Endpoint, server: DatabaseServer) -> None:
    tiny = server.says({"mysql": "1e-320", "postgres": "1e-400::numeric"})
    assert error_of(ask(endpoint, query(f"SELECT {tiny} AS Value"), GOOD)).startswith('row 1, column "Value": ')


@contextmanager
def trickling(port: int, pause: float) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the port of a relay to a server, and the list of single bytes that it has forwarded from the server."""
    passed: list[bytes] = []

    def relay(listening: socket.socket) -> None:
        with (
            suppress(OSError),
            listening.accept()[0] as client,
            socket.create_connection(("127.0.0.1", port)) as server,
        ):
            for source, target in ((client, server), (server, client)):
                threads.append(threading.Thread(target=pump, args=[source, target, target is client]))
                threads[-1].start()
            for thread in threads:
                thread.join()

    def pump(source: socket.socket, target: socket.socket, is_slow: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 if is_slow else 65536):
                if is_slow:
                    passed.append(data)
                    hung_up.wait(pause)
                target.sendall(data)
        hung_up.set()
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    threads: list[threading.Thread] = []
    hung_up = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        relaying = threading.Thread(target=relay, args=[listening])
        relaying.start()
        yield listening.getsockname()[1], passed
        hung_up.set()
        relaying.join()


def test_a_slow_log_in_times_out(endpoint: Endpoint, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a server whose bytes arrive one by one, each well within the timeout of a single read
    monkeypatch.setattr(f"sidestep.lambdas.engines.{server.engine.name}.connection.CONNECT_TIMEOUT", 1)
    with trickling(server.port, pause=0.1) as (port, passed):
        # When / Then
        with pytest.raises(DatabaseUnavailable, match="timed out"):
            ask(replace(endpoint, port=port), GOOD)

        # Then the log-in ended before the certificate arrived
        assert len(passed) < 100


def test_a_slow_result_times_out(endpoint: Endpoint, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a connection on which each byte is slow after the log-in
    monkeypatch.setattr(f"sidestep.lambdas.engines.{server.engine.name}.session.MARGIN", 0)
    with trickling(server.port, pause=0.0005) as (port, _):
        # When
        long = query(
            f"SELECT seq AS Number, 1 AS Value FROM {server.numbers(5000)}", timeout=1, dimensions=("Number",)
        )
        page = ask(replace(endpoint, port=port), replace(long, max_series=9999))

    # Then
    assert [failure["Query"] for failure in page["Failures"]] == ["orders"]
    assert "timeout of 1 s" in page["Failures"][0]["Error"]
