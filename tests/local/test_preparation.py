"""The embedded database before and after it is prepared: it enforces the grants, and runs the sample's events."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlglot
import trustme
from mysql_mimic.errors import MysqlError

from sidestep.aws.administrator import Administrator
from sidestep.config.engines import MYSQL
from sidestep.lambdas.engines.server import Server
from sidestep.lambdas.prepare_database.errors import DatabaseUnavailable, PreparationRefused
from sidestep.lambdas.prepare_database.event import Administrator as Boss
from sidestep.lambdas.prepare_database.preparation import Preparation
from sidestep.lambdas.prepare_database.prepare import prepare
from sidestep.local.database import EmbeddedDatabase
from sidestep.local.iam_authentication import TokenVerifier

PASSWORD = "an administrator's password"


@dataclass
class Prepared:
    """A database whose time is the test's."""

    roots: Path
    database: EmbeddedDatabase = field(init=False)
    now: datetime = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)

    def prepare(self, *tables: str, sample: bool = False, password: str = PASSWORD) -> None:
        server = Server("localhost", self.database.port, self.roots)
        preparation = Preparation("sidestep", "sample", "sample", tables, sample=sample)
        prepare(MYSQL.name, server, Boss("admin", password.encode()), preparation)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        (expression,) = sqlglot.parse(sql, dialect="mysql")
        assert expression is not None
        return list(self.database.answer(expression, sql, "sidestep").rows)


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Prepared]:
    authority = trustme.CA()
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(certificate)
    roots = tmp_path / "roots.pem"
    authority.cert_pem.write_to_path(str(roots))
    prepared = Prepared(roots)
    with EmbeddedDatabase(
        administrator=Administrator("admin", PASSWORD),
        schema="sample",
        certificate=certificate,
        verifier_for=lambda port: TokenVerifier("localhost", port, "us-east-1", lambda _: None),
        clock=lambda: prepared.now,
    ) as prepared.database:
        for table in ("orders", "customers"):
            prepared.database.execute(f"CREATE TABLE {table} (id INTEGER)")
        yield prepared


def test_the_user_cannot_read_before_the_preparation(prepared: Prepared) -> None:
    with pytest.raises(MysqlError, match=r"'sidestep' .*'orders'"):
        prepared.ask("SELECT * FROM orders")


def test_the_user_can_read_the_schema_after_the_preparation(prepared: Prepared) -> None:
    # When
    prepared.prepare()

    # Then by its name, too
    assert prepared.ask("SELECT * FROM orders, sample.customers") == []
    with pytest.raises(MysqlError, match=r"'sidestep' .*'user'"):
        prepared.ask("SELECT * FROM mysql.user")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM customers",
        "SELECT * FROM orders WHERE id IN (SELECT id FROM customers)",
        "WITH mine AS (SELECT * FROM customers) SELECT * FROM mine",
        "SELECT 1 FROM orders UNION SELECT id FROM sample.customers",
    ],
)
def test_a_grant_on_one_table_is_for_this_table_only(prepared: Prepared, sql: str) -> None:
    # Given all at first
    prepared.prepare()

    # When
    prepared.prepare("orders")

    # Then
    assert prepared.ask("WITH mine AS (SELECT * FROM orders) SELECT * FROM mine") == []
    with pytest.raises(MysqlError, match="'customers'"):
        prepared.ask(sql)


def test_a_grant_on_an_unknown_table_is_refused(prepared: Prepared) -> None:
    with pytest.raises(PreparationRefused, match=r"1146 Table 'sample\.absent' doesn't exist"):
        prepared.prepare("absent")


def test_a_wrong_password_is_refused(prepared: Prepared) -> None:
    with pytest.raises(DatabaseUnavailable, match="1045 Access denied for user admin"):
        prepared.prepare(password="guessed")
    assert "sidestep" not in prepared.database.accounts


def test_the_samples_sessions_start_and_expire(prepared: Prepared) -> None:
    # Given
    prepared.prepare(sample=True)

    def customers() -> set[tuple[object, ...]]:
        return set(prepared.ask("SELECT id FROM sessions"))

    # When
    before = customers()
    prepared.now += timedelta(seconds=59)
    soon = customers()
    prepared.now += timedelta(minutes=30)
    later = customers()

    # Then
    assert len(before) == 6
    assert soon == before
    assert len(later - before) > 20
    assert later.isdisjoint(before)


def test_preparing_twice_keeps_rows_and_events(prepared: Prepared) -> None:
    # Given
    prepared.prepare(sample=True)
    before = prepared.ask("SELECT id FROM sessions")

    # When
    prepared.prepare(sample=True)

    # Then
    assert prepared.ask("SELECT id FROM sessions") == before
