"""The function that prepares, against a real MariaDB server: what its user may do then, and what it leaves alone.

MariaDB off AWS has no AWSAuthenticationPlugin, so the user gets a password here; nothing else is replaced.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql
import pytest
import trustme

from engines.server import Server
from prepare_database import statements
from prepare_database.errors import DatabaseUnavailable, InvalidEvent, InvalidName, PreparationRefused
from prepare_database.event import Administrator
from prepare_database.preparing import Outcome, prepare
from prepare_database.statements import Preparation
from tests.database.deadlines import eventually
from tests.database.mariadb import MariaDb

BOSS = "pässwörd;'`"
READER = "a reader's"

DENIED = {1044, 1142, 1227}
"""MySQL's numbers for: no access to the schema, no such privilege on the table, no such privilege at all."""

SCHEMAS = ("my_app", "myXapp", "my%app", "back`tick", "quo'te", 'dou"ble', "se;mi")


@pytest.fixture(autouse=True)
def identification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "IDENTIFICATION", f'IDENTIFIED BY "{READER}" REQUIRE SSL')
    monkeypatch.setattr(statements, "RDS_AUTHENTICATION", "mysql_native_password")


@pytest.fixture(scope="module", autouse=True)
def schemas(server: MariaDb) -> Iterator[None]:
    server.execute("CREATE USER boss IDENTIFIED BY %s", [BOSS])
    server.execute("GRANT ALL ON *.* TO boss WITH GRANT OPTION")
    for schema in SCHEMAS:
        server.execute(f"CREATE DATABASE {statements.quoted(schema)}")
        for table in ("orders", "cust`omers"):
            server.execute(f"CREATE TABLE {statements.quoted(schema)}.{statements.quoted(table)} (id INT)")
    yield
    for schema in SCHEMAS:
        server.execute(f"DROP DATABASE {statements.quoted(schema)}")
    server.execute("DROP USER boss")


@pytest.fixture(autouse=True)
def nothing_left_behind(server: MariaDb) -> Iterator[None]:
    yield
    server.execute("DROP USER IF EXISTS reader, team")
    for event in ("sessions_begin", "sessions_end"):
        server.execute(f"DROP EVENT IF EXISTS my_app.{event}")
    server.execute("DROP TABLE IF EXISTS my_app.sessions")


@pytest.fixture
def address(server: MariaDb, certificates: Path) -> Server:
    return Server("localhost", server.port, certificates)


def prepared(address: Server, schema: str, *tables: str, user: str = "reader", sample: bool = False) -> Outcome:
    boss = Administrator("boss", BOSS.encode())
    return prepare(address, boss, Preparation(user, schema, tables), sample=sample)


def ask(address: Server, sql: str) -> list[tuple[Any, ...]]:
    """Run a statement as the user who was prepared."""
    connection = pymysql.connect(
        host=address.host,
        port=address.port,
        user="reader",
        password=READER,
        ssl={"ca": str(address.certificates)},
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def refused(address: Server, sql: str) -> bool:
    """Return whether the database denies a statement; raises its other errors."""
    try:
        ask(address, sql)
    except pymysql.MySQLError as error:
        if error.args[0] in DENIED:
            return True
        raise
    return False


def test_the_clause_on_aws_is_that_of_rds(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given what the fixture replaces
    monkeypatch.undo()

    # Then
    assert Preparation("reader", "shop").creation == (
        "CREATE USER IF NOT EXISTS `reader`@`%` IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL"
    )


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schema_can_be_read_and_no_other(address: Server, schema: str) -> None:
    # When
    outcome = prepared(address, schema)

    # Then
    assert outcome["Beyond"] == []
    for name in SCHEMAS:
        for table in ("`orders`", "`cust``omers`"):
            sql = f"SELECT * FROM {statements.quoted(name)}.{table}"
            assert refused(address, sql) == (name != schema), sql


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_table_can_be_read_and_no_other(address: Server, schema: str) -> None:
    # When
    outcome = prepared(address, schema, "cust`omers")

    # Then
    assert outcome["Beyond"] == []
    for name in SCHEMAS:
        assert refused(address, f"SELECT * FROM {statements.quoted(name)}.`orders`")
        assert refused(address, f"SELECT * FROM {statements.quoted(name)}.`cust``omers`") == (name != schema)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO my_app.orders VALUES (1)",
        "UPDATE my_app.orders SET id = 1",
        "DELETE FROM my_app.orders",
        "TRUNCATE my_app.orders",
        "DROP TABLE my_app.orders",
        "CREATE TABLE my_app.other (id INT)",
        "CREATE USER other",
        "GRANT SELECT ON my_app.* TO reader",
        "SELECT * FROM mysql.user",
        "LOCK TABLES my_app.orders WRITE",
    ],
)
def test_nothing_but_reading_is_allowed(address: Server, sql: str) -> None:
    # Given
    prepared(address, "my_app")

    # When / Then
    assert refused(address, sql)


