"""A query's SQL: its parameters, what the driver gets, and what is refused; in the dialect of each engine."""

import re

import pytest

from sidestep.config.engines import ENGINES, MYSQL, POSTGRES, Engine
from sidestep.config.sql import checked_sql, for_the_driver, parameters_of

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
    ("condition", "name", "meant"),
    [
        ("a < :shceduled_time", ":shceduled_time", ":scheduled_time"),
        ("a < :SCHEDULED_TIME", ":SCHEDULED_TIME", ":scheduled_time"),
        ("a < :previous_time", ":previous_time", ":previous_scheduled_time"),
        ("a < :scheduled_time$", ":scheduled_time$", ":scheduled_time"),
        ("a < :now", ":now", None),
        ("a < 08:00", ":00", None),
        ("a < : scheduled_time", ":", None),
        ("a < :scheduled_time AND b < :to", ":to", None),
    ],
)
def test_any_other_name_is_refused(condition: str, name: str, meant: str | None) -> None:
    # When
    with pytest.raises(ValueError, match=rf"has {re.escape(name)}, ") as caught:
        checked_sql(f"SELECT COUNT(*) AS n FROM t WHERE {condition}", MYSQL)

    # Then
    assert ":scheduled_time, :previous_scheduled_time" in str(caught.value)
    assert re.findall(r'"(.*?)"\?', str(caught.value)) == ([meant] if meant else [])


@pytest.mark.parametrize(
    ("condition", "driver_condition"),
    [
        # The form is PostgreSQL's own, so nothing else has to be doubled or quoted.
        ("a < :scheduled_time", "a < $1"),
        # Beside a word it is apart from that, for AND$1 would be a name.
        ("a<:scheduled_time AND:scheduled_time<b", "a<$1 AND $1<b"),
        ("a BETWEEN:previous_scheduled_time AND(:scheduled_time)", "a BETWEEN $2 AND($1)"),
        ("a >= :previous_scheduled_time AND a < :scheduled_time", "a >= $2 AND a < $1"),
        ("a >= :previous_scheduled_time", "a >= $1"),
        ("name LIKE '50%' AND b % 2 = 1 AND a < :scheduled_time", "name LIKE '50%' AND b % 2 = 1 AND a < $1"),
        # Two colons are a cast.
        ("a::date = :scheduled_time::date", "a::date = $1::date"),
        ("'ü😀:x' < :scheduled_time::text", "'ü😀:x' < $1::text"),
        # A backslash in a string is one, unless the string begins with E.
        ("a = 'it''s :x\\' AND b < :scheduled_time", "a = 'it''s :x\\' AND b < $1"),
        ("a = E'it\\'s :scheduled_time' AND b < :scheduled_time", "a = E'it\\'s :scheduled_time' AND b < $1"),
        ("a = U&'\\0041:x' AND b < :scheduled_time", "a = U&'\\0041:x' AND b < $1"),
        # Dollars are quotes.
        ("a = $$it's :x$$ AND b < :scheduled_time", "a = $$it's :x$$ AND b < $1"),
        ("a = $q$ $$ :x $1 ; $q$ AND b < :scheduled_time", "a = $q$ $$ :x $1 ; $q$ AND b < $1"),
        ("a$1 = '$1' AND \"$2\" < :scheduled_time", "a$1 = '$1' AND \"$2\" < $1"),
        ('":scheduled_time" < :scheduled_time', '":scheduled_time" < $1'),
        # Comments lie within comments.
        ("a /* :x /* :y */ :z */ < :scheduled_time", "a /* :x /* :y */ :z */ < $1"),
        ("a -- :x $1\n < :scheduled_time", "a -- :x $1\n < $1"),
        # A slice of an array has colons, too, and a parameter may be in place of an element.
        ("a[1:2] = b[:n] AND c[n:] = d[:] AND a < :scheduled_time", "a[1:2] = b[:n] AND c[n:] = d[:] AND a < $1"),
        ("a < ANY (ARRAY[:scheduled_time])", "a < ANY (ARRAY[$1])"),
        # Operators that are comments or placeholders elsewhere.
        ("a #>> '{x}' = 'y' AND b ? 'z' AND c < :scheduled_time", "a #>> '{x}' = 'y' AND b ? 'z' AND c < $1"),
        ("f(a := 1, b => 2) AND c < :scheduled_time", "f(a := 1, b => 2) AND c < $1"),
    ],
)
def test_postgresql_gets_its_own_form(condition: str, driver_condition: str) -> None:
    # When
    sql = checked_sql(f"SELECT count(*) AS n FROM t WHERE {condition}", POSTGRES)

    # Then
    assert for_the_driver(sql, POSTGRES) == f"SELECT count(*) AS n FROM t WHERE {driver_condition}"


