"""The embedded database over its network port: TLS, tokens, SELECT only."""

import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pymysql
import pytest
import trustme
from botocore.credentials import Credentials

from sidestep.aws.administrator import Administrator
from sidestep.lambdas.prepare_database.mysql import statements
from sidestep.lambdas.prepare_database.preparation import Preparation
from sidestep.lambdas.query_database.database import Database
from sidestep.lambdas.query_database.endpoint import Endpoint, iam_token
from sidestep.lambdas.query_database.errors import DatabaseUnavailable, QueryFailed
from sidestep.lambdas.query_database.queries import Query
from sidestep.local.iam_authentication import Holder, TokenVerifier
from tests.faults.database import FaultyDatabase

CREDENTIALS = Credentials("ASIAEXAMPLE", "secret", "session")
HOLDER = Holder(CREDENTIALS, may_connect_as=lambda user: user == "sidestep")
SOCKETS = Path("/proc/net/tcp")
NOW = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def database(authority: trustme.CA) -> Iterator[FaultyDatabase]:
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(certificate)

    def verifier(port: int) -> TokenVerifier:
        return TokenVerifier("localhost", port, "us-east-1", lambda key: HOLDER if key == "ASIAEXAMPLE" else None)

    with FaultyDatabase(
        administrator=Administrator("admin", "an administrator's password"),
        schema="sample",
        certificate=certificate,
        verifier_for=verifier,
        clock=lambda: NOW,
    ) as database:
        database.execute("CREATE TABLE sessions (id INTEGER PRIMARY KEY, plan TEXT)")
        preparation = Preparation("sidestep", "sample", "sample")
        for statement in (statements.creation("sidestep"), *statements.grants(preparation)):
            database.administer(statement)
        database.execute("INSERT INTO sessions (plan) VALUES ('free'), ('free'), ('team')")
        yield database


@pytest.fixture
def endpoint(database: FaultyDatabase, authority: trustme.CA, tmp_path: Path) -> Endpoint:
    roots = tmp_path / "roots.pem"
    authority.cert_pem.write_to_path(str(roots))
    return Endpoint("mysql", "localhost", database.port, "sidestep", "sample", "sample", "us-east-1", roots)


def ask(endpoint: Endpoint, sql: str) -> list[tuple[object, ...]]:
    query = Query("probe", sql, (), 10, 100, "skip", "skip", {})
    with Database(endpoint) as database, database.ask(query) as result:
        return [tuple(row) for rows in result for row in rows]


def test_a_query_is_answered_and_remembered(endpoint: Endpoint, database: FaultyDatabase) -> None:
    # Given
    sql = "SELECT plan AS Plan, COUNT(*) AS N FROM sessions GROUP BY plan"

    # When
    rows = ask(endpoint, sql)

    # Then
    assert rows == [("free", 2), ("team", 1)]
    assert (database.answers[-1].sql, database.answers[-1].columns) == (sql, ("Plan", "N"))
    assert database.answers[-1].rows == (("free", 2), ("team", 1))


def test_functions_of_the_embedded_database_use_its_clock(endpoint: Endpoint) -> None:
    assert ask(endpoint, "SELECT NOW() AS a, UTC_TIMESTAMP() AS b FROM sessions LIMIT 1") == [
        ("2026-01-31 08:05:00", "2026-01-31 08:05:00")
    ]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELECT absent FROM sessions", "1054 Unknown column 'absent' in 'field list'"),
        ("SELECT 1 FROM absent", "1146 Table 'sample.absent' doesn't exist"),
        ("DELETE FROM sessions", "1142 DELETE command denied to user 'sidestep'"),
        ("DROP TABLE sessions", "1142 DROP command denied to user 'sidestep'"),
        ("CREATE TABLE x (id INT)", "1142 CREATE command denied to user 'sidestep'"),
        ("SELECT 1; DELETE FROM sessions", "1142 DELETE command denied to user 'sidestep'"),
        ("SELEC", "1064 You have an error in your SQL syntax"),
    ],
)
def test_errors_are_those_of_mysql(endpoint: Endpoint, sql: str, error: str) -> None:
    with pytest.raises(QueryFailed) as caught:
        ask(endpoint, sql)
    assert str(caught.value) == f"the database answered: {error}"
    assert ask(endpoint, "SELECT COUNT(*) AS n FROM sessions") == [(3,)]