def test_a_second_time_changes_nothing(address: Server, server: MariaDb) -> None:
    # Given
    first = prepared(address, "my_app", "orders", "cust`omers")
    before = server.execute("SHOW GRANTS FOR reader")

    # When
    second = prepared(address, "my_app", "orders", "cust`omers")

    # Then
    assert second == first
    assert server.execute("SHOW GRANTS FOR reader") == before
    assert len(before) == 3


def test_what_is_right_is_not_touched(address: Server, server: MariaDb) -> None:
    # Given a prepared database, and the number of changes to its grants
    prepared(address, "my_app")

    def changes() -> int:
        rows = server.execute("SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_grant', 'Com_revoke_all')")
        return sum(int(value) for _, value in rows)

    before = changes()

    # When
    prepared(address, "my_app")

    # Then no query finds a moment without its grants
    assert changes() == before


def test_what_the_user_had_beyond_is_taken_away(address: Server, server: MariaDb) -> None:
    # Given somebody who was too generous
    prepared(address, "my_app")
    server.execute("GRANT ALL ON `my_app`.* TO reader WITH GRANT OPTION")
    server.execute("GRANT SELECT ON *.* TO reader")
    server.execute("GRANT UPDATE (id) ON myXapp.orders TO reader")

    # When
    outcome = prepared(address, "my_app", "orders")

    # Then
    assert outcome["Beyond"] == []
    assert outcome["Grants"] == ["GRANT SELECT ON `my_app`.`orders` TO `reader`@`%`"]
    assert not refused(address, "SELECT * FROM my_app.orders")
    assert refused(address, "SELECT * FROM my_app.`cust``omers`")
    assert refused(address, "SELECT * FROM myXapp.orders")


def test_what_cannot_be_taken_away_is_told(address: Server, server: MariaDb) -> None:
    # Given what revoking all privileges does not revoke; on MySQL a role is another such thing
    prepared(address, "my_app")
    server.execute("GRANT PROXY ON boss TO reader")

    # When
    outcome = prepared(address, "my_app")

    # Then
    assert outcome["Beyond"] == ["grant proxy on `boss`@`%`"]


