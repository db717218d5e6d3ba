"""MySQL's functions on dates, as the embedded database answers them."""

import sqlite3
from datetime import UTC, datetime

import pytest
import sqlglot

from sidestep.local import dialect

NOW = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("UTC_TIMESTAMP()", "2026-01-31 08:05:00"),
        ("NOW()", "2026-01-31 08:05:00"),
        ("CURRENT_TIMESTAMP", "2026-01-31 08:05:00"),
        ("NOW() - INTERVAL 10 MINUTE", "2026-01-31 07:55:00"),
        ("UTC_TIMESTAMP() + INTERVAL 1 DAY", "2026-02-01 08:05:00"),
        ("DATE_SUB(NOW(), INTERVAL 2 HOUR)", "2026-01-31 06:05:00"),
        ("DATE_ADD('2026-01-31 08:05:00', INTERVAL 90 SECOND)", "2026-01-31 08:06:30"),
        ("TIMESTAMPDIFF(SECOND, '2026-01-31 08:00:00', UTC_TIMESTAMP())", 300),
        ("TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), '2026-01-31 08:00:30')", -4),
        ("TIMESTAMPDIFF(DAY, NULL, NOW())", None),
        ("UNIX_TIMESTAMP()", 1769846700),
        ("UNIX_TIMESTAMP('2026-01-31 08:05:00')", 1769846700),
        ("NULL + INTERVAL 1 DAY", None),
        ("IF(1 > 2, 'a', 'b')", "b"),
        ("IFNULL(NULL, 7)", 7),
    ],
)
def test_an_expression_has_the_value_that_mysql_gives(expression: str, value: object) -> None:
    # Given
    connection = sqlite3.connect(":memory:")
    dialect.add_functions(connection)

    # When
    sql = dialect.to_sqlite(sqlglot.parse_one(f"SELECT {expression}", dialect="mysql"), NOW)

    # Then
    assert connection.execute(sql).fetchone() == (value,)
    connection.close()
