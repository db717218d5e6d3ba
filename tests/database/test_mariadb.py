"""Behaviour of MariaDB and MySQL only."""

from pathlib import Path

import pytest

from sidestep.lambdas.query_database.endpoint import Endpoint
from tests.database.asking import ask
from tests.database.conftest import endpoint_of
from tests.database.mariadb import MariaDb
from tests.database.queries import GOOD, error_of, query, values


@pytest.fixture
def endpoint(mariadb: MariaDb, certificates: Path) -> Endpoint:
    return endpoint_of(mariadb, certificates)


def test_a_condition_is_published_as_0_or_1(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SELECT SUM(region = 'north') AS Value FROM orders"))
    assert values(page) == {("Value", ""): 2}


def test_binary_text_is_not_a_number(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SELECT UNHEX('ff') AS Value"), GOOD)
    assert error_of(page) == 'row 1, column "Value": is binary, not a number; convert it in the SELECT'


def test_a_statement_without_a_result_fails(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SET @x = 1"), GOOD)
    assert error_of(page).startswith("the database answered: the statement has no result")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("CAST(-128 AS SIGNED)", -128),
        ("CAST(18446744073709551615 AS UNSIGNED)", 2.0**64),
        ("1.5", 1.5),
        ("0.1e0 + 0.2e0", 0.30000000000000004),
        ("12345678901234567890123456789.5", 1.2345678901234568e28),
        ("TRUE", 1),
        ("YEAR('2026-01-31')", 2026),
    ],
)
def test_numbers_of_its_types(endpoint: Endpoint, expression: str, value: float) -> None:
    page = ask(endpoint, query(f"SELECT {expression} AS Value"))
    assert page["Failures"] == []
    assert values(page) == {("Value", ""): value}


COLUMNS = {
    "TINYINT UNSIGNED": (255, 255),
    "SMALLINT": (-32768, -32768),
    "MEDIUMINT": (-8388608, -8388608),
    "INT UNSIGNED": (4294967295, 4294967295),
    "BIGINT": (-9007199254740991, -9007199254740991),
    "DECIMAL(20, 5)": ("19.99", 19.99),
    "DOUBLE": (2.0**-300, 2.0**-300),
    "YEAR": (2026, 2026),
    # In the text protocol these have six digits.
    "FLOAT": (16777215, 16777215),
    "FLOAT /* with digits behind the point */": (19.99, 19.99),
    "FLOAT /* the largest */": (3.4028234663852886e38, 3.4028235e38),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_keeps_its_value(endpoint: Endpoint, mariadb: MariaDb, kind: str) -> None:
    # Given
    given, published = COLUMNS[kind]
    mariadb.execute(f"CREATE TABLE shop.kept (v {kind})")
    mariadb.execute("INSERT INTO shop.kept VALUES (%s)", [given])

    # When
    page = ask(endpoint, query("SELECT v AS Value FROM kept"))
    mariadb.execute("DROP TABLE shop.kept")

    # Then
    assert values(page) == {("Value", ""): published}


@pytest.mark.parametrize(
    "expression", ["CAST('2026-01-31' AS DATE)", "CAST('08:05' AS TIME)", "NOW()", "CAST('0000-00-00' AS DATE)"]
)
def test_a_time_is_refused_as_a_dimension(endpoint: Endpoint, mariadb: MariaDb, expression: str) -> None:
    # Given a server that accepts a zero date
    mariadb.execute("SET GLOBAL sql_mode = ''")

    # When
    page = ask(endpoint, query(f"SELECT {expression} AS Day, 1 AS Value", dimensions=("Day",)), GOOD)
    mariadb.execute("SET GLOBAL sql_mode = DEFAULT")

    # Then
    assert error_of(page).startswith('row 1, column "Day": ')


def test_sql_select_limit_of_the_server_does_not_shorten_a_result(endpoint: Endpoint, mariadb: MariaDb) -> None:
    # Given
    mariadb.execute("SET GLOBAL sql_select_limit = 2")

    # When
    page = ask(endpoint, query("SELECT id AS Number, 1 AS Value FROM orders", dimensions=("Number",)))
    mariadb.execute("SET GLOBAL sql_select_limit = DEFAULT")

    # Then
    assert len(page["MetricData"]) == 3


def test_a_function_that_mariadb_ends_early_is_a_timeout(endpoint: Endpoint) -> None:
    # Given a function that MariaDB ends at the limit without an error
    page = ask(endpoint, query("SELECT BENCHMARK(1000000000, SHA2('a', 512)) AS Value", timeout=1), GOOD)
    assert error_of(page).startswith("ran past its timeout of 1 s")


@pytest.mark.parametrize("number", [1054, 1146, 1317, 1969, 2013, 3024, 1792])
def test_the_text_of_signal_is_not_in_the_error(endpoint: Endpoint, mariadb: MariaDb, number: int) -> None:
    # Given a function that puts a row into an error of any number
    mariadb.execute(
        "CREATE OR REPLACE FUNCTION shop.says(what TEXT) RETURNS INT DETERMINISTIC "
        f"BEGIN SIGNAL SQLSTATE '42000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = what; RETURN 1; END"
    )

    # When
    page = ask(endpoint, query("SELECT MAX(says(region)) AS Value FROM orders"), GOOD)

    # Then
    assert error_of(page).startswith(f"the database answered: {number} ")
    assert not any(region in error_of(page) for region in ("north", "south"))


def test_a_placeholder_of_the_server_is_not_a_parameter(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SELECT ? AS Value"), GOOD)
    assert '"?"' in error_of(page)
