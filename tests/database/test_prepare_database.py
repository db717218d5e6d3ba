"""The prepare function on real servers: the privileges of its user, and what it does not change."""

import importlib
import io
import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pg8000.dbapi
import pymysql
import pytest
import trustme

from sidestep.aws.administrator import Administrator as OperatorsAdministrator
from sidestep.commands import prepare
from sidestep.lambdas.engines import engine_named
from sidestep.lambdas.prepare_database.errors import (
    DatabaseUnavailable,
    InvalidEvent,
    InvalidName,
    PreparationRefused,
)
from sidestep.lambdas.prepare_database.preparation import Outcome, Preparation
from sidestep.lambdas.prepare_database.prepare import statements_of
from tests.database.grounds import BOSS, SCHEMAS, Ground

DRIVERS_ERRORS = (pymysql.MySQLError, pg8000.dbapi.Error)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schema_can_be_read_and_no_other(ground: Ground, schema: str) -> None:
    # When
    outcome = ground.prepare(schema)

    # Then
    assert outcome["Beyond"] == []
    for name in SCHEMAS:
        for table in ("orders", "cust`omers"):
            sql = f"SELECT * FROM {ground.quoted(name)}.{ground.quoted(table)}"
            assert ground.refused(sql) == (name != schema), sql


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_table_can_be_read_and_no_other(ground: Ground, schema: str) -> None:
    # When
    outcome = ground.prepare(schema, "cust`omers")

    # Then
    assert outcome["Beyond"] == []
    for name in SCHEMAS:
        assert ground.refused(f"SELECT * FROM {ground.quoted(name)}.orders")
        assert ground.refused(f"SELECT * FROM {ground.quoted(name)}.{ground.quoted('cust`omers')}") == (
            name != schema
        )


@pytest.mark.parametrize("tables", [(), ("orders",)])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_queries_session_finds_what_was_prepared(ground: Ground, schema: str, tables: tuple[str, ...]) -> None:
    # Given
    ground.prepare(schema, *tables)

    # When Sidestep logs in as usual
    with closing(engine_named(ground.server.engine.name)(ground.login(schema))) as session:
        stream = session.ask("SELECT COUNT(*) AS number FROM orders", {}, 10)
        rows = [tuple(row) for some in stream for row in some]

    # Then
    assert (stream.columns, rows) == (("number",), [(0,)])


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO my_app.orders VALUES (1)",
        "UPDATE my_app.orders SET id = 1",
        "DELETE FROM my_app.orders",
        "TRUNCATE TABLE my_app.orders",
        "DROP TABLE my_app.orders",
        "ALTER TABLE my_app.orders ADD COLUMN more INT",
        "CREATE TABLE my_app.other (id INT)",
        "CREATE SCHEMA other",
        "CREATE USER other",
        {"mysql": "SELECT * FROM mysql.user", "postgres": "SELECT * FROM pg_authid"},
        {"mysql": "LOCK TABLES my_app.orders WRITE", "postgres": "BEGIN; LOCK TABLE my_app.orders"},
        {"mysql": "GRANT SELECT ON my_app.* TO reader", "postgres": "GRANT rds_iam TO boss"},
        {"mysql": "SET GLOBAL max_connections = 1", "postgres": "COPY (SELECT 1) TO PROGRAM 'true'"},
    ],
    ids=str,
)
def test_the_user_can_only_read(ground: Ground, sql: str | dict[str, str]) -> None:
    # Given
    ground.prepare("my_app")

    # When / Then
    assert ground.refused(sql if isinstance(sql, str) else ground.server.says(sql))


