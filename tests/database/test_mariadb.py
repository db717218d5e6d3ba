"""What only MariaDB and MySQL know."""

from pathlib import Path

import pytest

from query_database.endpoint import Endpoint
from tests.database.asking import ask
from tests.database.conftest import endpoint_of
from tests.database.mariadb import MariaDb
from tests.database.queries import GOOD, error_of, query, values


@pytest.fixture
def endpoint(mariadb: MariaDb, certificates: Path) -> Endpoint:
    return endpoint_of(mariadb, certificates)


def test_a_condition_is_a_number(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SELECT SUM(region = 'north') AS Value FROM orders"))
    assert values(page) == {("Value", ""): 2}


def test_binary_text_is_no_number(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SELECT UNHEX('ff') AS Value"), GOOD)
    assert error_of(page) == 'row 1, column "Value": is binary, not a number; convert it in the SELECT'


def test_a_statement_without_a_result_fails(endpoint: Endpoint) -> None:
    page = ask(endpoint, query("SET @x = 1"), GOOD)
    assert error_of(page).startswith("the database answered: the statement has no result")