@pytest.mark.parametrize(
    "sql", ["SELECT '50%', $$ $1 $$, a::int, b[1:2], c ? 'd' FROM t", "SELECT 1 % 2 /* /*! x */ */ + 1"]
)
def test_a_statement_without_parameters_stays_as_it_is(sql: str) -> None:
    assert for_the_driver(checked_sql(sql, POSTGRES), POSTGRES) == sql


def test_the_driver_gets_the_parameters_in_the_order_of_their_numbers() -> None:
    # Given them the other way round
    sql = "SELECT a FROM t WHERE a >= :previous_scheduled_time AND a < :scheduled_time AND b < :scheduled_time"

    # Then
    assert parameters_of(sql, POSTGRES) == ("scheduled_time", "previous_scheduled_time")
    assert for_the_driver(sql, POSTGRES) == "SELECT a FROM t WHERE a >= $2 AND a < $1 AND b < $1"


@pytest.mark.parametrize(
    ("sql", "fact"),
    [
        ("SELECT $1", "$1"),
        ("SELECT a FROM t WHERE a < :scheduled_time AND b < $2::int", "$2"),
        ("SELECT :now", ":now"),
        ("SELECT a WHERE a < :shceduled_time::date", '":scheduled_time"?'),
        ("SELECT a INTO b FROM t", "INTO"),
        ("SELECT 1; SELECT 2", "more than one"),
        ("SELECT $$ a", "quote"),
        ("SELECT $a$ a $$", "quote"),
        ("SELECT E'a\\'", "quote"),
        ("SELECT 1 /* /* */", "comment"),
        ("TABLE t", "SELECT or WITH"),
        ("COPY t TO PROGRAM 'x'", "SELECT or WITH"),
        ("DO $$ BEGIN END $$", "SELECT or WITH"),
        ("EXPLAIN SELECT 1", "SELECT or WITH"),
    ],
)
def test_a_statement_that_postgresql_would_not_take_as_one_query_is_refused(sql: str, fact: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fact)):
        checked_sql(sql, POSTGRES)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a AS into_orders, b AS intoB FROM t",
        "SELECT '1.0INTO @x' AS a, `INTO` AS b FROM t -- INTO @x",
        "SELECT a FROM t1into WHERE b = 'it\\'s INTO OUTFILE'",
        "SELECT a FROM t WHERE b <> 'o\\'brien' AND c LIKE '%INTO OUTFILE%'",
        "SELECT a FROM t WHERE b IN ('can\\'t insert into%', 'didn\\'t insert into%')",
        "SELECT a FROM t WHERE b = 'C:\\\\' AND c = 'into @home'",
        'SELECT a FROM t /* INTO OUTFILE \'x\' */ WHERE b = "\\"INTO @x\\""',
    ],
)
def test_an_into_in_a_name_or_a_string_is_accepted(sql: str) -> None:
    assert checked_sql(sql, MYSQL) == sql.partition(" -- ")[0]


@pytest.mark.parametrize("comment", ["/*! INTO OUTFILE 'x' */", "/*M! FOR UPDATE */", "/*!50000 ; DROP TABLE t */"])
def test_an_executable_comment_of_mysql_is_a_plain_one_elsewhere(comment: str) -> None:
    # Given
    sql = f"SELECT 1 {comment} + 1"

    # When / Then
    assert checked_sql(sql, POSTGRES) == sql
    with pytest.raises(ValueError, match=r"/\*!"):
        checked_sql(sql, MYSQL)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize("sql", ["SELECT 1", "(SELECT 1) UNION (SELECT 2)", "WITH a AS (SELECT 1) SELECT * FROM a"])
def test_blanks_semicolons_and_a_last_comment_are_left_out(sql: str, engine: Engine) -> None:
    assert checked_sql(f"\n  {sql} ; ; -- the end\n", engine) == sql