def test_the_grants_are_named(ground: Ground) -> None:
    assert ground.prepare("my_app", "orders") == ground.server.says(
        {
            "mysql": {
                "User": "reader",
                "Grants": ["GRANT SELECT ON `my_app`.`orders` TO `reader`@`%`"],
                "Beyond": [],
            },
            "postgres": {
                "User": "reader",
                "Grants": [
                    'GRANT CONNECT ON DATABASE "premises" TO "reader"',
                    'GRANT USAGE ON SCHEMA "my_app" TO "reader"',
                    'GRANT SELECT ON "my_app"."orders" TO "reader"',
                ],
                "Beyond": [],
            },
        }
    )


@pytest.mark.parametrize("tables", [(), ("orders", "cust`omers")])
def test_a_second_time_changes_nothing(ground: Ground, tables: tuple[str, ...]) -> None:
    # Given
    first = ground.prepare("my_app", *tables)
    before = ground.held()

    # When
    second = ground.prepare("my_app", *tables)

    # Then
    assert second == first
    assert ground.held() == before
    assert len(before) == ground.server.says({"mysql": 3 if tables else 2, "postgres": 5 if tables else 6})


@pytest.mark.parametrize("tables", [(), ("orders",)])
def test_correct_grants_are_not_changed(ground: Ground, tables: tuple[str, ...]) -> None:
    # Given
    ground.prepare("my_app", *tables)
    before = ground.touched()

    # When
    ground.prepare("my_app", *tables)

    # Then no query finds a moment without its grants
    assert ground.touched() == before


def test_additional_privileges_are_revoked(ground: Ground) -> None:
    # Given a user with too many privileges
    ground.prepare("my_app")
    for sql in ground.server.says(
        {
            "mysql": [
                "GRANT ALL ON `my_app`.* TO reader WITH GRANT OPTION",
                "GRANT SELECT ON *.* TO reader",
                "GRANT UPDATE (id) ON myXapp.orders TO reader",
            ],
            "postgres": [
                "GRANT ALL ON ALL TABLES IN SCHEMA my_app TO reader WITH GRANT OPTION",
                'GRANT ALL ON SCHEMA "myXapp" TO reader',
                'GRANT SELECT, UPDATE (id) ON "myXapp".orders TO reader',
            ],
        }
    ):
        ground.execute(sql)

    # When
    outcome = ground.prepare("my_app", "orders")

    # Then
    assert outcome["Beyond"] == []
    assert not ground.refused("SELECT * FROM my_app.orders")
    assert ground.refused("INSERT INTO my_app.orders VALUES (1)")
    assert ground.refused(f"SELECT * FROM my_app.{ground.quoted('cust`omers')}")
    assert ground.refused(f"SELECT * FROM {ground.quoted('myXapp')}.orders")
    assert len(ground.held()) == ground.server.says({"mysql": 2, "postgres": 4})


def test_privileges_that_cannot_be_revoked_are_reported(ground: Ground) -> None:
    # Given privileges that cannot be revoked; on MySQL also a role
    ground.prepare("my_app")
    ground.execute(
        ground.server.says({"mysql": "GRANT PROXY ON boss TO reader", "postgres": "GRANT pg_monitor TO reader"})
    )

    # When
    outcome = ground.prepare("my_app")

    # Then
    assert outcome["Beyond"] == [
        ground.server.says({"mysql": "grant proxy on `boss`@`%`", "postgres": "membership in pg_monitor"})
    ]


def test_a_user_with_another_authentication_is_not_changed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a user with a password, where users are to have tokens
    monkeypatch.setattr(
        "sidestep.lambdas.prepare_database.mysql.statements.RDS_AUTHENTICATION", "AWSAuthenticationPlugin"
    )
    ground.execute(
        ground.server.says(
            {"mysql": "CREATE USER team IDENTIFIED BY 'theirs'", "postgres": "CREATE USER team PASSWORD 'theirs'"}
        )
    )
    ground.execute("GRANT SELECT, INSERT ON my_app.orders TO team")
    before = ground.held("team")

    # When / Then
    expected = {
        "mysql": "the user 'team'@'%' exists and authenticates with mysql_native",
        "postgres": "the user 'team' exists and is not a member of rds_iam, so it may have a password",
    }
    with pytest.raises(PreparationRefused, match=ground.server.says(expected)):
        ground.prepare("my_app", user="team")
    assert ground.held("team") == before
    assert before


