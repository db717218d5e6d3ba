"""SELECT ... INTO as a real MariaDB parses it, under each sql_mode that changes where strings end."""

from collections.abc import Iterator

import pymysql
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidestep.config.engines import MYSQL
from sidestep.config.mysql_into import writes_with_into
from sidestep.config.sql import checked_sql
from tests.database.mariadb import MariaDb

SQL_MODES = ("", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "ORACLE")

AFTER_PARSING = (1, 1172, 1222, 1290)
"""Errors of a statement that writes: no such folder, several rows, other columns, or --secure-file-priv."""

FORMS = [
    ("", "SELECT 1.0INTO @taken"),
    ("", "SELECT id=1.0INTO @taken FROM orders"),
    ("", "SELECT .5INTO @taken"),
    ("", "SELECT 1.INTO @taken"),
    ("", "SELECT 1e0INTO @taken"),
    ("", "SELECT 1.5E-3into @taken"),
    ("", "SELECT \\NINTO @taken"),
    ("", "SELECT 'a'INTO @taken"),
    ("", "SELECT x'00'INTO @taken"),
    ("", "SELECT 1\x0bINTO\x0c@taken"),
    ("", "SELECT 1--1 INTO/**/@taken"),
    ("", "SELECT 1 INTO -- a file\n@`taken`"),
    ("", "SELECT 1.0INTO OUTFILE '/nowhere/file'"),
    ("", "SELECT 1.0INTO DUMPFILE '/nowhere/file'"),
    ("NO_BACKSLASH_ESCAPES", "SELECT '\\' INTO @taken -- '"),
    ("NO_BACKSLASH_ESCAPES", "SELECT '\\', \"'\" INTO @taken -- \\'"),
    ("ANSI_QUOTES", 'SELECT 1 AS "\\" INTO @taken -- "'),
    ("ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "SELECT '\\' AS \"\\\" INTO @taken -- \"'"),
]

PIECES = [
    *("1", "0", ".", "e", "+", "-", "'", '"', "`", "\\", "''", "-- ", "--", "/*", "*/", "#", "\n", " ", "\x0b", "a"),
    *("_", "@", "$", "x", "\\N", "(", ")", "*", ",", "é", "\xa0", "1.0", ".5", "1e5", "1.", "'a'", "INTO @taken"),
]


class Reader:
    """A session of MariaDB's."""

    def __init__(self, connection: "pymysql.Connection[pymysql.cursors.Cursor]") -> None:
        self._connection = connection

    def takes(self, sql: str, sql_mode: str) -> bool:
        """Return whether MariaDB parses the statement as one that writes."""
        with self._connection.cursor() as cursor:
            cursor.execute("SET sql_mode = %s", [sql_mode])
            try:
                cursor.execute(sql)
            except pymysql.MySQLError as error:
                return error.args[0] in AFTER_PARSING
            return cursor.description is None


@pytest.fixture(scope="module")
def reader(mariadb: MariaDb) -> Iterator[Reader]:
    connection = pymysql.connect(unix_socket=str(mariadb.socket), user="root", charset="utf8mb4")
    with connection:
        connection.select_db("shop")
        yield Reader(connection)


@pytest.mark.parametrize(("sql_mode", "sql"), FORMS)
def test_an_into_that_the_server_executes_is_refused(reader: Reader, sql_mode: str, sql: str) -> None:
    assert reader.takes(sql, sql_mode)
    assert writes_with_into(sql)
    with pytest.raises(ValueError, match=r"INTO|does not end"):
        checked_sql(sql, MYSQL)


@settings(
    deadline=None, derandomize=True, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    before=st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    after=st.sampled_from(["", " -- '", " #'", ' -- "', "#\"'"]),
    sql_mode=st.sampled_from(SQL_MODES),
)
def test_any_statement_with_into_that_the_server_executes_is_refused(
    reader: Reader, before: str, after: str, sql_mode: str
) -> None:
    # Given any text before INTO
    sql = f"SELECT {before}INTO @taken{after}"

    # Then
    assert writes_with_into(sql) or not reader.takes(sql, sql_mode)
