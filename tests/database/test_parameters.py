"""Parameters on real servers whose own clocks are hours off: windows of time without gap or overlap."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sidestep.bundle.recurrence import recurrence
from sidestep.config.schedule import Schedule
from sidestep.config.sql import checked_sql, for_the_driver, parameters_of
from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.queries import Metric, Query
from tests.database.asking import ask
from tests.database.server import DatabaseServer

ARRIVALS = ("08:00:00", "08:04:59", "08:05:00", "08:05:00", "08:09:59", "08:10:00")
"""In UTC, on 2026-01-31."""

MakeQuery = Callable[..., Query]


@pytest.fixture(autouse=True, scope="module")
def arrivals(server: DatabaseServer) -> Iterator[None]:
    """Orders, with the time in UTC and as a moment, written by sessions in the server's own zone."""
    server.execute(
        server.says(
            {
                "mysql": "SET GLOBAL time_zone = '-05:00'",
                "postgres": f"ALTER DATABASE {server.database} SET TimeZone = 'America/Bogota'",
            }
        )
    )
    server.execute(
        server.says(
            {
                "mysql": "CREATE TABLE shop.arrivals (utc DATETIME, stamp TIMESTAMP NULL, code VARCHAR(20))",
                "postgres": "CREATE TABLE shop.arrivals (utc TIMESTAMP, stamp TIMESTAMPTZ, code VARCHAR(20))",
            }
        )
    )
    server.execute(server.says({"mysql": "DO 0", "postgres": "GRANT SELECT ON shop.arrivals TO sidestep"}))
    stamp = server.says(
        {
            "mysql": "CONVERT_TZ(%s, '+00:00', @@time_zone)",
            "postgres": "CAST(%s AS TIMESTAMP) AT TIME ZONE 'UTC'",
        }
    )
    for number, time in enumerate(ARRIVALS):
        moment = f"2026-01-31 {time}"
        server.execute(
            f"INSERT INTO shop.arrivals VALUES (CAST(%s AS {server.datetime}), {stamp}, %s)",
            [moment, moment, f"{number}0%"],
        )
    yield
    server.execute("DROP TABLE shop.arrivals")
    server.execute(
        server.says(
            {
                "mysql": "SET GLOBAL time_zone = 'SYSTEM'",
                "postgres": f"ALTER DATABASE {server.database} RESET TimeZone",
            }
        )
    )


@pytest.fixture
def query(server: DatabaseServer) -> MakeQuery:
    """Return what makes a query as the bundle has it."""

    def query(sql: str, schedule: str = "rate(5 minutes)") -> Query:
        return Query(
            "arrivals",
            for_the_driver(checked_sql(sql, server.engine), server.engine),
            dimensions=(),
            timeout=10,
            max_series=100,
            on_null="skip",
            on_empty="skip",
            metrics={"Value": Metric("Count", 60)},
            parameters=parameters_of(sql, server.engine),
            recurrence=json.loads(json.dumps(recurrence(Schedule(schedule)))) if "previous" in sql else None,
        )

    return query


def value(endpoint: Endpoint, asked: Query, time: str = "08:05:00") -> float:
    page = ask(endpoint, asked, scheduled_time=f"2026-01-31T{time}Z")
    assert page["Failures"] == []
    (datum,) = page["MetricData"]
    return datum["Value"]


@pytest.mark.parametrize("column", ["utc", "stamp"])
@pytest.mark.parametrize("schedule", ["rate(5 minutes)", "cron(*/5 * * * ? *)"])
def test_windows_of_consecutive_runs_cover_all_time_once(
    endpoint: Endpoint, query: MakeQuery, column: str, schedule: str
) -> None:
    # Given rows on the borders of windows, and a session in a time zone that is hours away
    new = query(
        f"SELECT COUNT(*) AS Value FROM arrivals WHERE {column} >= :previous_scheduled_time "
        f"AND {column} < :scheduled_time",
        schedule,
    )

    # When
    counts = [value(endpoint, new, time) for time in ("08:00:00", "08:05:00", "08:10:00", "08:15:00")]

    # Then
    assert counts == [0, 2, 3, 1]


def test_now_is_in_utc(endpoint: Endpoint, server: DatabaseServer, query: MakeQuery) -> None:
    drift = server.says(
        {
            "mysql": "TIMESTAMPDIFF(SECOND, NOW(), UTC_TIMESTAMP())",
            "postgres": "EXTRACT(EPOCH FROM LOCALTIMESTAMP - now() AT TIME ZONE 'UTC')",
        }
    )
    assert value(endpoint, query(f"SELECT ABS({drift}) AS Value")) <= 1