@pytest.mark.parametrize(
    ("sql", "number", "parts"),
    [
        ("SELECT plan\nFORM sessions WHERE 1", 1064, ["'sessions WHERE 1'", "line 2"]),
        ("SELECT plan FROM sessions GROUP", 1064, ["embedded"]),
        ("SELECT 1 UNION SELECT 2, 3", 1222, ["UNION"]),
        ("SELECT absent(plan) FROM sessions", 1305, ["sample.ABSENT"]),
        ("SELECT UPPER(plan, 2) FROM sessions", 1064, ["line 1"]),
        ("SELECT ROUND(1, 2, 3) FROM sessions", 1582, ["ROUND"]),
        ("SELECT SUM(COUNT(*)) FROM sessions", 1111, ["COUNT"]),
        ("SELECT plan FROM sessions a, sessions b", 1052, ["plan"]),
        ("SELECT MATCH (plan) AGAINST ('x') FROM sessions", 1064, ["embedded"]),
    ],
)
def test_an_error_names_the_wrong_part_of_the_sql(
    endpoint: Endpoint, sql: str, number: int, parts: list[str]
) -> None:
    # When
    with pytest.raises(QueryFailed) as caught:
        ask(endpoint, sql)

    # Then
    assert f" {number} " in str(caught.value)
    assert [part for part in parts if part not in str(caught.value)] == []


