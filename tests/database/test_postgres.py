"""Behaviour of PostgreSQL only: its types, its settings, and how it stops a statement."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from sidestep.lambdas.engines import engine_named
from sidestep.lambdas.engines.interface import TimedOut
from sidestep.lambdas.engines.postgres.connection import connect
from sidestep.lambdas.query_database.database import Database
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.errors import DatabaseUnavailable
from sidestep.lambdas.query_database.event import Run
from sidestep.lambdas.query_database.run import next_page
from tests.database.asking import NOW, RUN, ask
from tests.database.conftest import PASSWORD, endpoint_of
from tests.database.deadlines import eventually
from tests.database.mariadb import MariaDb
from tests.database.postgres import Postgres
from tests.database.queries import GOOD, error_of, query, values

NOT_FINITE = "and CloudWatch accepts finite numbers only; make it NULL in the SELECT, or leave its row out"


@pytest.fixture
def endpoint(postgres: Postgres, certificates: Path) -> Endpoint:
    return endpoint_of(postgres, certificates)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("7::smallint", 7),
        ("7::integer", 7),
        ("9007199254740991::bigint", 2**53 - 1),
        ("9223372036854775807::bigint", float(2**63)),
        ("7::oid", 7),
        ("0.1::real", 0.1),
        ("0.1::double precision + 0.2::double precision", 0.30000000000000004),
        ("0.1::numeric + 0.2::numeric", 0.3),
        ("12345678901234567890123456789.5::numeric", 1.2345678901234568e28),
        ("1e300::numeric / 1e299", 10),
        ("true", 1),
        ("false", 0),
        ("1.50::money::numeric", 1.5),
        ("EXTRACT(EPOCH FROM interval '90 seconds')", 90),
    ],
)
def test_numbers_of_its_types(endpoint: Endpoint, expression: str, value: float) -> None:
    # When
    page = ask(endpoint, query(f"SELECT {expression} AS Value"))

    # Then
    assert page["Failures"] == []
    assert values(page) == {("Value", ""): value}
    assert type(page["MetricData"][0]["Value"]) is not bool


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        (
            "1.50::money",
            "is money, whose form is that of the server's language, not a number; cast it to numeric in the SELECT",
        ),
        ("'NaN'::double precision", f"is NaN, {NOT_FINITE}"),
        ("'NaN'::real", f"is NaN, {NOT_FINITE}"),
        ("'NaN'::numeric", f"is NaN, {NOT_FINITE}"),
        ("'Infinity'::double precision", f"is infinity, {NOT_FINITE}"),
        ("'-Infinity'::double precision", f"is -infinity, {NOT_FINITE}"),
        ("'Infinity'::numeric", f"is infinity, {NOT_FINITE}"),
        ("1e120::numeric", "is not a number that CloudWatch accepts: 0, or a size of 2^-360 to 2^360"),
        ("'7'::text", "is text, not a number; convert it in the SELECT"),
        ("interval '1 day'", "is an interval, not a number; convert it in the SELECT"),
        ("'infinity'::timestamp", "is a date and time, not a number; convert it in the SELECT"),
        ("timetz '08:05+01'", "is a time, not a number; convert it in the SELECT"),
        (r"'\xff'::bytea", "is binary, not a number; convert it in the SELECT"),
        ("'{1,2}'::int[]", "is text, not a number; convert it in the SELECT"),
    ],
)
def test_a_value_that_cloudwatch_rejects_is_named(endpoint: Endpoint, expression: str, problem: str) -> None:
    # When
    page = ask(endpoint, query(f"SELECT {expression} AS Value"), GOOD)

    # Then
    assert error_of(page) == f'row 1, column "Value": {problem}'


@pytest.mark.parametrize("first", ["'NaN'", "'Infinity'"])
def test_a_bad_number_among_many_good_ones_is_found(endpoint: Endpoint, first: str) -> None:
    # Given
    value = f"CASE seq WHEN 900 THEN {first}::float8 ELSE seq END"
    sql = f"SELECT seq AS Number, {value} AS Value FROM generate_series(1, 950) seq"

    # When
    page = ask(endpoint, query(sql, dimensions=("Number",), max_series=1000), GOOD)

    # Then
    assert error_of(page).startswith('row 900, column "Value": is ')


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'free'::varchar", "free"),
        ("'free'::char(6)", "free  "),
        ("'free'::name", "free"),
        ("7::bigint", "7"),
        ("true", "true"),
        ("false", "false"),
        ("'0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'::uuid", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"),
        ("'10.0.0.1'::inet", "10.0.0.1"),
        ("""'{"a": 1}'::jsonb""", '{"a": 1}'),
        ("'sad'::mood", "sad"),
        ("'{north,south}'::text[]", "{north,south}"),
    ],
)
@pytest.mark.usefixtures("mood")
def test_types_with_text_are_dimensions(endpoint: Endpoint, expression: str, text: str) -> None:
    page = ask(endpoint, query(f"SELECT {expression} AS Plan, 1 AS Value", dimensions=("Plan",)))
    assert values(page) == {("Value", text): 1}


@pytest.fixture(scope="module")
def mood(postgres: Postgres) -> Iterator[None]:
    postgres.execute("CREATE TYPE shop.mood AS ENUM ('sad', 'ok')")
    yield
    postgres.execute("DROP TYPE shop.mood")


@pytest.mark.parametrize(
    ("expression", "kind"), [("2.5", "a decimal number"), ("1::money", "money"), ("now()", "a date")]
)
def test_types_without_text_are_refused_as_dimensions(endpoint: Endpoint, expression: str, kind: str) -> None:
    page = ask(endpoint, query(f"SELECT {expression} AS Plan, 1 AS Value", dimensions=("Plan",)), GOOD)
    assert error_of(page).startswith(f'row 1, column "Plan": is {kind}')


def test_unquoted_names_in_lower_case_match_the_declared_ones(endpoint: Endpoint) -> None:
    # Given names that PostgreSQL writes in lower case, and one that it does not
    sql = 'SELECT region AS Region, COUNT(*) AS "Value" FROM orders GROUP BY Region ORDER BY REGION'

    # When
    page = ask(endpoint, query(sql, dimensions=("Region",)))

    # Then
    assert values(page) == {("Value", "north"): 2, ("Value", "south"): 1}
    assert page["MetricData"][0]["Dimensions"][0]["Name"] == "Region"


def test_a_select_without_columns_fails(endpoint: Endpoint) -> None:
    assert 'column "Value" is declared but not in the result' in error_of(
        ask(endpoint, query("SELECT FROM orders"), GOOD)
    )


def test_the_search_path_has_the_schema_only(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given a table of the same name in the schema that everybody has
    postgres.execute("CREATE TABLE public.elsewhere AS SELECT 1 AS id")
    postgres.execute("GRANT SELECT ON public.elsewhere TO sidestep")

    # When / Then
    assert error_of(ask(endpoint, query("SELECT id AS Value FROM elsewhere"), GOOD)).endswith(
        '42P01 relation "elsewhere" does not exist, or is in another schema, or in one that the user may not use'
    )
    assert values(ask(endpoint, query("SELECT id AS Value FROM public.elsewhere"))) == {("Value", ""): 1}


def test_a_schema_without_usage_is_reported_as_a_missing_table(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given a table that may be read, in a schema that may not be looked into
    postgres.execute("CREATE SCHEMA closed")
    postgres.execute("CREATE TABLE closed.orders (id INT)")
    postgres.execute("GRANT SELECT ON closed.orders TO sidestep")

    # When
    good = query("SELECT 3 AS Value", name="good")
    page = ask(replace(endpoint, schema="closed"), query("SELECT COUNT(*) AS Value FROM orders"), good)

    # Then PostgreSQL speaks of the table only, and we of the schema as well
    assert '42P01 relation "orders" does not exist' in error_of(page)
    assert error_of(page).endswith("or in one that the user may not use")


def test_a_schema_may_have_any_name(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given
    name = """a "quoted", 'odd' $user; schema"""
    quoted = '"' + name.replace('"', '""') + '"'
    postgres.execute(f"CREATE SCHEMA {quoted} AUTHORIZATION sidestep")
    postgres.execute(f"CREATE TABLE {quoted}.things AS SELECT 5 AS id")
    postgres.execute(f"ALTER TABLE {quoted}.things OWNER TO sidestep")

    # When / Then
    assert values(ask(replace(endpoint, schema=name), query("SELECT id AS Value FROM things"))) == {("Value", ""): 5}


@pytest.fixture
def odd_settings(postgres: Postgres) -> Iterator[None]:
    """The user's sessions begin with settings that would give queries another meaning."""
    settings = {
        "statement_timeout": "40",
        "TimeZone": "America/Bogota",
        "DateStyle": "German",
        "standard_conforming_strings": "off",
        "search_path": "public",
        "default_transaction_read_only": "off",
        "default_transaction_deferrable": "on",
        "client_encoding": "LATIN1",
        "extra_float_digits": "-15",
    }
    for name, value in settings.items():
        postgres.execute(f"ALTER ROLE sidestep SET {name} = '{value}'")
    yield
    postgres.execute("ALTER ROLE sidestep RESET ALL")