def test_a_user_of_somebody_else_is_left_alone(
    address: Server, server: MariaDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a user with a password, where users are to have tokens
    server.execute("CREATE USER team IDENTIFIED BY 'theirs'")
    server.execute("GRANT ALL ON my_app.* TO team")
    before = server.execute("SHOW GRANTS FOR team")
    monkeypatch.setattr(statements, "RDS_AUTHENTICATION", "AWSAuthenticationPlugin")

    # When / Then
    with pytest.raises(PreparationRefused, match="the user 'team'@'%' exists and authenticates with mysql_native"):
        prepared(address, "my_app", user="team")
    assert server.execute("SHOW GRANTS FOR team") == before


def test_a_user_from_one_host_would_be_taken_in_place_of_ours(address: Server, server: MariaDb) -> None:
    # Given
    server.execute("CREATE USER reader@localhost")

    # When / Then
    try:
        with pytest.raises(PreparationRefused, match="'reader'@'localhost' exists"):
            prepared(address, "my_app")
    finally:
        server.execute("DROP USER reader@localhost")


def test_the_administrator_does_not_lock_itself_out(address: Server) -> None:
    with pytest.raises(PreparationRefused, match="'Boss' is the administrator"):
        prepared(address, "my_app", user="Boss")


def test_a_user_with_a_hostile_name_is_just_a_user(address: Server, server: MariaDb) -> None:
    # Given a name that would grant everything if it was not quoted
    name = "x`@`%`, boss;-- '"

    # When
    outcome = prepared(address, "my_app", user=name)

    # Then
    account = f"{statements.quoted(name)}@`%`"
    assert outcome["Beyond"] == []
    assert server.execute("SELECT COUNT(*) FROM mysql.user WHERE user = %s", [name]) == ((1,),)
    server.execute(f"DROP USER {account}")


@pytest.mark.parametrize("table", ["absent", "orders; DROP TABLE orders", "*", "orders` TO boss --", "_rders", "%"])
def test_a_table_that_is_not_there_is_refused(address: Server, server: MariaDb, table: str) -> None:
    # Given
    prepared(address, "my_app", "orders")

    # When
    with pytest.raises(PreparationRefused, match="the database answered: 1146 Table"):
        prepared(address, "my_app", table)

    # Then all is as before
    assert not refused(address, "SELECT * FROM my_app.orders")
    assert server.execute("SHOW TABLES FROM my_app LIKE 'orders'") == (("orders",),)


@pytest.mark.parametrize("table", ["", " orders", "a" * 65, "line\nfeed", "back\\slash"])
def test_a_name_that_no_table_has_is_refused(address: Server, table: str) -> None:
    with pytest.raises(InvalidEvent, match="the table "):
        prepared(address, "my_app", table)


def test_a_schema_that_is_not_there_is_refused(address: Server) -> None:
    with pytest.raises(DatabaseUnavailable, match="1049 Unknown database 'absent'"):
        prepared(address, "absent")


def test_the_samples_rows_come_by_themselves(address: Server, server: MariaDb) -> None:
    # When
    prepared(address, "my_app", sample=True)

    # Then the event scheduler begins at once, with some of each plan
    eventually(lambda: server.execute("SELECT 1 FROM my_app.sessions"))
    assert dict(ask(address, "SELECT plan, COUNT(*) FROM my_app.sessions GROUP BY plan")) == {
        "free": 3, "team": 2, "enterprise": 1,
    }  # fmt: skip
    ((soonest, latest),) = server.execute(
        "SELECT MIN(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), expires_at)),"
        " MAX(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), expires_at)) FROM my_app.sessions"
    )
    assert 40 < soonest <= latest <= 1500

    # And the events go on, one to let sessions begin and one to end them
    events = server.execute(
        "SELECT event_name, interval_value, interval_field, status FROM information_schema.events"
        " WHERE event_schema = 'my_app' ORDER BY 1"
    )
    assert events == (("sessions_begin", "1", "MINUTE", "ENABLED"), ("sessions_end", "1", "MINUTE", "ENABLED"))


def test_the_sample_twice_keeps_its_rows(address: Server, server: MariaDb) -> None:
    # Given
    prepared(address, "my_app", sample=True)
    eventually(lambda: server.execute("SELECT 1 FROM my_app.sessions"))

    # When
    prepared(address, "my_app", sample=True)

    # Then
    assert len(server.execute("SELECT id FROM my_app.sessions WHERE id <= 6")) == 6


def test_the_printed_script_does_the_same(address: Server, server: MariaDb) -> None:
    # Given
    script = statements.script(Preparation("reader", "my_app"), sample=True)

    # When somebody runs it by hand
    connection = pymysql.connect(unix_socket=str(server.socket), user="root", autocommit=True)
    with closing(connection), connection.cursor() as cursor:
        for statement in script.split(";\n")[:-1]:
            cursor.execute(statement)

    # Then the function finds nothing left to do
    before = server.execute("SHOW GRANTS FOR reader")
    prepared(address, "my_app", sample=True)
    assert server.execute("SHOW GRANTS FOR reader") == before


def test_the_printed_script_takes_nothing_from_a_user_who_is_there(server: MariaDb) -> None:
    # Given somebody's application
    server.execute("CREATE USER reader IDENTIFIED BY 'theirs'")
    server.execute("GRANT INSERT ON my_app.* TO reader")
    before = server.execute("SHOW GRANTS FOR reader")
    script = statements.script(Preparation("reader", "my_app"), sample=False)

    # When a client runs the script, which ends at the first error
    connection = pymysql.connect(unix_socket=str(server.socket), user="root", autocommit=True)
    use, create, grant = script.split(";\n")[:-1]
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(use)
        with pytest.raises(pymysql.MySQLError, match="CREATE USER"):
            cursor.execute(create)
    assert grant.startswith("GRANT SELECT")

    # Then
    assert server.execute("SHOW GRANTS FOR reader") == before


def test_nothing_is_granted_on_the_servers_own_schema() -> None:
    with pytest.raises(InvalidName, match="the schema mysql is MySQL's own"):
        statements.script(Preparation("reader", "mysql"), sample=False)


def test_a_wrong_password_is_told_without_it(address: Server) -> None:
    # Given
    boss = Administrator("boss", b"a wrong password")

    # When
    with pytest.raises(DatabaseUnavailable) as caught:
        prepare(address, boss, Preparation("reader", "my_app"), sample=False)

    # Then
    assert "1045 Access denied for user 'boss'" in str(caught.value)
    errors = [caught.value, caught.value.__cause__]
    assert not [error for error in errors if "a wrong password" in repr(error) or BOSS in repr(error)]


def test_an_authority_that_is_not_trusted_gets_no_password(address: Server, tmp_path: Path) -> None:
    # Given the roots of somebody else
    roots = tmp_path / "roots.pem"
    trustme.CA().cert_pem.write_to_path(str(roots))

    # When / Then
    with pytest.raises(DatabaseUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        prepared(Server(address.host, address.port, roots), "my_app")


def test_the_log_has_counts_only(
    address: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given the function as it is deployed
    for name, value in {
        "DATABASE_HOST": address.host,
        "DATABASE_PORT": str(address.port),
        "DATABASE_CERTIFICATES": str(address.certificates),
        "DATABASE_ENGINE": "mysql",
        "DATABASE_NAME": "my_app",
        "DATABASE_SCHEMA": "my_app",
        "DATABASE_USER": "reader",
        "DATABASE_SAMPLE": "false",
    }.items():
        monkeypatch.setenv(name, value)
    from prepare_database.handler import handler  # noqa: PLC0415 - it reads the environment

    # When
    outcome = handler({"Administrator": {"User": "boss", "Password": BOSS}, "Tables": ["orders"]}, None)

    # Then
    output = capsys.readouterr()
    assert json.loads(output.out) == {"grants": 1, "beyond": 0}
    assert output.err == ""
    assert BOSS not in json.dumps(outcome, ensure_ascii=False)
