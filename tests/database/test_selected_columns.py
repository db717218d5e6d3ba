"""The columns of a SELECT as `make synth` finds them, and as real servers name them."""

from contextlib import closing
from typing import Any

import pymysql

from sidestep.config.selected_columns import columns_of, parsed
from sidestep.config.sql import checked_sql
from tests.database.mariadb import MariaDb
from tests.database.postgres import Postgres
from tests.database.server import DatabaseServer

NAMED = [
    "SELECT COUNT(*) AS Orders, region Region, MAX(id) AS max_id FROM orders GROUP BY region",
    "SELECT REGION, orders.ID, o.due FROM orders JOIN (SELECT due FROM orders) o ON 1 = 1",
    "SELECT COUNT(*), SUM(amount), AVG(orders.amount) FROM orders",
    "SELECT REGION FROM (SELECT region FROM orders) x",
    "WITH x AS (SELECT region AS Region FROM orders) SELECT REGION, Region AS r FROM x",
    "(SELECT id AS One FROM orders) UNION ALL (SELECT 2 AS Two LIMIT 1)",
    "SELECT id AS One FROM orders UNION SELECT id AS Two FROM orders ORDER BY 1",
    "SELECT DISTINCT id AS value, 1 AS name, 2 AS status, 3 AS type, 4 AS Count, 5 AS sum FROM orders",
    "SELECT COALESCE(SUM(amount), 0) AS Total, CASE WHEN COUNT(*) > 1 THEN 1 ELSE 0 END AS Many FROM orders",
    "SELECT ROW_NUMBER() OVER (ORDER BY id) AS Place, (SELECT COUNT(*) FROM orders) AS Of FROM orders",
]
"""SQL for both engines; every column has a name."""

OF_ONE_ENGINE = {
    "mysql": [
        "SELECT region 'Region', id AS 'Id', 1 AS \"One\", 2 `two words`, 3 AS ` three` FROM orders",
        "SELECT SQL_NO_CACHE STRAIGHT_JOIN id Id FROM orders",
        "SELECT COUNT( * ) , sum( amount ) FROM orders",
        "SELECT @a := 5 AS a, INTERVAL(5, 1) i, DATE'2026-01-01' d, _utf8mb4'x' x, IF(1, 2, 3) f",
        "SELECT 1 AS Id FROM orders USE INDEX (PRIMARY) WHERE region <=> NULL OR id DIV 2 LIMIT 1, 2",
    ],
    "postgres": [
        'SELECT region "Region", id AS ID, 1 AS "a ""b""", 2 AS Two FROM orders',
        "SELECT count(*), max(id), min(orders.id) FROM orders",
        "SELECT DISTINCT ON (region) region, id::text AS Text, $$x$$ x, ARRAY[1] AS A FROM orders",
        "SELECT count(*) FILTER (WHERE id > 1) AS Few, percentile_cont(0.9) WITHIN GROUP (ORDER BY id) p FROM orders",
        "SELECT EXTRACT(EPOCH FROM now() - interval '1 day') AS Age, now() AT TIME ZONE 'UTC' Utc FROM orders",
    ],
}


def names_of(server: DatabaseServer, sql: str) -> list[str]:
    """Return the names of a result's columns."""
    with closing(connect(server)) as connection:
        cursor = connection.cursor()
        cursor.execute(server.says({"mysql": "USE shop", "postgres": "SET search_path = shop"}))
        cursor.execute(sql)
        return [column[0] for column in cursor.description]


def connect(server: DatabaseServer) -> Any:  # noqa: ANN401 - of two drivers, one without types
    if isinstance(server, MariaDb):
        return pymysql.connect(unix_socket=str(server.socket), user="root")
    assert isinstance(server, Postgres)
    return server.connect_to(server.database)


def test_columns_found_in_the_sql_are_those_of_the_server(server: DatabaseServer) -> None:
    for written in [*NAMED, *OF_ONE_ENGINE[server.engine.name]]:
        # When
        sql = checked_sql(written, server.engine)
        names = names_of(server, sql)

        # Then each column matches the one that a file with the server's names declares
        columns = columns_of(parsed(sql, server.engine), server.engine)
        assert columns is not None
        known = [column.declared_in(names) if column else name for column, name in zip(columns, names, strict=True)]
        assert known == names, written
        assert written not in NAMED or None not in columns