def test_the_administrator_cannot_be_the_user_of_the_queries(ground: Ground) -> None:
    with pytest.raises(PreparationRefused, match="'Boss' is the administrator"):
        ground.prepare("my_app", user="Boss")


def test_a_user_name_with_quotes_is_escaped(ground: Ground) -> None:
    # Given a name that would grant everything if it was not quoted
    name = 'x`@`%`, "boss"; -- \''

    # When
    outcome = ground.prepare("my_app", user=name)

    # Then
    assert outcome["Beyond"] == []
    assert ground.held(name)
    ground.execute(
        ground.server.says(
            {
                "mysql": f"DROP USER {ground.quoted(name)}",
                "postgres": f"DROP OWNED BY {ground.quoted(name)}; DROP ROLE {ground.quoted(name)}",
            }
        )
    )


@pytest.mark.parametrize("table", ["absent", "orders; DROP TABLE orders", "*", '"orders" TO boss --', "_rders", "%"])
def test_a_grant_on_an_unknown_table_is_refused(ground: Ground, table: str) -> None:
    # Given
    ground.prepare("my_app", "orders")
    before = ground.held()

    # When
    expected = {
        "mysql": "the database answered: 1146 Table",
        "postgres": "the table .* is not in the schema 'my_app' of the database 'premises'",
    }
    with pytest.raises(PreparationRefused, match=ground.server.says(expected)):
        ground.prepare("my_app", "orders", table)

    # Then all is as before
    assert ground.held() == before
    assert not ground.refused("SELECT * FROM my_app.orders")


@pytest.mark.parametrize("table", ["", "a" * 65, "line\nfeed", "\0"])
def test_an_impossible_table_name_is_refused(ground: Ground, table: str) -> None:
    with pytest.raises(InvalidEvent, match="the table "):
        ground.prepare("my_app", table)


def test_a_missing_schema_is_refused(ground: Ground) -> None:
    expected = {
        "mysql": "1049 Unknown database 'absent'",
        "postgres": "the schema 'absent' is not in the database 'premises'; PostgreSQL keeps names in lower case",
    }
    with pytest.raises((DatabaseUnavailable, PreparationRefused), match=ground.server.says(expected)):
        ground.prepare("absent")


@pytest.mark.parametrize("tables", [(), ("orders", "cust`omers")])
def test_the_printed_script_does_the_same(ground: Ground, tables: tuple[str, ...]) -> None:
    # Given
    script = statements_of(ground.server.engine.name).script(ground.preparation("my_app", *tables))

    # When an administrator runs it by hand
    ground.run_script(script)

    # Then the function finds nothing left to do
    before, touched = ground.held(), ground.touched()
    assert ground.prepare("my_app", *tables)["Beyond"] == []
    assert (ground.held(), ground.touched()) == (before, touched)


def test_the_printed_script_revokes_nothing_from_an_existing_user(ground: Ground) -> None:
    # Given another application
    ground.execute(
        ground.server.says(
            {"mysql": "CREATE USER reader IDENTIFIED BY 'theirs'", "postgres": "CREATE USER reader PASSWORD 'theirs'"}
        )
    )
    ground.execute("GRANT INSERT ON my_app.orders TO reader")
    before = ground.held()

    # When a client runs the script
    script = statements_of(ground.server.engine.name).script(ground.preparation("my_app"))
    with pytest.raises(DRIVERS_ERRORS, match=ground.server.says({"mysql": "CREATE USER", "postgres": "42710"})):
        ground.run_script(script)

    # Then
    assert ground.held() == before


