"""metrics.toml: what it may say, and what it says when it is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.config.databases import ByHand
from sidestep.config.errors import SettingsError
from sidestep.config.loader import load_settings
from tests.unit.metrics_files import GOOD, GOOD_BY_PLAN, HEAD, mistakes_of, query, write


def test_the_shipped_file_is_good() -> None:
    # When
    settings = load_settings(paths.ROOT / "metrics.toml")

    # Then
    assert [query.name for query in settings.queries] == ["active_sessions", "sessions_by_plan"]
    assert {query.database for query in settings.queries} == {"shop"}
    assert [run.timing.interval for run in settings.runs_of("shop")] == [300]


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    # When
    (query,) = load_settings(write(tmp_path, GOOD)).queries

    # Then
    assert (query.timeout, query.max_series, query.on_null, query.on_empty) == (10, 100, "skip", "skip")
    assert query.metrics["Orders"].resolution == 60


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    # Given
    settings = load_settings(write(tmp_path, GOOD))

    # Then
    with pytest.raises(Exception, match="frozen"):
        settings.queries[0].timeout = 99


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("namespace", "namespce", 'namespce: is not a key of this table (did you mean "namespace"?); it has'),
        ('"Shop"', '"AWS/Shop"', "namespace: 'AWS/Shop' starts with AWS/, which is reserved for AWS's own metrics"),
        ('"Shop"', '":Shop"', "namespace: ':Shop' starts with a colon"),
        ('"Shop"', '"Läden"', "namespace: 'Läden' has a character that is not printable ASCII"),
        ('"Shop"', '" "', "namespace: ' ' is empty or blank"),
        ("rate(5 minutes)", "rate(5 fortnights)", "schedule: 'rate(5 fortnights)' is neither a rate nor a cron"),
        ("rate(5 minutes)", "cron(0 8 * * * *)", "schedule: 'cron(0 8 * * * *)': Invalid combination"),
        ("rate(5 minutes)", "cron(0 8 ? * MON 2020)", "never fires again"),
        ("rate(5 minutes)", "at(2030-01-01T00:00:00)", "is neither a rate nor a cron expression"),
        ("[database.shop]", 'timezone = "Mars/Olympus"\n[database.shop]', "timezone: 'Mars/Olympus' is not an IANA"),
        ("[database.shop]", 'workflow = "expres"\n[database.shop]', '(did you mean "express"?)'),
        ("[database.shop]", "[database.Shop]", "database.Shop: is not a database name; use up to 30"),
        ("sample = true", "sample = false", "database.shop.sample: is false; allowed: true"),
        ("sample = true", 'sample = true\ninstance_class = "db.t4.micro"', '(did you mean "db.t4g.micro"?)'),
        ("sample = true", 'sample = true\ninstance_class = "db.t2.micro"', 'instance_class: is "db.t2.micro"'),
        ("sample = true", 'sample = true\navailability_zones = ["use1-az1"]', "0: is 'use1-az1'; a zone has a name"),
        ("sample = true", 'sample = true\navailability_zones = ["us-east-1a"]', "names one zone; "),
        ("sample = true", 'sample = true\nuser = "x"', "database.shop.user: belongs to your own database"),
        ("sample = true", 'sample = true\nengine = "postgres"', "database.shop.engine: belongs to your own "),
        ("sample = true", 'sample = true\npassword = "x"', "database.shop.password: the function l"),
        ("sample = true", 'cluster = "c"\npasswd = "x"', "database.shop.passwd: the function logs"),
        ("sample = true", "sample = true\nbudget = 5", "database.shop.budget: belongs above the first table; "),
        ("[query.metrics]", "workflow = 5\n[query.metrics]", "workflow: belongs above the first table; "),
        ("[query.metrics]", '[query.metrics]\nnamespace = "A"', "metrics.namespace: belongs above the first table"),
        ("[query.metrics]", "[query.metrics]\ntimeout = 5", "metrics.timeout: belongs above [query.metrics]; "),
        (
            "[query.metrics]",
            '[query.metrics]\nschedule = "rate(5 minutes)"',
            "metrics.schedule: belongs above [query.metrics] or above the first table; ",
        ),
        ("rate(5 minutes)", "*/5 * * * *", "schedule: '*/5 * * * *' has the five fields of a crontab"),
        ("[database.shop]", 'timezone = "Europe/Berln"\n[database.shop]', '(did you mean "Europe/Berlin"?)'),
        ("sample = true", "simple = true", '; simple (did you mean "sample"?)'),
        ("sample = true", "", "database.shop: does not say which database it is; write one of sample, instance"),
        ("sample = true", 'sample = true\ncluster = "x"', "database.shop: has sample and cluster; write one of"),
        ("sample = true", 'instance = "orders-db"', "database.shop.vpc_id: is missing"),
        ("sample = true", 'proxy = "arn:aws:rds:x"', "up to 63 letters, digits and -"),
        ("sample = true", 'cluster = "c"\nvpc_id = "main"', "database.shop.vpc_id: is 'main'; the id of a VPC"),
        ("sample = true", 'cluster = "c"\nuser = "*"', "database.shop.user: is '*'; a user's name has 1 to 32"),
        ("sample = true", 'cluster = "c"\nuser = "rdsadmin"', "and ., and is not an administrator's"),
        ("sample = true", f'cluster = "c"\nsubnets = {["subnet-0a1b2c3d"] * 2}', "'subnet-0a1b2c3d' is named twice"),
        ("sample = true", 'cluster = "c"\nschema = ""', "database.shop.schema: is ''; a schema's name has 1"),
        ("sample = true", 'cluster = "c"\naccount = "12"', "database.shop.account: is '12'; an account has 12"),
        ("sample = true", 'cluster = "c"\nregion = "eu"', "database.shop.region: is 'eu'; write for example"),
        ("sample = true", 'endpoint = "https://x.y"', "database.shop.endpoint: is 'https://x.y'; an endpoint is a"),
        ("sample = true", f'cluster = "c"\nsubnets = {[f"subnet-{n:08x}" for n in range(17)]}', "at most 16 entries"),
        ("sample = true", 'endpoint = "x.y"\nport = 0', "database.shop.port: must be at least 1, not 0"),
        ("sample = true", 'endpoint = "x.y"\nresource_id = "x"', "resource_id: is 'x'; a resource id begins"),
        ("sample = true", 'endpoint = "x.y"\nsubnets = []', "database.shop.subnets: must have at least 1 entry"),
        ("[database.shop]", 'notify = "me@x.org"\n[database.shop]', 'notify: must be a list, not "me@x.org"'),
        ("[database.shop]", 'notify = ["me"]\n[database.shop]', "notify.0: is 'me'; an e-mail address is like"),
        ("[database.shop]", 'notify = ["a@x.org", "a@x.org"]\n[database.shop]', "'a@x.org' is named twice"),
        ("[database.shop]", "dashboard = 1\n[database.shop]", "dashboard: must be true or false, not 1"),
        ("[database.shop]", "alarm_on_mising = false\n[database.shop]", '(did you mean "alarm_on_missing"?)'),
        ('"orders"', '"all orders"', "name: is 'all orders'; a query's name has 1 to 64 letters, digits, - and _"),
        ("SELECT COUNT(*)", "DELETE", "sql: is not a query; write one statement that begins with SELECT or WITH"),
        ("[query.metrics]", "timeout = 0\n[query.metrics]", "timeout: must be at least 1, not 0"),
        ("[query.metrics]", "timeout = 601\n[query.metrics]", "timeout: must be at most 600, not 601"),
        ("[query.metrics]", 'timeout = "9"\n[query.metrics]', 'timeout: must be a whole number, not "9"'),
        ("[query.metrics]", "max_series = 0\n[query.metrics]", "max_series: must be at least 1, not 0"),
        ("[query.metrics]", 'on_null = "drop"\n[query.metrics]', 'on_null: is "drop"; allowed: skip, zero, fail'),
        ("[query.metrics]", 'dimensions = "A"\n[query.metrics]', 'dimensions: must be a list, not "A"'),
        ("[query.metrics]", 'dimensions = [":A"]\n[query.metrics]', "dimensions.0: ':A' starts with a colon"),
        ("[query.metrics]", 'dimensions = ["A", "A"]\n[query.metrics]', "dimensions: 'A' is named twice"),
        ("[query.metrics]", 'dimensions = ["Orders"]\n[query.metrics]', "dimensions: 'Orders' is named twice"),
        ("[query.metrics]", 'database = "shoe"\n[query.metrics]', "'shoe' is not a database of this file"),
        (
            "[query.metrics]",
            'dimensions = ["A"]\non_empty = "zero"\n[query.metrics]',
            'on_empty: "zero" needs a query without dimensions',
        ),
        ('"Count"', '"Counts"', 'metrics.Orders.unit: is "Counts" (did you mean "Count"?); allowed: Seconds'),
        ('unit = "Count"', "resolution = 5", "metrics.Orders.resolution: is 5; allowed: 1, 60"),
        ('unit = "Count"', "resolution = 60.0", "metrics.Orders.resolution: must be a whole number, not 60.0"),
        ('unit = "Count"', "resolution = true", "metrics.Orders.resolution: must be a whole number, not true"),
        ("sample = true", "sample = 1", "database.shop.sample: must be true or false, not 1"),
        ("[query.metrics]", f"timeout = 0x{'f' * 5000}\n[query.metrics]", "timeout: must be at most 600, not a"),
        ("rate(5 minutes)", "rate(99999999999 days)", "schedule: 'rate(99999999999 days)' is neither a rate nor"),
        ('"Shop"', "'a\"b'", "namespace: 'a\"b' has a character that a namespace may not have; a namespace"),
        ('"Shop"', "'a${b}'", "namespace: 'a${b}' has a character that a namespace may not have"),
        ("FROM orders", "FROM orders; DROP TABLE orders", "sql: has more than one statement"),
        ("FROM orders", "INTO OUTFILE '/tmp/x' FROM orders", "sql: writes with INTO; a query only reads"),
        ("FROM orders", "FROM orders WHERE name = 'x", "sql: has a quote or a comment that does not end"),
        ("FROM orders", "FROM orders /*!50000 INTO OUTFILE 'x' */", "sql: has a comment that MySQL executes"),
        ("[query.metrics]", "max_series = 2_000_001\n[query.metrics]", "must be at most 2000000, not 2000001"),
        ("metrics]\nOrders", 'metrics]\n"${Token[x.1]}"', "which a template takes for a placeholder; leave it out"),
        (
            "[query.metrics]",
            'fixed_dimensions = { A = "${Token[TOKEN.1]}" }\n[query.metrics]',
            "fixed_dimensions.A: '${Token[TOKEN.1]}' has ${, which a template takes for a placeholder; leave it out",
        ),
        (
            "[query.metrics]",
            "max_series = 1\n[query.metrics]\nB = {}",
            "max_series: is 1, but a single row is already 2 series, totals included; raise it",
        ),
        ("FROM orders", "FROM orders\\u0000", "sql: has a control character"),
        ("FROM orders", "FROM orders WHERE at < :schedule_time", "sql: has :schedule_time, which is no parameter"),
        ("sample = true", "sample = true\nfixed_dimension = {}", '(did you mean "fixed_dimensions"?)'),
        ("sample = true", "sample = true\nfixed_dimensions = 5", "shop.fixed_dimensions: must be a table, not 5"),
        ("sample = true", 'sample = true\nfixed_dimensions = { ":A" = "x" }', "fixed_dimensions.:A: ':A' starts"),
        ("[query.metrics]", "fixed_dimensions = { A = 1 }\n[query.metrics]", "fixed_dimensions.A: must be text in"),
        ("[query.metrics]", 'fixed_dimensions = { A = " " }\n[query.metrics]', "dimensions.A: ' ' is empty or blank"),
        ("[query.metrics]", 'fixed_dimensions = { A = "é" }\n[query.metrics]', "'é' has a character that is not"),
        (
            "[query.metrics]",
            f'fixed_dimensions = {{ A = "{"x" * 256}" }}\n[query.metrics]',
            "has 256 characters; a fixed value has 1 to 255 printable ASCII characters, not all of them blank",
        ),
        ('unit = "Count"', 'statistic = "sets"', 'statistic: is "sets" (did you mean "set"?); allowed: value, '),
        ('unit = "Count"', "rollup = 1", "metrics.Orders.rollup: must be true or false, not 1"),
        ('unit = "Count"', "roll_up = true", '(did you mean "rollup"?); it has unit, resolution, statistic, rollup'),
        ('unit = "Count"', 'units = "Count"', "metrics.Orders.units: is not a key of this table"),
        ('unit = "Count"', "alarm = 5", "metrics.Orders.alarm: must be a table, not 5"),
        ('unit = "Count"', "alarm = {}", "metrics.Orders.alarm: has no threshold; write above, below or both"),
        ('unit = "Count"', 'alarm = { above = "5" }', 'metrics.Orders.alarm.above: must be a number, not "5"'),
        ('unit = "Count"', "alarm = { below = nan }", "metrics.Orders.alarm.below: must be a finite number"),
        ('unit = "Count"', "alarm = { above = 1, below = 2 }", "rings always: every value is above 1 or below 2"),
        ('unit = "Count"', "alarm = { above = 1, for = 0 }", "metrics.Orders.alarm.for: must be at least 1, not 0"),
        ('unit = "Count"', "alarm = { above = 1, runs = 2 }", "is not a key of this table; it has above, below, for"),
        ('unit = "Count"', 'alarm = { above = 1, missing = "bad" }', "allowed: ignore, ok, alarm, unknown"),
        (
            'unit = "Count"',
            "alarm = { above = 1, for = 289 }",
            "metrics.Orders.alarm: 289 of its runs are 86700 s, but on a period of 300 s CloudWatch's alarms look "
            "back 86400 s at most; write for = 288 or less",
        ),
        (
            "[query.metrics]",
            'on_empty = "zero"\nalarm_on_empty = true\n[query.metrics]',
            'alarm_on_empty: needs on_empty = "skip"',
        ),
        ("Orders =", "FailedQueries =", "'FailedQueries' is a name that Sidestep publishes itself"),
        ('Orders = { unit = "Count" }', "", "metrics: must have at least 1 entry"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_key_and_remedy(tmp_path: Path, before: str, after: str, message: str) -> None:
    # When
    mistakes = mistakes_of(tmp_path, GOOD.replace(before, after, 1))

    # Then
    assert any(message in mistake for mistake in mistakes), mistakes
    assert all(mistake.startswith("metrics.toml: ") for mistake in mistakes)


def test_an_alarm_on_empty_results_sees_a_week(tmp_path: Path) -> None:
    # Given
    text = GOOD.replace("[query.metrics]", "alarm_on_empty = true\n[query.metrics]").replace("5 minutes", "8 days")

    # When / Then
    assert mistakes_of(tmp_path, text) == [
        'metrics.toml: query "orders": alarm_on_empty: 1 of its runs are 691200 s, but on a period of 691200 s '
        "CloudWatch's alarms look back 604800 s at most; run more often or remove the alarm"
    ]


def test_an_alarm_on_many_series_sees_three_hours(tmp_path: Path) -> None:
    # Given
    text = GOOD_BY_PLAN.replace('unit = "Count"', "alarm = { above = 1, for = 37 }")

    # When / Then
    assert mistakes_of(tmp_path, text) == [
        'metrics.toml: query "orders": metrics.Orders.alarm: 37 of its runs are 11100 s, but on a metric with '
        "dimensions CloudWatch's alarms look back 10800 s at most; write for = 36 or less"
    ]
    (seldom,) = mistakes_of(tmp_path, text.replace("5 minutes", "1 day"))
    assert seldom.endswith("look back 10800 s at most; run more often or remove the alarm")


def test_a_name_that_a_query_of_an_alarm_cannot_say(tmp_path: Path) -> None:
    # Given
    text = GOOD_BY_PLAN.replace('["Plan"]', """['a"b']""").replace("AS Plan", 'AS `a\\"b`')
    text = text.replace('unit = "Count"', "alarm = { above = 1 }")

    # When / Then
    (mistake,) = mistakes_of(tmp_path, text)
    assert "metrics.Orders.alarm: 'a\"b' has a quotation mark or a backslash" in mistake


@pytest.mark.parametrize("fixed", ['{ Team = "O\'Hara" }', '{ "a\\\\b" = "x" }', "{ Team = 'a\"b' }"])
def test_a_fixed_dimension_that_a_query_of_an_alarm_cannot_say(tmp_path: Path, fixed: str) -> None:
    # Given
    text = GOOD_BY_PLAN.replace("[query.metrics]", f"fixed_dimensions = {fixed}\n[query.metrics]")
    alarm = text.replace('unit = "Count"', "alarm = { above = 1 }")

    # Then it is a mistake only beside columns that an alarm watches
    (mistake,) = mistakes_of(tmp_path, alarm)
    assert "has a quotation mark or a backslash, which no alarm on a metric with dimensions can say" in mistake
    assert load_settings(write(tmp_path, text)).queries
    without = alarm.replace('dimensions = ["Plan"]\n', "").replace("plan AS Plan, ", "")
    assert load_settings(write(tmp_path, without)).queries


def test_what_an_alarm_or_the_dashboard_asks_has_a_length(tmp_path: Path) -> None:
    # Given fixed dimensions that are long together
    values = ", ".join(f'D{number} = "{"x" * 250}"' for number in range(8))
    text = GOOD_BY_PLAN.replace("[query.metrics]", f"fixed_dimensions = {{ {values} }}\n[query.metrics]")
    text = text.replace('unit = "Count"', "alarm = { above = 1 }")

    # Then
    alarm, dashboard = mistakes_of(tmp_path, text)
    assert "metrics.Orders.alarm: its query for the series has 2210" in alarm
    assert "characters, but CloudWatch takes 2048; shorten names and values of dimensions" in alarm
    assert "metrics.Orders: the dashboard's search for its series has 2165" in dashboard
    assert (
        "but CloudWatch takes 1024; shorten names and values of dimensions, or write dashboard = false" in dashboard
    )
    assert len(mistakes_of(tmp_path, f"dashboard = false\n{text}")) == 1


def test_an_alarm_has_defaults(tmp_path: Path) -> None:
    # When
    settings = load_settings(write(tmp_path, GOOD.replace('unit = "Count"', "alarm = { above = 500 }")))

    # Then
    alarm = settings.queries[0].metrics["Orders"].alarm
    assert alarm is not None
    assert (alarm.above, alarm.below, alarm.runs, alarm.missing) == (500, None, 1, "ignore")
    assert (settings.notify, settings.alarm_on_missing, settings.dashboard) == ((), True, True)


EXISTING = """
vpc_id = "vpc-0123abcd"
schema = "shop"
"""


@pytest.mark.parametrize("kind", ["instance", "cluster", "proxy"])
def test_a_database_that_is_looked_up(tmp_path: Path, kind: str) -> None:
    # When
    settings = load_settings(write(tmp_path, GOOD.replace("sample = true", f'{kind} = "orders-db"{EXISTING}')))

    # Then
    assert settings.databases["shop"].model_dump(exclude_defaults=True) == {
        kind: "orders-db",
        "vpc_id": "vpc-0123abcd",
        "schema_name": "shop",
    }


LOOKED_UP = """
instance = "orders-db"
vpc_id = "vpc-0123abcd"
"""

BY_HAND = """
endpoint = "orders-db.x1.eu-central-1.rds.amazonaws.com"
resource_id = "db-ABCDEFGHIJKL"
vpc_id = "vpc-0123abcd"
subnets = ["subnet-0123abcd"]
security_group = "sg-0123abcd"
"""

LONG = "x" * 63


@pytest.mark.parametrize(
    ("keys", "engine", "database", "schema", "port"),
    [
        ('schema = "shop"', "mysql", "shop", "shop", 3306),
        ('engine = "mysql"\nschema = "shop"\nport = 3307', "mysql", "shop", "shop", 3307),
        (f'schema = "{LONG}x"', "mysql", f"{LONG}x", f"{LONG}x", 3306),
        ('engine = "mysql"\nschema = "shop"\nport = 5432', "mysql", "shop", "shop", 5432),
        ('database = "company"', "postgres", "company", "public", 5432),
        ('engine = "postgres"\ndatabase = "company"\nport = 6432', "postgres", "company", "public", 6432),
        ('database = "company"\nschema = "shop"', "postgres", "company", "shop", 5432),
        (f'database = "{LONG}"\nschema = "{LONG}"', "postgres", LONG, LONG, 5432),
    ],
)
def test_the_engine_is_named_or_meant(
    tmp_path: Path, keys: str, engine: str, database: str, schema: str, port: int
) -> None:
    # When
    found = load_settings(write(tmp_path, GOOD.replace("sample = true", f"{BY_HAND}{keys}"))).databases["shop"]

    # Then
    assert isinstance(found, ByHand)
    assert (found.engine.name, found.database, found.default_schema, found.port) == (engine, database, schema, port)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("", "schema: is missing"),
        ('engine = "mysql"', "schema: is missing"),
        ('engine = "postgres"', "database: is missing; name the PostgreSQL database that has the schema"),
        ('engine = "postgres"\nschema = "shop"', "database: is missing; name the PostgreSQL database"),
        (
            'engine = "mysql"\ndatabase = "shop"',
            "database: is a key for PostgreSQL; MySQL's databases are its schemas",
        ),
        ('engine = "postgresql"\ndatabase = "x"', 'engine: is "postgresql"; write "postgres", which stands for all'),
        ('engine = "PostgreSQL"\ndatabase = "x"', 'engine: is "PostgreSQL"; write "postgres"'),
        ('engine = "aurora-postgresql"\ndatabase = "x"', 'engine: is "aurora-postgresql"; write "postgres"'),
        (
            'engine = "mariadb"\nschema = "shop"',
            'engine: is "mariadb"; write "mysql", which stands for all that speak',
        ),
        ('engine = "MySQL"\nschema = "shop"', 'engine: is "MySQL"; write "mysql"'),
        ('engine = "oracle"\nschema = "shop"', 'engine: is "oracle"; allowed: mysql, postgres'),
        ('engine = 5\nschema = "shop"', "engine: is 5; allowed: mysql, postgres"),
        (f'database = "{LONG}x"', "x'; a database's name has 1 to 63 printable ASCII characters"),
        (f'database = "x"\nschema = "{LONG}x"', "x'; PostgreSQL's names have 63 characters at most"),
        (f'schema = "{LONG}xx"', "x'; a schema's name has 1 to 64 printable ASCII characters"),
        ('database = ""', "database: is ''; a database's name has 1 to 63"),
        ("database = 5", "database: must be text in quotes, not 5"),
        ('database = "x"\nport = 5432', "port: is not a key of this table; it has prepare"),
        *(
            (f'database = "x"\nuser = "{user}"', f"user: is '{user}'; a user's name has 1 to 32 letters")
            for user in (
                *("postgres", "rdsadmin", "rds_superuser", "rds_iam", "pg_monitor", "pg_read_all_data"),
                *("public", "none"),
            )
        ),
    ],
)
def test_keys_that_do_not_fit_an_engine(tmp_path: Path, keys: str, message: str) -> None:
    # When
    mistakes = mistakes_of(tmp_path, GOOD.replace("sample = true", f"{LOOKED_UP}{keys}"))

    # Then
    assert [mistake for mistake in mistakes if message in mistake], mistakes
    assert all(mistake.startswith("metrics.toml: database.shop.") for mistake in mistakes)


def test_a_postgresql_that_is_written_like_a_mysql_is_told_by_its_port(tmp_path: Path) -> None:
    # Given
    keys = f'{BY_HAND}schema = "shop"\nport = 5432'

    # When
    (mistake,) = mistakes_of(tmp_path, GOOD.replace("sample = true", keys))

    # Then
    assert mistake == (
        "metrics.toml: database.shop.port: is 5432, PostgreSQL's, but the table is one for MySQL: name the database "
        'with the key database, or write engine = "mysql" if it is one'
    )


def test_queries_are_read_in_the_sql_of_their_database(tmp_path: Path) -> None:
    # Given what is a comment to one engine and a comment with a statement to the other
    text = GOOD.replace("FROM orders", "FROM orders /*! FOR UPDATE */")

    # When / Then
    assert load_settings(write(tmp_path, text.replace("sample = true", f'{LOOKED_UP}database = "company"'))).queries
    (mistake,) = mistakes_of(tmp_path, text.replace("sample = true", f'{LOOKED_UP}schema = "shop"'))
    assert "sql: has a comment that MySQL executes" in mistake


def test_names_that_postgresql_would_cut_off(tmp_path: Path) -> None:
    # Given a column for a dimension and one for a metric, and a set, which has none of its name
    text = GOOD_BY_PLAN.replace('["Plan"]', f'["{LONG}D"]').replace("plan AS Plan, COUNT(*) AS Orders", "*")
    text = text.replace("Orders =", f'{LONG}S = {{ statistic = "set" }}\n{LONG}M =')

    # When / Then
    assert mistakes_of(tmp_path, text.replace("sample = true", f'{LOOKED_UP}database = "company"')) == [
        f"metrics.toml: query \"orders\": {key}: '{LONG}{letter}' has 64 characters, but PostgreSQL cuts off what a "
        "column's name has beyond 63; shorten it"
        for key, letter in (("dimensions", "D"), ("metrics", "M"))
    ]
    assert load_settings(write(tmp_path, text)).queries
    shorter = text.replace(LONG, LONG[1:]).replace("sample = true", f'{LOOKED_UP}database = "company"')
    assert load_settings(write(tmp_path, shorter)).queries


def test_each_distinct_schedule_of_a_database_is_one_run(tmp_path: Path) -> None:
    # Given three queries, two of which run at the same times
    nightly = 'schedule = "cron(0 3 * * ? *)"\ntimezone = "Europe/Berlin"'
    text = GOOD + "".join(
        f"""