def test_a_forged_token_is_refused(
    endpoint: Endpoint, database: FaultyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guessed")

    # When
    with pytest.raises(DatabaseUnavailable, match="1045 Access denied for user"):
        ask(endpoint, "SELECT 1")

    # Then the server keeps the reason
    assert any("signature" in refusal for refusal in database.refusals)


def test_another_user_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(DatabaseUnavailable, match="1045 Access denied for user stranger"):
        ask(replace(endpoint, user="stranger"), "SELECT 1")


def test_the_administrators_password_is_not_a_token(endpoint: Endpoint) -> None:
    with pytest.raises(DatabaseUnavailable, match="1045 Access denied for user admin"):
        ask(replace(endpoint, user="admin"), "SELECT 1")


def test_an_unknown_authority_is_refused_by_the_client(endpoint: Endpoint, tmp_path: Path) -> None:
    # Given
    roots = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(roots))

    # When / Then
    with pytest.raises(DatabaseUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        ask(replace(endpoint, certificates=roots), "SELECT 1")


def test_a_client_without_tls_gets_nothing(endpoint: Endpoint, database: FaultyDatabase) -> None:
    # Given a client that sends a valid token without TLS
    token = iam_token(endpoint, CREDENTIALS)
    before = len(database.answers)

    # When
    connection = pymysql.connections.Connection(
        host="127.0.0.1", port=database.port, user="sidestep", password=token, ssl_disabled=True, defer_connect=True
    )
    with pytest.raises(pymysql.MySQLError):
        connection.connect()

    # Then
    assert len(database.answers) == before


def test_many_clients_are_served_at_once(endpoint: Endpoint) -> None:
    """A ClientHello that comes together with the request for TLS is not lost: see TlsUpgradeLoop."""
    # Given
    answers: list[object] = []

    def connect_often() -> None:
        answers.extend(ask(endpoint, "SELECT COUNT(*) AS n FROM sessions") for _ in range(25))

    clients = [threading.Thread(target=connect_often) for _ in range(8)]

    # When
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    # Then
    assert answers == [[(3,)]] * 200


@pytest.mark.skipif(not SOCKETS.exists(), reason="only Linux lists its sockets in a file")
def test_the_embedded_database_listens_on_this_machine_only(database: FaultyDatabase) -> None:
    # When
    sockets = [line.split() for line in SOCKETS.read_text().splitlines()]

    # Then: 0A is LISTEN, 0100007F is 127.0.0.1
    local_addresses = [fields[1] for fields in sockets if fields[3] == "0A"]
    port = f"{database.port:04X}"
    assert [address for address in local_addresses if address.endswith(f":{port}")] == [f"0100007F:{port}"]


def test_a_stopped_database_refuses_and_comes_back_with_its_data(
    endpoint: Endpoint, database: FaultyDatabase
) -> None:
    # When
    with database.stopped(), pytest.raises(DatabaseUnavailable, match="Connection refused"):
        ask(endpoint, "SELECT 1")

    # Then
    assert ask(endpoint, "SELECT COUNT(*) AS n FROM sessions") == [(3,)]


def test_stopping_ends_a_waiting_query(endpoint: Endpoint, database: FaultyDatabase) -> None:
    # Given a client whose query is kept waiting
    errors: list[QueryFailed] = []

    def client() -> None:
        try:
            ask(endpoint, "SELECT COUNT(*) AS n FROM sessions")
        except QueryFailed as error:
            errors.append(error)

    thread = threading.Thread(target=client)
    with database.held() as hold:
        thread.start()
        hold.wait_for_query(timeout=10)

        # When
        with database.stopped():
            thread.join()

    # Then
    assert str(errors[0]).startswith("the database answered: 2013 Lost connection")
    assert ask(endpoint, "SELECT COUNT(*) AS n FROM sessions") == [(3,)]


def test_a_held_query_is_answered_when_it_is_released(endpoint: Endpoint, database: FaultyDatabase) -> None:
    # Given
    answers: list[object] = []
    client = threading.Thread(target=lambda: answers.extend(ask(endpoint, "SELECT COUNT(*) AS n FROM sessions")))

    # When
    with database.held() as hold:
        client.start()
        hold.wait_for_query(timeout=10)
        before = list(answers)
    client.join()

    # Then
    assert (before, answers) == ([], [(3,)])


def test_a_result_can_be_interrupted_after_its_first_rows(endpoint: Endpoint, database: FaultyDatabase) -> None:
    # Given
    query = Query("probe", "SELECT id FROM sessions ORDER BY id", (), 10, 100, "skip", "skip", {})
    database.break_off_next_result(rows=2)

    arrived: list[object] = []

    def read() -> None:
        with Database(endpoint) as client, client.ask(query) as stream:
            for rows in stream:
                arrived.extend(rows)

    # When
    with pytest.raises(QueryFailed, match="2013 Lost connection"):
        read()

    # Then these had arrived
    assert len(arrived) == 2
    assert ask(endpoint, "SELECT COUNT(*) AS n FROM sessions") == [(3,)]


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("at >= %(previous_scheduled_time)s AND at < %(scheduled_time)s", 2),
        ("at BETWEEN %(previous_scheduled_time)s AND %(scheduled_time)s", 4),
        ("at >= %(scheduled_time)s - INTERVAL 1 SECOND AND kind LIKE '%%:04%%'", 1),
        ("TIMESTAMPDIFF(SECOND, at, %(scheduled_time)s) >= 1", 2),
        ("kind = ':scheduled_time' OR at = %(scheduled_time)s", 2),
    ],
)
def test_parameters_are_compared_with_times(
    endpoint: Endpoint, database: FaultyDatabase, condition: str, count: int
) -> None:
    # Given times in the form of the embedded database
    database.execute("DROP TABLE IF EXISTS arrivals")
    database.execute("CREATE TABLE arrivals (at DATETIME, kind TEXT)")
    for time in ("08:00:00", "08:04:59", "08:05:00", "08:05:00"):
        database.execute("INSERT INTO arrivals VALUES (?, ?)", [f"2026-01-31 {time}", time[:5]])
    query = Query("probe", f"SELECT COUNT(*) AS n FROM arrivals WHERE {condition}", (), 10, 100, "skip", "skip", {})
    parameters = {"scheduled_time": datetime(2026, 1, 31, 8, 5), "previous_scheduled_time": datetime(2026, 1, 31, 8)}

    # When
    with Database(endpoint) as client, client.ask(query, parameters) as result:
        (((found,),),) = result

    # Then
    assert found == count