@pytest.mark.usefixtures("odd_settings")
def test_settings_of_the_role_change_nothing(endpoint: Endpoint) -> None:
    # When
    sql = r"""
        SELECT COUNT(*) * length('a\n') AS Value FROM orders WHERE pg_sleep(0.02) IS NOT NULL AND due = '2026-01-31'
        AND 0.1::float8 + 0.2::float8 = 0.30000000000000004 AND 'Zürich' < 'Zürichs'"""
    page = ask(endpoint, query(sql), query("SELECT 0.1::float8 + 0.2::float8 AS Value", name="sum"))

    # Then
    assert page["Failures"] == []
    assert [datum["Value"] for datum in page["MetricData"]] == [3, 0.30000000000000004]


def test_invalid_utf8_fails_only_its_query(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given a database that takes any bytes for text
    postgres.execute_in("postgres", "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    postgres.execute_in("ascii", "CREATE SCHEMA shop AUTHORIZATION sidestep")
    bad = query("SELECT convert_from('\\xff', 'SQL_ASCII') AS Plan, 1 AS Value", dimensions=("Plan",))

    # When
    page = ask(replace(endpoint, database="ascii"), bad, query("SELECT 7 AS Value", name="good"))

    # Then
    (failure,) = page["Failures"]
    assert failure["Error"].startswith("the database answered: 22021 an error; its text may quote data")
    assert values(page)["Value", ""] == 7


def test_a_cancelled_statement_is_not_reported_as_a_timeout(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given a session that cancels it
    def running() -> list[object]:
        return [session for session, statement in postgres.execute(postgres.sessions) if "FETCH" in str(statement)]

    def cancel() -> None:
        eventually(running)
        postgres.execute(f"SELECT pg_cancel_backend({running()[0]})")

    canceller = threading.Thread(target=cancel)
    canceller.start()

    # When
    page = ask(endpoint, query("SELECT 1 AS Value FROM pg_sleep(30)", timeout=60), GOOD)
    canceller.join()

    # Then
    assert error_of(page).startswith("the database answered: 57014 ")


def test_a_division_by_zero_is_reported(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SELECT 1 / (COUNT(*) - 3) AS Value FROM orders"), GOOD)
    assert error_of(page) == "the database answered: 22012 division by zero"


def test_unreadable_text_is_not_in_the_error(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SELECT MAX(region::int) AS Value FROM orders"), GOOD)
    assert error_of(page).startswith("the database answered: 22P02 an error; its text may quote data")


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("MAX(region::regclass::oid)", "42P01"),
        ("MAX(nextval(region))", "42P01"),
        ("MAX(region::regnamespace::oid)", "3F000"),
        ("MAX(('a.b.' || region)::regclass::oid)", "0A000"),
        ("MAX(length(current_setting(region)))", "42704"),
        ("MAX(numnode(to_tsquery(region || ' ' || region)))", "42601"),
        ("MAX(evaluated(region))", "42703"),
        ("MAX(protest(region))", "42501"),
    ],
)
@pytest.mark.usefixtures("careless_functions")
def test_an_error_of_dynamic_sql_does_not_quote_the_data(endpoint: Endpoint, expression: str, code: str) -> None:
    error = error_of(ask(endpoint, query(f"SELECT {expression} AS Value FROM orders"), GOOD))
    assert error.startswith(f"the database answered: {code} ")
    assert not any(region in error for region in ("north", "south"))


@pytest.fixture
def careless_functions(postgres: Postgres) -> Iterator[None]:
    """One that executes a text, and one that raises an error in its own words."""
    begin = "(value TEXT) RETURNS INT LANGUAGE plpgsql AS"
    postgres.execute(
        f"CREATE FUNCTION shop.evaluated{begin} $$ DECLARE it INT; "
        "BEGIN EXECUTE 'SELECT ' || value INTO it; RETURN it; END $$"
    )
    postgres.execute(
        f"CREATE FUNCTION shop.protest{begin} $$ BEGIN RAISE insufficient_privilege USING MESSAGE = value; END $$"
    )
    yield
    postgres.execute("DROP FUNCTION shop.evaluated, shop.protest")


def test_a_missing_privilege_inside_a_function_is_reported(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given a function that reads what the user may not, which shows as it runs
    postgres.execute("CREATE TABLE public.payroll AS SELECT 1 AS id")
    postgres.execute(
        "CREATE FUNCTION shop.paid() RETURNS INT LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN (SELECT id FROM public.payroll); END $$"
    )

    # When
    page = ask(endpoint, query("SELECT paid() AS Value"), GOOD)

    # Then
    assert error_of(page) == "the database answered: 42501 permission denied for table payroll"


@pytest.mark.parametrize(
    "sql",
    [
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT COUNT(*) AS Value FROM gone",
        "SELECT nextval('shop.numbers') AS Value",
        "SELECT id AS Value FROM orders LIMIT 1 FOR UPDATE",
        "SELECT set_config('transaction_read_only', 'off', false)::boolean AS Value",
    ],
)
def test_a_query_that_would_change_something_is_refused(endpoint: Endpoint, postgres: Postgres, sql: str) -> None:
    # Given
    postgres.execute("CREATE SEQUENCE IF NOT EXISTS shop.numbers")
    postgres.execute("ALTER SEQUENCE shop.numbers OWNER TO sidestep")

    # When
    page = ask(endpoint, query(sql), GOOD)

    # Then
    assert error_of(page).startswith("the database answered: ")


def test_a_query_cannot_remove_the_limits_of_the_next_one(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given one that changes its session's default, and a function that writes
    postgres.execute(
        "CREATE OR REPLACE FUNCTION shop.forget() RETURNS INT LANGUAGE sql AS 'DELETE FROM shop.orders; SELECT 1'"
    )
    loosening = query(
        "SELECT length(set_config('default_transaction_read_only', 'off', false)) AS Value", name="loosen"
    )

    # When
    page = ask(endpoint, loosening, query("SELECT forget() AS Value", name="forget"), GOOD)

    # Then
    assert [failure["Query"] for failure in page["Failures"]] == ["forget"]
    assert "25006" in page["Failures"][0]["Error"]


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("SELECT lo_from_bytea(0, 'x')::bigint * 0 + 3 AS Value", "SELECT COUNT(*) FROM pg_largeobject_metadata"),
        (
            "SELECT COUNT(*) AS Value FROM (SELECT pg_advisory_lock(7), generate_series(1, 3)) AS locked",
            "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'",
        ),
    ],
    ids=["large object", "lock"],
)
def test_allowed_changes_of_a_read_only_transaction_are_rolled_back(
    endpoint: Endpoint, postgres: Postgres, sql: str, left: str
) -> None:
    # Given a session that stays
    with Database(endpoint) as database:
        # When it does what PostgreSQL allows in a read-only transaction
        with database.ask(query(sql)) as result:
            assert [list(row) for rows in result for row in rows] == [[3]]

        # Then nothing of it is left
        assert postgres.execute(left) == ((0,),)


def test_a_notification_is_not_sent(endpoint: Endpoint, postgres: Postgres, certificates: Path) -> None:
    # Given a session that listens
    listening = connect(endpoint_of(postgres, certificates).login(PASSWORD))
    listening.execute_simple("LISTEN orders")

    # When
    page = ask(endpoint, query("SELECT length(pg_notify('orders', 'x')::text) + 3 AS Value"))
    listening.execute_simple("SELECT 1")

    # Then
    assert values(page) == {("Value", ""): 3}
    assert not listening.notifications
    listening.close()


def test_settings_of_a_query_end_with_it(endpoint: Endpoint) -> None:
    # Given one that changes what its session began with
    setting = {"TimeZone": "America/Bogota", "search_path": "public", "standard_conforming_strings": "off"}
    sets = " + ".join(f"length(set_config('{name}', '{value}', false))" for name, value in setting.items())
    sql = r"""
        SELECT COUNT(*) AS Value FROM orders
        WHERE now()::text LIKE '%+00' AND '\n' = concat(chr(92), 'n') AND $1 = '2026-01-31T08:05:00Z'"""
    looking = replace(query(sql, name="look"), parameters=("scheduled_time",))

    # When
    page = ask(endpoint, query(f"SELECT {sets} AS Value", name="set"), looking)

    # Then
    assert [datum["Value"] for datum in page["MetricData"]] == [sum(map(len, setting.values())), 3]


def test_all_rows_are_planned_for(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SELECT current_setting('cursor_tuple_fraction')::numeric AS Value"))
    assert values(page) == {("Value", ""): 1}


def test_planning_is_within_the_limit_too(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given a function that the planner evaluates
    postgres.execute(
        "CREATE FUNCTION shop.planned() RETURNS INT IMMUTABLE LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(30); RETURN 0; END $$"
    )

    # When
    page = ask(endpoint, query("SELECT id AS Value FROM orders WHERE id = planned()", timeout=1), GOOD)

    # Then
    assert error_of(page).startswith("ran past its timeout of 1 s")


def test_time_between_two_fetches_counts(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a reader who has taken longer than the query may
    with closing(engine_named("postgres")(endpoint.login(PASSWORD))) as session:
        rows = iter(session.ask("SELECT generate_series(1, 2000)", {}, 5))
        next(rows)
        later = time.monotonic() + 6
        monkeypatch.setattr("sidestep.lambdas.engines.postgres.session.time.monotonic", lambda: later)

        # When / Then
        with pytest.raises(TimedOut):
            list(rows)


def test_an_encoding_without_utf8_is_reported(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given
    postgres.execute_in("postgres", "CREATE DATABASE mule ENCODING 'MULE_INTERNAL' TEMPLATE template0")

    # When / Then
    with pytest.raises(DatabaseUnavailable, match=r"as sidestep: .* conversion between UTF8 and MULE_INTERNAL"):
        ask(replace(endpoint, database="mule"), GOOD)
    eventually(lambda: not postgres.execute(postgres.sessions))


def test_closing_a_broken_connection_raises_nothing(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given a connection that nothing can be written to any more
    connection = connect(endpoint.login(PASSWORD))
    connection._usock.shutdown(socket.SHUT_RDWR)

    # When
    connection.close()

    # Then
    eventually(lambda: not postgres.execute(postgres.sessions))


@pytest.mark.parametrize("encoding", ["ISO_8859_5", "WIN866", "EUC_TW", "LATIN1"])
def test_text_is_read_from_any_other_encoding(endpoint: Endpoint, postgres: Postgres, encoding: str) -> None:
    # Given
    name = encoding.lower()
    postgres.execute_in("postgres", f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0")
    postgres.execute_in(name, "CREATE SCHEMA shop AUTHORIZATION sidestep")

    # When
    page = ask(replace(endpoint, database=name), query("SELECT 'free' AS Plan, 1 AS Value", dimensions=("Plan",)))

    # Then
    assert values(page) == {("Value", "free"): 1}


def test_the_session_has_an_application_name(endpoint: Endpoint) -> None:
    sql = "SELECT COUNT(*) AS Value FROM pg_stat_activity WHERE application_name = 'sidestep'"
    assert values(ask(endpoint, query(sql))) == {("Value", ""): 1}


def test_an_unknown_database_is_reported(endpoint: Endpoint) -> None:
    with pytest.raises(DatabaseUnavailable, match='3D000 database "nowhere" does not exist'):
        ask(replace(endpoint, database="nowhere"), GOOD)


def test_a_server_of_another_engine_is_reported(
    endpoint: Endpoint, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a MySQL where a PostgreSQL is expected, and the other way round, where both wait for the other to begin
    monkeypatch.setattr("sidestep.lambdas.engines.mysql.connection.CONNECT_TIMEOUT", 1)
    with pytest.raises(DatabaseUnavailable, match=r"the server does not support TLS, or is not a PostgreSQL server"):
        ask(replace(endpoint, port=mariadb.port), GOOD)
    with pytest.raises(DatabaseUnavailable, match="cannot connect to localhost"):
        ask(replace(endpoint, engine="mysql"), GOOD)


@pytest.fixture
def newer_server(authority: trustme.CA, message: bytes) -> Iterator[int]:
    """Give the port of a server that begins like a PostgreSQL, and goes on with what the driver does not know."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    def answer(listening: socket.socket) -> None:
        plain, _ = listening.accept()
        with plain:
            plain.recv(8)
            plain.sendall(b"S")
            with context.wrap_socket(plain, server_side=True) as tls:
                tls.recv(1024)
                tls.sendall(message)
                tls.recv(1024)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=[listening])
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (b"!\0\0\0\x08\0\0\0\0", "the server does not speak the PostgreSQL protocol"),
        (b"R\0\0\0\x15\0\0\0\x0aOAUTHBEARER\0\0", "The mechanism name is not supported"),
        (b"R\0\0\0\x08\0\0\0\x07", "Authentication method 7 not supported"),
    ],
)
def test_an_authentication_that_the_driver_lacks_is_reported(
    endpoint: Endpoint, newer_server: int, problem: str
) -> None:
    with pytest.raises(DatabaseUnavailable, match=problem):
        ask(replace(endpoint, port=newer_server), GOOD)


def test_rows_are_fetched_in_few_round_trips(endpoint: Endpoint, postgres: Postgres, tmp_path: Path) -> None:
    # Given
    many = query("SELECT generate_series(1, 5500) AS Number, 1 AS Value", dimensions=("Number",), max_series=9999)

    # When
    with postgres.statement_log() as count:
        first_page = next_page(Run(NOW, (many,), RUN), endpoint, tmp_path)
        fetches = count("FETCH ")

    # Then: none for the columns, and a thousand each time
    assert len(first_page["MetricData"]) == 1000
    assert fetches == 1 + 6


def test_a_session_is_closed_in_any_state(endpoint: Endpoint, postgres: Postgres) -> None:
    # Given a session that the server has ended behind our back
    with Database(endpoint) as database:
        database.session()
        ((session, _),) = postgres.execute(postgres.sessions)
        postgres.end_session(session)
        eventually(lambda: not postgres.execute(postgres.sessions))

    # Then closing it said nothing, and the next one is a new one
    assert values(ask(endpoint, GOOD)) == {("Value", ""): 3}


@pytest.mark.parametrize("volatility", ["VOLATILE", "STABLE", "IMMUTABLE"])
def test_an_error_of_a_plan_is_not_quoted(endpoint: Endpoint, postgres: Postgres, volatility: str) -> None:
    # Given a function that uses a row as a name; unless it is volatile, the planner calls it
    postgres.execute(
        f"CREATE OR REPLACE FUNCTION shop.reads() RETURNS INT {volatility} LANGUAGE plpgsql AS $$ DECLARE it INT; "
        "BEGIN EXECUTE 'SELECT ' || (SELECT region FROM shop.orders WHERE id = 1) INTO it; RETURN it; END $$"
    )

    # When
    page = ask(endpoint, query("SELECT id AS Value FROM orders WHERE id = reads()"), GOOD)

    # Then
    assert error_of(page).startswith("the database answered: 42703 ")
    assert "north" not in error_of(page)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE shop.swapped ALTER COLUMN id TYPE bigint",
        "CREATE TABLE shop.newer AS TABLE shop.swapped; DROP TABLE shop.swapped; "
        "ALTER TABLE shop.newer RENAME TO swapped; GRANT SELECT ON shop.swapped TO sidestep",
    ],
    ids=["rewritten", "replaced"],
)
def test_a_table_that_is_replaced_during_the_query_is_not_empty(
    endpoint: Endpoint, postgres: Postgres, change: str
) -> None:
    # Given an administrator who changes a table, and commits once a query waits for it
    postgres.execute("CREATE TABLE shop.swapped AS SELECT generate_series(1, 10) AS id")
    postgres.execute("GRANT SELECT ON shop.swapped TO sidestep")
    change_and_wait = (
        f"DO $$ BEGIN {change}; FOR turn IN 1..1000 LOOP "
        "EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted); PERFORM pg_sleep(0.01); END LOOP; END $$"
    )
    administrator = threading.Thread(target=postgres.execute, args=[change_and_wait])
    administrator.start()
    eventually(lambda: postgres.execute("SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"))

    # When
    page = ask(endpoint, query("SELECT COUNT(*) AS Value FROM swapped"))
    administrator.join()
    postgres.execute("DROP TABLE shop.swapped")

    # Then
    assert values(page) == {("Value", ""): 10}