[[query]]
name = "{name}"
sql = "SELECT 1 AS {metric}"
{schedule}
metrics = {{ {metric} = {{}} }}
"""
        for name, metric, schedule in [
            ("visits", "Visits", ""),
            ("night", "Night", nightly),
            ("debts", "Debts", nightly),
        ]
    )

    # When
    runs = load_settings(write(tmp_path, text)).runs_of("shop")

    # Then
    assert [
        (run.timing.schedule.expression, run.timing.schedule.timezone, [query.name for query in run.queries])
        for run in runs
    ] == [
        ("rate(5 minutes)", "UTC", ["orders", "visits"]),
        ("cron(0 3 * * ? *)", "Europe/Berlin", ["night", "debts"]),
    ]


def test_a_schedule_of_a_querys_own_is_checked(tmp_path: Path) -> None:
    # Given
    own = 'FROM orders"\n'

    # When / Then
    assert mistakes_of(tmp_path, GOOD.replace(own, own + 'schedule = "rate(2 moons)"\n'))[0].startswith(
        "metrics.toml: query \"orders\": schedule: 'rate(2 moons)' is neither a rate nor a cron"
    )
    assert mistakes_of(tmp_path, GOOD.replace(own, own + 'timezone = "UTC"\n')) == [
        'metrics.toml: query "orders": timezone: needs a schedule of the query\'s own beside it'
    ]
    assert mistakes_of(tmp_path, GOOD.replace(own, own + 'schedule = "rate(1 minute)"\ntimeout = 60\n')) == [
        "metrics.toml: database.shop: the timeouts of its queries add up to 60 s, but the schedule rate(1 minute) "
        "(60 s from run to run) leaves 30 s for them; lower the timeouts or run less often"
    ]


def test_mistakes_between_tables_are_told_beside_those_within(tmp_path: Path) -> None:
    # Given a second query with the first one's series, a mistake of its own, and a database that nobody asks
    second = GOOD[GOOD.index("[[query]]") :].replace('"orders"', '"more"').replace("sql", "timeout = 0\nsql")
    text = GOOD.replace("[[query]]", '[database.crm]\nsample = true\n[[query]]\ndatabase = "shop"') + second.replace(
        "timeout", 'database = "shop"\ntimeout'
    )

    # When
    mistakes = "\n".join(mistakes_of(tmp_path, text))

    # Then
    for message in (
        'query "more": timeout: must be at least 1',
        'query "more": metrics.Orders: query "orders" publishes this metric with the same dimensions',
        'database.crm: has no query; write one with database = "crm" or remove it',
    ):
        assert message in mistakes


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    # Given a file as some editors write it
    path = tmp_path / "metrics.toml"
    path.write_text(GOOD, encoding="utf-8-sig")

    # Then
    assert load_settings(path).namespace == "Shop"


def test_a_database_has_80_queries_at_most(tmp_path: Path) -> None:
    # Given
    head, query = GOOD[: GOOD.index("[[query]]")], GOOD[GOOD.index("[[query]]") :]
    many = "".join(
        query.replace("Orders", f"Orders{number}").replace('"orders"', f'"orders-{number}"\ntimeout = 1')
        for number in range(81)
    )

    # When / Then
    assert mistakes_of(tmp_path, head + many) == [
        "metrics.toml: database.shop: has 81 queries, but a run asks 80 at most; write a second table for the same "
        "database and give it some of them"
    ]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    # Given a file that is wrong in each of its tables
    text = (
        GOOD.replace('"Shop"', '"AWS/x"')
        .replace("5 minutes", "5 parsecs")
        .replace("sample", "simple")
        .replace("SELECT", "UPDATE")
        .replace('"Count"', '"Pieces"')
    )

    # When
    mistakes = "\n".join(mistakes_of(tmp_path, text))

    # Then
    for key in ("namespace:", "schedule:", "database.shop:", "sql:", "metrics.Orders.unit:"):
        assert key in mistakes


def test_query_names_are_unique(tmp_path: Path) -> None:
    # Given
    second = GOOD[GOOD.index("[[query]]") :].replace("Orders", "Sales")

    # When / Then
    assert mistakes_of(tmp_path, GOOD + second) == [
        'metrics.toml: query "orders": name: is used 2 times; every query needs its own'
    ]


def test_two_queries_cannot_publish_the_same_series(tmp_path: Path) -> None:
    # Given
    second = GOOD[GOOD.index("[[query]]") :].replace('"orders"', '"sales"')

    # When / Then
    (mistake,) = mistakes_of(tmp_path, GOOD + second)
    assert 'query "sales": metrics.Orders: query "orders" publishes this metric with the same dimensions' in mistake


def test_a_query_names_its_database_when_there_are_several(tmp_path: Path) -> None:
    # Given
    text = GOOD.replace("[[query]]", "[database.crm]\nsample = true\n[[query]]")

    # When / Then
    (mistake,) = mistakes_of(tmp_path, text)
    assert mistake == 'metrics.toml: query "orders": database: is missing; name one of shop, crm'


def test_a_database_without_a_query_is_a_mistake(tmp_path: Path) -> None:
    # Given
    text = GOOD.replace("[[query]]", '[database.crm]\nsample = true\n[[query]]\ndatabase = "shop"')

    # When / Then
    (mistake,) = mistakes_of(tmp_path, text)
    assert mistake == 'metrics.toml: database.crm: has no query; write one with database = "crm" or remove it'


@pytest.mark.parametrize(
    ("general", "timeout", "limit"),
    [
        ('schedule = "rate(1 minute)"', 31, "the schedule rate(1 minute) (60 s from run to run) leaves 30 s"),
        (
            'schedule = "cron(0/5 * * * ? *)"',
            271,
            "the schedule cron(0/5 * * * ? *) (300 s from run to run) leaves 270 s",
        ),
        ('schedule = "rate(1 hour)"\nworkflow = "express"', 271, "an Express workflow (300 s at most) leaves 270 s"),
    ],
)
def test_timeouts_fit_into_the_schedule(tmp_path: Path, general: str, timeout: int, limit: str) -> None:
    # Given a query that may take a second too long
    text = GOOD.replace('schedule = "rate(5 minutes)"', general)
    too_long = text.replace("[query.metrics]", f"timeout = {timeout}\n[query.metrics]")
    fitting = text.replace("[query.metrics]", f"timeout = {timeout - 1}\n[query.metrics]")

    # When / Then
    (mistake,) = mistakes_of(tmp_path, too_long)
    assert f"the timeouts of its queries add up to {timeout} s, but {limit} for them" in mistake
    assert load_settings(write(tmp_path, fitting)).queries[0].timeout == timeout - 1


@pytest.mark.parametrize(
    "sql", ["  -- why\n SELECT 1", "/* a\nb */ WITH x AS (SELECT 1) SELECT * FROM x", "(SELECT 1)"]
)
def test_a_query_may_begin_with_comments_and_parentheses(tmp_path: Path, sql: str) -> None:
    # When
    settings = load_settings(write(tmp_path, GOOD.replace('"SELECT COUNT(*) AS Orders FROM orders"', f'"""{sql}"""')))

    # Then
    assert settings.queries[0].sql == sql.strip()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"namespace = ", "metrics.toml: is not valid TOML"),
        (b"\xff\xfe", "metrics.toml: is not UTF-8 text"),
        (b"", "metrics.toml: namespace: is missing"),
        (b"database = {}", "metrics.toml: query: is missing; write at least one [[query]]"),
        (
            b'database = "shop"\nquery = "x"',
            "metrics.toml: query: must be a list of tables; write each query as [[que",
        ),
        (b"query = [1]", "metrics.toml: query: must be a list of tables"),
        (b"database = 3", "metrics.toml: database: must be tables with names"),
        (
            b"query = [{database = []}]\ndatabase = {a = {}, b = {}}",
            "metrics.toml: query number 1: database: must be",
        ),
        (b"[[database.shop]]", "metrics.toml: database.shop: must be a table; write [database.shop]"),
        (b'"a\\u001b[31m\\nb" = 1', "metrics.toml: a\\x1b[31m\\nb: is not a key of this table"),
        (b"x = " + b"9" * 5000, "metrics.toml: is not valid TOML: Exceeds the limit"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, "metrics.toml: is nested too deep"),
    ],
)
def test_a_file_that_is_no_metrics_file(tmp_path: Path, content: bytes, message: str) -> None:
    # Given
    path = tmp_path / "metrics.toml"
    path.write_bytes(content)

    # When / Then
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    named = f"{tmp_path}/{message}"
    assert any(mistake.startswith(named) for mistake in caught.value.mistakes), caught.value.mistakes


def test_a_region_has_so_many_alarms_on_metrics_with_dimensions(tmp_path: Path) -> None:
    # Given two alarms for each metric: as many as a Region allows, and one more in another query
    metrics = "".join(f"M{number} = {{ alarm = {{ above = 9, below = 1 }} }}\n" for number in range(100))
    most = HEAD + query("a", 'dimensions = ["D"]', f"[query.metrics]\n{metrics}")
    assert load_settings(write(tmp_path, most)).queries

    # When
    more = query("b", 'dimensions = ["D"]', "[query.metrics]\nM = { alarm = { above = 1 } }\n")
    (mistake,) = mistakes_of(tmp_path, most + more)

    # Then
    assert "201" in mistake
    assert "200" in mistake


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    # When / Then
    with pytest.raises(SettingsError, match=r"nowhere.toml: does not exist"):
        load_settings(tmp_path / "nowhere.toml")


@pytest.mark.slow
def test_the_app_ends_with_code_2_and_no_traceback(tmp_path: Path) -> None:
    # Given the context of `cdk synth -c metrics=other.toml`
    write(tmp_path, GOOD.replace('"Count"', '"Counts"')).rename(tmp_path / "other.toml")

    # When
    result = subprocess.run(
        [sys.executable, paths.APP],
        cwd=tmp_path,
        env={"CDK_CONTEXT_JSON": '{"metrics": "other.toml"}', "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert result.returncode == 2
    (line,) = [line for line in result.stderr.splitlines() if line]
    assert line.startswith('other.toml: query "orders": metrics.Orders.unit: is "Counts" (did you mean "Count"?)')


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("orders-db.c7abc.eu-central-1.rds.amazonaws.com", 'instance = "orders-db"'),
        ("orders-db.c7abc.eu-central-1.rds.amazonaws.com:3306", 'instance = "orders-db"'),
        ("orders-db.c7abc.rds.cn-north-1.amazonaws.com.cn", None),
        ("orders.cluster-c7abc.eu-central-1.rds.amazonaws.com", 'cluster = "orders"'),
        ("orders.cluster-ro-c7abc.eu-central-1.rds.amazonaws.com", 'cluster = "orders"'),
        ("reports.cluster-custom-c7abc.eu-central-1.rds.amazonaws.com", None),
        ("pool.proxy-c7abc.eu-central-1.rds.amazonaws.com", 'proxy = "pool"'),
        ("arn:aws:rds:eu-central-1:123456789012:db:orders-db", 'instance = "orders-db"'),
        ("arn:aws-us-gov:rds:us-gov-west-1:123456789012:cluster:orders", 'cluster = "orders"'),
        ("arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-0a1b2c", None),
        ("10.0.0.5", None),
    ],
)
def test_what_is_no_name_is_told_with_the_name_in_it(tmp_path: Path, given: str, meant: str | None) -> None:
    # Given
    table = f'cluster = "{given}"\nvpc_id = "vpc-0a1b2c3d"\nschema = "app"'

    # When
    (mistake,) = mistakes_of(tmp_path, GOOD.replace("sample = true", table))

    # Then
    assert mistake.startswith(f"metrics.toml: database.shop.cluster: is '{given}'; ")
    assert mistake.partition("; write ")[2] == (meant or "")


def test_a_password_is_refused_also_beside_a_host(tmp_path: Path) -> None:
    # When
    mistakes = mistakes_of(tmp_path, GOOD.replace("sample = true", 'host = "db"\npassword = "hunter2"\nbudget = 5'))

    # Then each mistake is reported, and the password is not repeated
    assert [mistake.split(": ")[1] for mistake in mistakes] == [
        "database.shop",
        "database.shop.password",
        "database.shop.budget",
    ]
    assert not any("hunter2" in mistake for mistake in mistakes)


def test_the_largest_of_several_timeouts_is_named(tmp_path: Path) -> None:
    # Given
    timeouts = {"small": 20, "large": 60, "medium": 30}
    file = HEAD.replace("rate(5 minutes)", "rate(1 minute)") + "".join(
        query(name, f"timeout = {seconds}", f"metrics.{name.title()} = {{}}") for name, seconds in timeouts.items()
    )

    # When
    (mistake,) = mistakes_of(tmp_path, file)

    # Then
    assert '110 s, 60 s of them for "large", but' in mistake
