"""Checks on real servers whose own clocks are hours off: each type of a logged value, and the age of each time."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.queries import Check, Metric, Query
from tests.database.asking import NOW, ask
from tests.database.server import DatabaseServer

MOMENT = datetime.fromisoformat(NOW)

MOMENTS = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2037, 12, 31))
"""Those of MySQL's TIMESTAMP."""

TYPES = {
    "mysql": [
        ("NULL", None),
        ("-7", -7),
        ("18446744073709551615", 18446744073709551615),
        ("CAST('12345678901234567890.10' AS DECIMAL(30, 2))", Decimal("12345678901234567890.10")),
        ("0.1e0", Decimal("0.1")),
        ("'a\\nb'", "a\nb"),
        ("REPEAT('x', 5000)", "(5,000 bytes, not shown)"),
        ("UNHEX('ff00')", "(binary, not shown)"),
        ("CAST('2026-01-31' AS DATE)", "2026-01-31"),
        ("CAST('2026-01-31 08:05:00' AS DATETIME)", "2026-01-31T08:05:00"),
        ("CAST('2026-01-31 00:00:00' AS DATETIME)", "2026-01-31T00:00:00"),
        ("CAST('2026-01-31 08:05:00.025' AS DATETIME(3))", "2026-01-31T08:05:00.025000"),
        ("CAST('-800:05:01.5' AS TIME(1))", "-800:05:01.500000"),
        ("CAST('00:00:00' AS TIME)", "00:00:00"),
        ("CAST('{\"a\": 1}' AS CHAR)", '{"a": 1}'),
    ],
    "postgres": [
        ("NULL", None),
        ("-7", -7),
        ("true", True),
        ("12345678901234567890.10", Decimal("12345678901234567890.10")),
        ("0.1::real", Decimal("0.1")),
        ("'NaN'::float8", "nan"),
        ("E'a\\nb'", "a\nb"),
        ("repeat('x', 5000)", "(5,000 bytes, not shown)"),
        ("'\\xff00'::bytea", "(binary, not shown)"),
        ("1.50::money", "(money, whose form is that of the server's language, not shown)"),
        ("DATE '2026-01-31'", "2026-01-31"),
        ("TIMESTAMP '2026-01-31 08:05:00'", "2026-01-31T08:05:00"),
        ("TIMESTAMPTZ '2026-01-31 08:05:00.025+02'", "2026-01-31T06:05:00.025+00"),
        ("TIMESTAMP 'infinity'", "infinity"),
        ("TIME '08:05'", "08:05:00"),
        ("TIMETZ '08:05+01'", "08:05:00+01"),
        ("INTERVAL '1 day 2 hours'", "1 day 02:00:00"),
        ("'{1,2}'::int[]", "{1,2}"),
    ],
}

TIMES = {
    "mysql": {
        "DATETIME": "CAST('{utc}' AS DATETIME(6))",
        "TIMESTAMP": "FROM_UNIXTIME(UNIX_TIMESTAMP(CAST('{utc}' AS DATETIME(6))))",
        "text": "'{utc}'",
    },
    "postgres": {
        "timestamp": "TIMESTAMP '{utc}'",
        "timestamptz": "TIMESTAMPTZ '{utc}+00'",
        "timestamptz of another zone": "TIMESTAMP '{utc}' AT TIME ZONE 'UTC'",
        "text": "'{utc}'::text",
    },
}
"""Expressions for a time in UTC, by what they are called."""


@pytest.fixture(autouse=True, scope="module")
def far_from_utc(server: DatabaseServer) -> Iterator[None]:
    """Put the server into another time zone, and PostgreSQL into another style of dates."""
    changes: dict[str, tuple[list[str], list[str]]] = {
        "mysql": (["SET GLOBAL time_zone = '-05:00'"], ["SET GLOBAL time_zone = 'SYSTEM'"]),
        "postgres": (
            [
                f"ALTER DATABASE {server.database} SET TimeZone = 'America/Bogota'",
                f"ALTER DATABASE {server.database} SET DateStyle = 'German'",
            ],
            [
                f"ALTER DATABASE {server.database} RESET TimeZone",
                f"ALTER DATABASE {server.database} RESET DateStyle",
            ],
        ),
    }
    before, after = server.says(changes)
    for statement in before:
        server.execute(statement)
    yield
    for statement in after:
        server.execute(statement)


@pytest.fixture(scope="module")
def stamps(server: DatabaseServer) -> Iterator[str]:
    """Give a table with a column `stamp` of the type that is a moment, whatever the session's time zone."""
    kind = server.says({"mysql": "TIMESTAMP(6) NULL", "postgres": "TIMESTAMPTZ"})
    server.execute(f"CREATE TABLE shop.stamps (stamp {kind}, day DATE)")
    server.execute(server.says({"mysql": "DO 0", "postgres": "GRANT SELECT ON shop.stamps TO sidestep"}))
    # By the server's own zone, five hours behind UTC.
    server.execute("INSERT INTO shop.stamps VALUES ('2026-01-31 01:05:00', '2026-01-31')")
    yield "stamps"
    server.execute("DROP TABLE shop.stamps")


def check(sql: str, check: Check, *, on_null: str = "fail", on_empty: str = "fail") -> Query:
    return Query(
        "wrong",
        sql,
        dimensions=(),
        timeout=10,
        max_series=100,
        on_null=on_null,
        on_empty=on_empty,
        metrics={"Age": Metric("Seconds", 60)} if check.is_age else {"Violations": Metric("Count", 60)},
        fixed_dimensions={"Check": "wrong"},
        check=check,
    )


