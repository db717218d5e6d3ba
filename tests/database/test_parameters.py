"""Parameters on a real MariaDB server whose own clock is hours off: windows of time without gap or overlap."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from query_database.endpoint import Endpoint
from query_database.queries import Metric, Query
from sidestep.engines import MYSQL
from sidestep.recurrence import recurrence
from sidestep.schedule import Schedule
from sidestep.sql import checked_sql, for_the_driver, parameters_of
from tests.database.asking import ask
from tests.database.mariadb import MariaDb

SERVER_TIME_ZONE = "-05:00"

ARRIVALS = ("08:00:00", "08:04:59", "08:05:00", "08:05:00", "08:09:59", "08:10:00")
"""In UTC, on 2026-01-31."""


@pytest.fixture(autouse=True, scope="module")
def arrivals(server: MariaDb) -> Iterator[None]:
    """Orders, with the time as DATETIME in UTC and as TIMESTAMP, written by sessions in the server's own zone."""
    server.execute(f"SET GLOBAL time_zone = '{SERVER_TIME_ZONE}'")
    server.execute("CREATE TABLE shop.arrivals (utc DATETIME, stamp TIMESTAMP NULL, code VARCHAR(20))")
    for number, time in enumerate(ARRIVALS):
        moment = f"2026-01-31 {time}"
        server.execute(
            "INSERT INTO shop.arrivals VALUES (%s, CONVERT_TZ(%s, '+00:00', @@time_zone), %s)",
            [moment, moment, f"{number}0%"],
        )
    yield
    server.execute("DROP TABLE shop.arrivals")
    server.execute("SET GLOBAL time_zone = 'SYSTEM'")


def query(sql: str, schedule: str = "rate(5 minutes)") -> Query:
    """Return a query as the bundle has it."""
    parameters = parameters_of(checked_sql(sql, MYSQL), MYSQL)
    return Query(
        "arrivals",
        for_the_driver(sql, MYSQL),
        dimensions=(),
        timeout=10,
        max_series=100,
        on_null="skip",
        on_empty="skip",
        metrics={"Value": Metric("Count", 60)},
        parameters=parameters,
        recurrence=json.loads(json.dumps(recurrence(Schedule(schedule)))) if "previous" in sql else None,
    )


def value(endpoint: Endpoint, asked: Query, time: str = "08:05:00") -> float:
    page = ask(endpoint, asked, scheduled_time=f"2026-01-31T{time}Z")
    assert page["Failures"] == []
    (datum,) = page["MetricData"]
    return datum["Value"]


@pytest.mark.parametrize("column", ["utc", "stamp"])
@pytest.mark.parametrize("schedule", ["rate(5 minutes)", "cron(*/5 * * * ? *)"])
def test_windows_cover_all_time_once(endpoint: Endpoint, column: str, schedule: str) -> None:
    # Given rows on the borders of windows, and a session whose server lives hours away
    new = query(
        f"SELECT COUNT(*) AS Value FROM arrivals WHERE {column} >= :previous_scheduled_time "
        f"AND {column} < :scheduled_time",
        schedule,
    )

    # When
    counts = [value(endpoint, new, time) for time in ("08:00:00", "08:05:00", "08:10:00", "08:15:00")]

    # Then
    assert counts == [0, 2, 3, 1]


def test_now_is_in_utc(endpoint: Endpoint) -> None:
    assert value(endpoint, query("SELECT ABS(TIMESTAMPDIFF(SECOND, NOW(), UTC_TIMESTAMP())) AS Value")) <= 1


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SUM(code LIKE '2%' AND utc <= :scheduled_time)", 1),
        ("SUM(code LIKE '%0\\%' AND utc <= :scheduled_time)", 4),
        ("SUM(DATE_FORMAT(utc, '%H:%i') = DATE_FORMAT(:scheduled_time, '%H:%i'))", 2),
        ("SUM(utc = :scheduled_time) % 3", 2),
        ("SUM(utc = :scheduled_time OR utc < :scheduled_time AND NOT utc > :scheduled_time)", 4),
        ("TIMESTAMPDIFF(SECOND, MIN(utc), :scheduled_time)", 300),
        ("SUM(utc >= :scheduled_time - INTERVAL 1 SECOND)", 5),
        ("UNIX_TIMESTAMP(:scheduled_time)", 1769846700),
        ("LENGTH(':scheduled_time') + 0 * LENGTH(:scheduled_time)", 15),
        ("LENGTH(':scheduled_time %')", 17),
        ("LENGTH(:scheduled_time) /* :scheduled_time % */", 19),
        ("SUM(code LIKE '2%') -- :scheduled_time\n", 1),
        ("(@a := 3) + 0 * LENGTH(:scheduled_time)", 3),
    ],
)
def test_a_parameter_stands_beside_anything(endpoint: Endpoint, expression: str, expected: float) -> None:
    assert value(endpoint, query(f"SELECT {expression} AS Value FROM arrivals LIMIT 1")) == expected


def test_a_query_whose_schedule_never_fired_fails_alone(endpoint: Endpoint) -> None:
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