def counted(condition: str) -> str:
    return f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"


EVERYWHERE = [
    (counted("code LIKE '2%' AND utc <= :scheduled_time"), 1),
    (counted("code LIKE '%0\\%' AND utc <= :scheduled_time"), 4),
    (f"{counted('utc = :scheduled_time')} % 3", 2),
    (counted("utc = :scheduled_time OR utc < :scheduled_time AND NOT utc > :scheduled_time"), 4),
    (counted("stamp = :scheduled_time"), 2),
    (counted("utc<:scheduled_time OR:scheduled_time=utc"), 4),
    (f"{counted('utc <= :scheduled_time')} + LENGTH(':scheduled_time') - 15", 4),
    (f"{counted('utc <= :scheduled_time')} + LENGTH(':scheduled_time %')", 21),
    (f"{counted('utc <= :scheduled_time')} /* :scheduled_time % */", 4),
    (f"{counted('utc <= :scheduled_time')} -- :scheduled_time\n", 4),
    (counted("code LIKE '2%'") + " -- :scheduled_time\n", 1),
    ("MAX(CASE WHEN DATE(:scheduled_time) = DATE(utc) THEN 1 ELSE 0 END)", 1),
]

MYSQL_ONLY = [
    ("SUM(DATE_FORMAT(utc, '%H:%i') = DATE_FORMAT(:scheduled_time, '%H:%i'))", 2),
    ("TIMESTAMPDIFF(SECOND, MIN(utc), :scheduled_time)", 300),
    ("SUM(utc >= :scheduled_time - INTERVAL 1 SECOND)", 5),
    ("UNIX_TIMESTAMP(:scheduled_time)", 1769846700),
    ("LENGTH(:scheduled_time) /* :scheduled_time % */", 19),
    ("(@a := 3) + 0 * LENGTH(:scheduled_time)", 3),
]

POSTGRES_ONLY = [
    (counted("to_char(utc, 'HH24:MI') = to_char(:scheduled_time, 'HH24:MI')"), 2),
    ("EXTRACT(EPOCH FROM :scheduled_time - MIN(stamp))", 300),
    (counted("utc >= :scheduled_time - interval '1 second'"), 5),
    (counted("utc >= :scheduled_time - '1 second'::interval"), 5),
    ("EXTRACT(EPOCH FROM :scheduled_time)", 1769846700),
    (counted("utc < :scheduled_time::timestamp AND stamp >= date_trunc('hour', :scheduled_time)"), 2),
    (f"{counted('utc <= :scheduled_time')} + LENGTH($$:scheduled_time$$) - array_length((ARRAY[5, 6])[1:2], 1)", 17),
    (counted("code = E'20%' AND utc <= :scheduled_time"), 1),
    ("MAX(CASE WHEN :scheduled_time IS NULL THEN 1 ELSE 0 END)", 0),
]


@pytest.mark.parametrize(("expression", "expected"), EVERYWHERE)
def test_a_parameter_works_beside_any_other_sql(
    endpoint: Endpoint, query: MakeQuery, expression: str, expected: float
) -> None:
    assert value(endpoint, query(f"SELECT {expression} AS Value FROM arrivals LIMIT 1")) == expected


def test_a_parameter_works_beside_sql_of_one_engine_only(
    endpoint: Endpoint, server: DatabaseServer, query: MakeQuery
) -> None:
    for expression, expected in server.says({"mysql": MYSQL_ONLY, "postgres": POSTGRES_ONLY}):
        assert value(endpoint, query(f"SELECT {expression} AS Value FROM arrivals LIMIT 1")) == expected, expression


def test_a_query_whose_schedule_never_fired_fails_alone(endpoint: Endpoint, query: MakeQuery) -> None:
    # Given
    early = query("SELECT :previous_scheduled_time AS Value", "cron(0 8 * * ? 2090)")
    good = replace(query("SELECT 7 AS Value"), name="good")

    # When
    page = ask(endpoint, early, good)

    # Then
    (failure,) = page["Failures"]
    assert failure["Error"] == (
        "its schedule never fired before 2026-01-31 08:05:00 UTC, so :previous_scheduled_time is unknown; "
        "begin the years of its cron expression earlier"
    )
    assert [datum["Value"] for datum in page["MetricData"] if datum["MetricName"] == "Value"] == [7]
