"""Parameters in a query's SQL: which are found, what the driver gets, and which are refused."""

import pytest

from sidestep.engines import MYSQL
from sidestep.sql import checked_sql, for_the_driver, parameters_of

NAMES = {name: f":{name}" for name in ("scheduled_time", "previous_scheduled_time")}


@pytest.mark.parametrize(
    ("condition", "parameters"),
    [
        ("a < :scheduled_time", ("scheduled_time",)),
        ("a<:scheduled_time AND b>=:previous_scheduled_time", ("scheduled_time", "previous_scheduled_time")),
        ("a < :previous_scheduled_time OR b < :previous_scheduled_time", ("previous_scheduled_time",)),
        ("a = TIMESTAMP(:scheduled_time)", ("scheduled_time",)),
        ("(@a:=:scheduled_time) > 1", ("scheduled_time",)),
        ("a % :scheduled_time", ("scheduled_time",)),
        ("'ü😀:x' < :scheduled_time", ("scheduled_time",)),
        ("a = 1", ()),
        ("a = ':scheduled_time'", ()),
        ('a = ":scheduled_time"', ()),
        ("a = `:scheduled_time`", ()),
        ("a = 'it''s :scheduled_time' AND b = 'it\\'s :scheduled_time'", ()),
        ("a = 1 -- :scheduled_time\n AND 1", ()),
        ("a = 1 # :scheduled_time\n AND 1", ()),
        ("a = 1 /* :scheduled_time */ AND 1", ()),
        ("(@a:=1) = (@b := 2)", ()),
        ("a > '08:00:00'", ()),
        ("a->'$.x:scheduled_time' = 1 AND b ->> '$.\"y:z\"' = 2", ()),
    ],
)
def test_parameters_are_found_where_sql_has_them(condition: str, parameters: tuple[str, ...]) -> None:
    # When
    sql = checked_sql(f"SELECT COUNT(*) AS n FROM t WHERE {condition}", MYSQL)

    # Then
    assert parameters_of(sql, MYSQL) == parameters


@pytest.mark.parametrize(
    ("condition", "driver_condition"),
    [
        ("a < :scheduled_time", "a < %(scheduled_time)s"),
        ("a<:scheduled_time AND:scheduled_time<b", "a<%(scheduled_time)s AND%(scheduled_time)s<b"),
        ("name LIKE '50%' AND a < :scheduled_time", "name LIKE '50%%' AND a < %(scheduled_time)s"),
        ("a < :scheduled_time AND b % 2 = 1 -- 5 %", "a < %(scheduled_time)s AND b %% 2 = 1 -- 5 %%"),
        ("'%(x)s :scheduled_time' < :scheduled_time", "'%%(x)s :scheduled_time' < %(scheduled_time)s"),
        ("'ü😀%' < :scheduled_time", "'ü😀%%' < %(scheduled_time)s"),
    ],
)
def test_the_driver_gets_its_own_form(condition: str, driver_condition: str) -> None:
    # When
    formatted = for_the_driver(f"SELECT {condition}", MYSQL)

    # Then the names, put in by the driver's own means, give back what was written
    assert formatted == f"SELECT {driver_condition}"
    assert formatted % NAMES == f"SELECT {condition}"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            "a < :shceduled_time",
            'has :shceduled_time, which is no parameter (did you mean ":scheduled_time"?); there',
        ),
        ("a < :SCHEDULED_TIME", 'has :SCHEDULED_TIME, which is no parameter (did you mean ":scheduled_time"?)'),
        ("a < :previous_time", 'which is no parameter (did you mean ":previous_scheduled_time"?)'),
        ("a < :scheduled_time$", "has :scheduled_time$, which is no parameter (did you mean"),
        ("a < :now", "has :now, which is no parameter; there are :scheduled_time and :previous_scheduled_time, and"),
        (
            "a < 08:00",
            "has :00, which is no parameter; there are :scheduled_time and :previous_scheduled_time, and any",
        ),
        ("a < : scheduled_time", "has :, which is no parameter; there are"),
        ("a < :scheduled_time AND b < :to", "has :to, which is no parameter; there are"),
    ],
)
def test_any_other_name_is_refused(condition: str, message: str) -> None:
    with pytest.raises(ValueError, match="any other colon belongs into quotes") as caught:
        checked_sql(f"SELECT COUNT(*) AS n FROM t WHERE {condition}", MYSQL)
    assert message in str(caught.value)