@pytest.mark.parametrize(
    ("engine", "schema"),
    [
        ("mysql", "mysql"),
        ("mysql", "sys"),
        ("postgres", "pg_catalog"),
        ("postgres", "pg_toast"),
        ("postgres", "information_schema"),
    ],
)
def test_nothing_is_granted_on_the_servers_own_schema(engine: str, schema: str) -> None:
    with pytest.raises(InvalidName, match=f"the schema {schema} is .* own; name the schema of your tables"):
        statements_of(engine).script(Preparation("reader", "premises", schema))


def test_the_error_for_a_wrong_password_does_not_contain_it(ground: Ground) -> None:
    # When
    with pytest.raises(DatabaseUnavailable) as caught:
        ground.prepare("my_app", password="a wrong password")

    # Then
    answers = {
        "mysql": "as boss: 1045 Access denied for user 'boss'",
        "postgres": 'as boss: 28P01 password authentication failed for user "boss"',
    }
    assert ground.server.says(answers) in str(caught.value)
    errors = [caught.value, caught.value.__cause__]
    assert not [error for error in errors if "a wrong password" in repr(error) or BOSS in repr(error)]


def test_a_server_with_an_untrusted_certificate_gets_no_password(ground: Ground, tmp_path: Path) -> None:
    # Given the roots of another authority
    roots = tmp_path / "roots.pem"
    trustme.CA().cert_pem.write_to_path(str(roots))

    # When / Then
    with pytest.raises(DatabaseUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        replace(ground, certificates=roots).prepare("my_app")


@pytest.fixture
def handler(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """The function as it is deployed for one schema."""
    for name, value in {
        "DATABASE_HOST": ground.address.host,
        "DATABASE_PORT": str(ground.address.port),
        "DATABASE_CERTIFICATES": str(ground.address.certificates),
        "DATABASE_ENGINE": ground.server.engine.name,
        "DATABASE_NAME": ground.database("my_app"),
        "DATABASE_SCHEMA": "my_app",
        "DATABASE_USER": "reader",
        "DATABASE_SAMPLE": "false",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(
        sys.modules, "sidestep.lambdas.prepare_database.handler", raising=False
    )  # it reads the environment
    handler: Callable[..., Outcome] = importlib.import_module("sidestep.lambdas.prepare_database.handler").handler
    return handler


def test_the_log_has_counts_only(
    ground: Ground, handler: Callable[..., Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    # When
    outcome = handler({"Administrator": {"User": "boss", "Password": BOSS}, "Tables": ["orders"]}, None)

    # Then
    output = capsys.readouterr()
    assert json.loads(output.out) == {"grants": ground.server.says({"mysql": 1, "postgres": 3}), "beyond": 0}
    assert output.err == ""
    assert BOSS not in json.dumps(outcome, ensure_ascii=False)


def test_the_result_has_the_grants(ground: Ground, handler: Callable[..., Outcome]) -> None:
    # Given Lambda, which hands JSON to the function and back
    class Lambda:
        meta = SimpleNamespace(endpoint_url="https://lambda.example.com")

        def invoke(self, *, Payload: str, **_: str) -> dict[str, object]:  # noqa: N803 - boto3's name
            return {"Payload": io.BytesIO(json.dumps(handler(json.loads(Payload), None)).encode())}

    # When
    answer = prepare._invoke("function", OperatorsAdministrator("boss", BOSS), ("orders",), lambda _: Lambda())

    # Then
    summary = prepare.summary(prepare.Prepared(answer["User"], answer["Grants"], answer["Beyond"]))
    grants = {
        "mysql": "  GRANT SELECT ON `my_app`.`orders` TO `reader`@`%`",
        "postgres": """\
  GRANT CONNECT ON DATABASE "premises" TO "reader"
  GRANT USAGE ON SCHEMA "my_app" TO "reader"
  GRANT SELECT ON "my_app"."orders" TO "reader\"""",
    }
    assert summary.partition("\n")[2] == ground.server.says(grants)