@pytest.fixture
def age(endpoint: Endpoint) -> Callable[[str], float]:
    """Return the age of the time that a SELECT returns."""

    def age(sql: str) -> float:
        page = ask(endpoint, check(sql, Check(is_age=True)))
        assert page["Failures"] == []
        (datum,) = page["MetricData"]
        assert (datum["MetricName"], datum["Unit"]) == ("Age", "Seconds")
        return datum["Value"]

    return age


def test_violations_are_counted_and_the_first_are_logged(
    server: DatabaseServer, endpoint: Endpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given more rows than arrive at a time
    sql = f"SELECT seq AS number, 'private' AS email FROM {server.numbers(2500)} ORDER BY seq"

    # When
    page = ask(endpoint, check(sql, Check(2, ("number",))))

    # Then
    (datum,) = page["MetricData"]
    assert (datum["MetricName"], datum["Value"]) == ("Violations", 2500)
    assert datum["Dimensions"] == [{"Name": "Check", "Value": "wrong"}]
    *rows, line = capfd.readouterr().out.splitlines()
    assert [(json.loads(row)["of"], json.loads(row)["row"]) for row in rows] == [
        (2500, {"number": 1}),
        (2500, {"number": 2}),
    ]
    assert json.loads(line)["rows"] == 2500
    assert "private" not in "".join(rows) + line


def test_a_value_of_each_type_is_logged(
    server: DatabaseServer, endpoint: Endpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given
    expected = {f"c{number}": value for number, (_, value) in enumerate(TYPES[server.engine.name])}
    columns = (f"{sql} AS c{number}" for number, (sql, _) in enumerate(TYPES[server.engine.name]))

    # When
    page = ask(endpoint, check(f"SELECT {', '.join(columns)}", Check(1, tuple(expected))))

    # Then
    assert page["Failures"] == []
    row, _ = capfd.readouterr().out.splitlines()
    assert json.loads(row, parse_float=Decimal)["row"] == expected


def test_a_query_that_fails_logs_no_row(
    server: DatabaseServer, endpoint: Endpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given rows, the last of which cannot be computed
    wrong = server.says({"mysql": "(SELECT seq UNION SELECT 0)", "postgres": "1 / (2500 - seq)"})
    sql = f"SELECT seq AS number, CASE seq WHEN 2500 THEN {wrong} END AS w FROM {server.numbers(2500)}"

    # When
    page = ask(endpoint, check(sql, Check(2, ("number",))))

    # Then
    (failure,) = page["Failures"]
    assert (
        server.says({"mysql": "subquery returns more than one row", "postgres": "division by zero"})
        in failure["Error"]
    )
    (line,) = capfd.readouterr().out.splitlines()
    assert json.loads(line)["rows"] >= 1000


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOMENTS)
def test_the_age_of_each_type_of_time(server: DatabaseServer, endpoint: Endpoint, moment: datetime) -> None:
    # Given
    kinds = TIMES[server.engine.name]
    queries = [
        check(f"SELECT {expression.format(utc=f'{moment:%F %T.%f}')} AS newest", Check(is_age=True))
        for expression in kinds.values()
    ]

    # When
    page = ask(endpoint, *queries)

    # Then
    assert page["Failures"] == []
    seconds = (MOMENT - moment.replace(tzinfo=UTC)).total_seconds()
    assert dict(zip(kinds, (datum["Value"] for datum in page["MetricData"]), strict=True)) == dict.fromkeys(
        kinds, pytest.approx(seconds, abs=1e-6)
    )


def test_a_column_that_is_a_moment_does_not_depend_on_the_servers_zone(
    stamps: str, age: Callable[[str], float]
) -> None:
    # Given a time that is 06:05 in UTC
    assert age(f"SELECT MAX(stamp) AS newest FROM {stamps}") == timedelta(hours=2).total_seconds()


def test_a_date_is_the_start_of_its_day_in_utc(stamps: str, age: Callable[[str], float]) -> None:
    assert age(f"SELECT MAX(day) AS newest FROM {stamps}") == timedelta(hours=8, minutes=5).total_seconds()


def test_the_present_has_no_age(endpoint: Endpoint) -> None:
    # Given
    now = datetime.now(UTC).replace(microsecond=0)

    # When
    query = check("SELECT NOW() AS newest", Check(is_age=True))
    (datum,) = ask(endpoint, query, scheduled_time=now.isoformat())["MetricData"]

    # Then the server's own zone, five hours off, does not matter
    assert abs(datum["Value"]) < timedelta(minutes=5).total_seconds()


def test_null_and_no_row_are_as_declared(stamps: str, endpoint: Endpoint) -> None:
    # Given
    null = f"SELECT MAX(stamp) AS newest FROM {stamps} WHERE day IS NULL"
    nothing = f"SELECT stamp AS newest FROM {stamps} WHERE day IS NULL"
    freshness = Check(is_age=True)

    # When
    failed = ask(endpoint, check(null, freshness), check(nothing, freshness))
    zero = ask(endpoint, check(null, freshness, on_null="zero"), check(nothing, freshness, on_empty="zero"))
    empty = ask(endpoint, check(null, freshness, on_null="skip"), check(nothing, freshness, on_empty="skip"))

    # Then
    assert [failure["Error"].partition(",")[0] for failure in failed["Failures"]] == [
        "the time is NULL",
        "the result has no rows",
    ]
    assert [datum["Value"] for datum in zero["MetricData"]] == [0, 0]
    assert [datum["MetricName"] for datum in empty["MetricData"]] == ["EmptyResults", "EmptyResults"]
