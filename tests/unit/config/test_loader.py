"""metrics.toml: what is valid, and what the errors of an invalid file name."""

import re
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.config.databases import EndpointDatabase
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from sidestep.config.settings import MAX_SERIES
from tests.unit.metrics_files import GOOD, GOOD_BY_PLAN, HEAD, error_about, mistakes_of, numbers_in, query, write


def test_the_shipped_file_is_loaded() -> None:
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
    ("before", "after", "key", "facts"),
    [
        ("namespace", "namespce", "namespce", ['"namespace"?']),
        ('"Shop"', '"AWS/Shop"', "namespace", ["'AWS/Shop'", "reserved"]),
        ('"Shop"', '":Shop"', "namespace", ["':Shop'", "colon"]),
        ('"Shop"', '"Läden"', "namespace", ["'Läden'", "ASCII"]),
        ('"Shop"', '" "', "namespace", ["' '", "blank"]),
        ('"Shop"', "'a\"b'", "namespace", ["'a\"b'", ". - _ / # :"]),
        ('"Shop"', "'a${b}'", "namespace", ["'a${b}'", ". - _ / # :"]),
        ("rate(5 minutes)", "rate(5 fortnights)", "schedule", ["'rate(5 fortnights)'", "rate(5 minutes)"]),
        ("rate(5 minutes)", "cron(0 8 * * * *)", "schedule", ["'cron(0 8 * * * *)'", "cron(0 8 ? * MON-FRI *)"]),
        ("rate(5 minutes)", "cron(0 8 ? * MON 2020)", "schedule", ["'cron(0 8 ? * MON 2020)'", "never"]),
        ("rate(5 minutes)", "at(2030-01-01T00:00:00)", "schedule", ["'at(2030-01-01T00:00:00)'", "rate(5 minutes)"]),
        ("rate(5 minutes)", "rate(99999999999 days)", "schedule", ["'rate(99999999999 days)'", "rate(5 minutes)"]),
        ("rate(5 minutes)", "*/5 * * * *", "schedule", ["'*/5 * * * *'", "crontab", '"cron(*/5 * * * ? *)"']),
        ("[database.shop]", 'timezone = "Mars/Olympus"\n[database.shop]', "timezone", ["'Mars/Olympus'", "IANA"]),
        ("[database.shop]", 'timezone = "Europe/Berln"\n[database.shop]', "timezone", ['"Europe/Berlin"?']),
        ("[database.shop]", 'workflow = "expres"\n[database.shop]', "workflow", ['"express"?']),
        ("[database.shop]", 'jitter = "2m"\n[database.shop]', "jitter", ["'2m'", '"90 minutes"']),
        ("[database.shop]", 'jitter = "90 seconds"\n[database.shop]', "jitter", ["'90 seconds'", "1 to 1,440"]),
        ("[database.shop]", 'jitter = "2 days"\n[database.shop]', "jitter", ["'2 days'", "1 to 1,440"]),
        ("[database.shop]", "jitter = 120\n[database.shop]", "jitter", ["text in quotes, not 120"]),
        ("[database.shop]", "[database.Shop]", "database.Shop", ["30"]),
        ("sample = true", "sample = false", "database.shop.sample", ["false", "true"]),
        ("sample = true", "sample = 1", "database.shop.sample", ["true or false", "1"]),
        ("sample = true", 'sample = true\ninstance_class = "db.t4.micro"', "instance_class", ['"db.t4g.micro"?']),
        ("sample = true", 'sample = true\ninstance_class = "db.t2.micro"', "instance_class", ['"db.t2.micro"']),
        ("sample = true", 'sample = true\navailability_zones = ["use1-az1"]', "availability_zones.0", ["'use1-az1'"]),
        ("sample = true", 'sample = true\navailability_zones = ["us-east-1a"]', "availability_zones", ["two"]),
        ("sample = true", 'sample = true\nuser = "x"', "database.shop.user", ["sample"]),
        ("sample = true", 'sample = true\nengine = "postgres"', "database.shop.engine", ["sample", "MySQL"]),
        ("sample = true", 'sample = true\npassword = "x"', "database.shop.password", ["IAM"]),
        ("sample = true", 'cluster = "c"\npasswd = "x"', "database.shop.passwd", ["IAM"]),
        ("sample = true", "sample = true\nbudget = 5", "database.shop.budget", ["above the first table"]),
        ("[query.metrics]", "workflow = 5\n[query.metrics]", "workflow", ["above the first table"]),
        ("[query.metrics]", '[query.metrics]\nnamespace = "A"', "metrics.namespace", ["above the first table"]),
        ("[query.metrics]", "[query.metrics]\ntimeout = 5", "metrics.timeout", ["above [query.metrics]"]),
        (
            "[query.metrics]",
            '[query.metrics]\nschedule = "rate(5 minutes)"',
            "metrics.schedule",
            ["above [query.metrics]", "above the first table"],
        ),
        ("sample = true", "simple = true", "database.shop", ['simple (did you mean "sample"?)']),
        ("sample = true", "", "database.shop", ["sample, instance, cluster, proxy, endpoint"]),
        ("sample = true", 'sample = true\ncluster = "x"', "database.shop", ["sample and cluster"]),
        ("sample = true", 'instance = "orders-db"', "database.shop.vpc_id", ["missing"]),
        ("sample = true", 'proxy = "arn:aws:rds:x"', "database.shop.proxy", ["'arn:aws:rds:x'", "63"]),
        ("sample = true", 'cluster = "c"\nvpc_id = "main"', "database.shop.vpc_id", ["'main'", "vpc-"]),
        ("sample = true", 'cluster = "c"\nuser = "*"', "database.shop.user", ["'*'", "32"]),
        ("sample = true", 'cluster = "c"\nuser = "rdsadmin"', "database.shop.user", ["'rdsadmin'", "administrator"]),
        ("sample = true", f'cluster = "c"\nsubnets = {["subnet-0a1b2c3d"] * 2}', "subnets", ["'subnet-0a1b2c3d'"]),
        ("sample = true", 'cluster = "c"\nschema = ""', "database.shop.schema", ["''", "1 to 64"]),
        ("sample = true", 'cluster = "c"\naccount = "12"', "database.shop.account", ["'12'", "12 digits"]),
        ("sample = true", 'cluster = "c"\nregion = "eu"', "database.shop.region", ["'eu'", '"eu-central-1"']),
        ("sample = true", 'endpoint = "https://x.y"', "database.shop.endpoint", ["'https://x.y'", "host name"]),
        ("sample = true", f'cluster = "c"\nsubnets = {[f"subnet-{n:08x}" for n in range(17)]}', "subnets", ["16"]),
        ("sample = true", 'endpoint = "x.y"\nport = 0', "database.shop.port", ["at least 1, not 0"]),
        ("sample = true", 'endpoint = "x.y"\nresource_id = "x"', "resource_id", ["'x'", "db-, cluster- or prx-"]),
        ("sample = true", 'endpoint = "x.y"\nsubnets = []', "database.shop.subnets", ["at least 1"]),
        ("[database.shop]", 'notify = "me@x.org"\n[database.shop]', "notify", ["list", '"me@x.org"']),
        ("[database.shop]", 'notify = ["me"]\n[database.shop]', "notify.0", ["'me'", '"ops@example.com"']),
        ("[database.shop]", 'notify = ["a@x.org", "a@x.org"]\n[database.shop]', "notify", ["'a@x.org'", "twice"]),
        ("[database.shop]", "dashboard = 1\n[database.shop]", "dashboard", ["true or false", "1"]),
        ("[database.shop]", "alarm_on_mising = false\n[database.shop]", "alarm_on_mising", ['"alarm_on_missing"?']),
        ('"orders"', '"all orders"', "name", ["'all orders'", "1 to 64"]),
        ("SELECT COUNT(*)", "DELETE", "sql", ["SELECT or WITH"]),
        ("FROM orders", "FROM orders; DROP TABLE orders", "sql", ["more than one", "[[query]]"]),
        ("FROM orders", "INTO OUTFILE '/tmp/x' FROM orders", "sql", ["INTO"]),
        ("FROM orders", "FROM orders WHERE name = 'x", "sql", ["quote"]),
        ("FROM orders", "FROM orders /*!50000 INTO OUTFILE 'x' */", "sql", ["/*!"]),
        ("FROM orders", "FROM orders\\u0000", "sql", ["control character"]),
        ("FROM orders", "FROM orders WHERE at < :schedule_time", "sql", [":schedule_time", '":scheduled_time"?']),
        ("[query.metrics]", "timeout = 0\n[query.metrics]", "timeout", ["at least 1, not 0"]),
        ("[query.metrics]", "timeout = 601\n[query.metrics]", "timeout", ["at most 600, not 601"]),
        ("[query.metrics]", 'timeout = "9"\n[query.metrics]', "timeout", ["whole number", '"9"']),
        ("[query.metrics]", f"timeout = 0x{'f' * 5000}\n[query.metrics]", "timeout", ["at most 600"]),
        ("[query.metrics]", "max_series = 0\n[query.metrics]", "max_series", ["at least 1, not 0"]),
        (
            "[query.metrics]",
            f"max_series = {MAX_SERIES + 1}\n[query.metrics]",
            "max_series",
            [f"at most {MAX_SERIES}, not {MAX_SERIES + 1}"],
        ),
        ("[query.metrics]", "max_series = 1\n[query.metrics]\nB = {}", "max_series", ["1", "2 series"]),
        ("[query.metrics]", 'on_null = "drop"\n[query.metrics]', "on_null", ['"drop"', "skip, zero, fail"]),
        ("[query.metrics]", 'dimensions = "A"\n[query.metrics]', "dimensions", ["list", '"A"']),
        ("[query.metrics]", 'dimensions = [":A"]\n[query.metrics]', "dimensions.0", ["':A'", "colon"]),
        ("[query.metrics]", 'dimensions = ["A", "A"]\n[query.metrics]', "dimensions", ["'A'", "twice"]),
        ("[query.metrics]", 'dimensions = ["Orders"]\n[query.metrics]', "dimensions", ["'Orders'", "twice"]),
        ("[query.metrics]", 'database = "shoe"\n[query.metrics]', "database", ["'shoe'", "shop"]),
        (
            "[query.metrics]",
            'dimensions = ["A"]\non_empty = "zero"\n[query.metrics]',
            "on_empty",
            ['"zero"', "dimensions", "rollup = true"],
        ),
        (
            "[query.metrics]",
            'on_empty = "zero"\nalarm_on_empty = true\n[query.metrics]',
            "alarm_on_empty",
            ['on_empty = "skip"'],
        ),
        ("sample = true", "sample = true\nfixed_dimension = {}", "fixed_dimension", ['"fixed_dimensions"?']),
        ("sample = true", "sample = true\nfixed_dimensions = 5", "shop.fixed_dimensions", ["table", "5"]),
        ("sample = true", 'sample = true\nfixed_dimensions = { ":A" = "x" }', "fixed_dimensions.:A", ["colon"]),
        ("[query.metrics]", "fixed_dimensions = { A = 1 }\n[query.metrics]", "fixed_dimensions.A", ["text", "1"]),
        ("[query.metrics]", 'fixed_dimensions = { A = " " }\n[query.metrics]', "fixed_dimensions.A", ["blank"]),
        ("[query.metrics]", 'fixed_dimensions = { A = "é" }\n[query.metrics]', "fixed_dimensions.A", ["ASCII"]),
        (
            "[query.metrics]",
            f'fixed_dimensions = {{ A = "{"x" * 256}" }}\n[query.metrics]',
            "fixed_dimensions.A",
            ["256", "1 to 255"],
        ),
        (
            "[query.metrics]",
            'fixed_dimensions = { A = "${Token[TOKEN.1]}" }\n[query.metrics]',
            "fixed_dimensions.A",
            ["'${Token[TOKEN.1]}'", "has ${"],
        ),
        ("metrics]\nOrders", 'metrics]\n"${Token[x.1]}"', "metrics.${Token[x.1]}", ["has ${"]),
        ('"Count"', '"Counts"', "metrics.Orders.unit", ['"Counts" (did you mean "Count"?)', "Seconds"]),
        ('unit = "Count"', "resolution = 5", "metrics.Orders.resolution", ["5", "1, 60"]),
        ('unit = "Count"', "resolution = 60.0", "metrics.Orders.resolution", ["whole number", "60.0"]),
        ('unit = "Count"', "resolution = true", "metrics.Orders.resolution", ["whole number", "true"]),
        ('unit = "Count"', 'statistic = "sets"', "statistic", ['"sets" (did you mean "set"?)', "value, "]),
        ('unit = "Count"', "rollup = 1", "metrics.Orders.rollup", ["true or false", "1"]),
        ('unit = "Count"', "roll_up = true", "roll_up", ['"rollup"?', "unit, resolution, statistic, rollup"]),
        ('unit = "Count"', 'units = "Count"', "metrics.Orders.units", ['"unit"?']),
        ('unit = "Count"', "alarm = 5", "metrics.Orders.alarm", ["table", "5"]),
        ('unit = "Count"', "alarm = {}", "metrics.Orders.alarm", ["above, below or both"]),
        ('unit = "Count"', 'alarm = { above = "5" }', "metrics.Orders.alarm.above", ["number", '"5"']),
        ('unit = "Count"', "alarm = { below = nan }", "metrics.Orders.alarm.below", ["finite"]),
        ('unit = "Count"', "alarm = { above = 1, below = 2 }", "metrics.Orders.alarm", ["always", "1", "2"]),
        ('unit = "Count"', "alarm = { above = 1, for = 0 }", "metrics.Orders.alarm.for", ["at least 1, not 0"]),
        ('unit = "Count"', "alarm = { above = 1, runs = 2 }", "metrics.Orders.alarm.runs", ["below, anomaly, for"]),
        ('unit = "Count"', 'alarm = { above = 1, missing = "bad" }', "missing", ['"bad"', "ignore, ok, alarm, unk"]),
        ('unit = "Count"', "alarm = { anomaly = 0 }", "metrics.Orders.alarm.anomaly", ["greater than 0, not 0"]),
        ('unit = "Count"', "alarm = { anomaly = inf }", "metrics.Orders.alarm.anomaly", ["finite"]),
        (
            'unit = "Count"',
            'alarm = { above = 1, window = "clock" }',
            "metrics.Orders.alarm.window",
            ['"clock"', "sliding, wall-clock"],
        ),
        (
            'unit = "Count"',
            "alarm = { above = 1, for = 289 }",
            "metrics.Orders.alarm",
            ["289", "86700 s", "300 s", "86400 s", "for = 288"],
        ),
        ("Orders =", "FailedQueries =", "metrics.FailedQueries", ["'FailedQueries'", "Sidestep"]),
        ('Orders = { unit = "Count" }', "", "metrics", ["at least 1"]),
    ],
)  # fmt: skip
def test_an_error_names_file_key_and_remedy(
    tmp_path: Path, before: str, after: str, key: str, facts: list[str]
) -> None:
    # When
    errors = mistakes_of(tmp_path, GOOD.replace(before, after, 1))

    # Then
    (error,) = [error for error in errors if re.search(rf"[ .]{re.escape(key)}: ", error)]
    assert error.startswith("metrics.toml: ")
    assert [fact for fact in facts if fact not in error.partition(f"{key}: ")[2]] == [], error


def test_an_alarm_on_empty_results_sees_a_week(tmp_path: Path) -> None:
    # Given
    text = GOOD.replace("[query.metrics]", "alarm_on_empty = true\n[query.metrics]").replace("5 minutes", "8 days")

    # When / Then
    (error,) = mistakes_of(tmp_path, text)
    assert error.startswith('metrics.toml: query "orders": alarm_on_empty: 1 ')
    assert numbers_in(error) == [1, 691200, 691200, 604800]


def test_a_band_is_for_one_series(tmp_path: Path) -> None:
    # When
    alarm = ('unit = "Count"', "alarm = { anomaly = 2 }")
    error = error_about("metrics.Orders.alarm.anomaly", tmp_path, GOOD_BY_PLAN.replace(*alarm))

    # Then
    assert "one series" in error
    fixed = GOOD.replace("[query.metrics]", 'fixed_dimensions = { Team = "a" }\n[query.metrics]').replace(*alarm)
    load_settings(write(tmp_path, fixed))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schedule", "fits"), [("rate(5 minutes)", True), ("rate(10 minutes)", False), ("cron(0 8 ? * MON-FRI *)", False)]
)
def test_a_wall_clock_window_needs_a_schedule_with_one_run_in_each_period(
    tmp_path: Path, schedule: str, fits: bool
) -> None:
    # Given
    text = GOOD.replace("rate(5 minutes)", schedule)
    query = text.replace('unit = "Count"', 'alarm = { above = 1, window = "wall-clock" }')
    check = f'{text}[[check]]\nname = "c"\nsql = "SELECT 1"\nwindow = "wall-clock"\n'

    # When / Then
    for key, changed in (("metrics.Orders.alarm.window", query), ("window", check)):
        if fits:
            load_settings(write(tmp_path, changed))
        else:
            assert schedule in error_about(key, tmp_path, changed)


@pytest.mark.slow
def test_a_wall_clock_window_of_weeks_has_one_week(tmp_path: Path) -> None:
    # Given
    text = f'{GOOD}[[check]]\nname = "c"\nsql = "SELECT 1"\nwindow = "wall-clock"\nfor = 2\n'

    # When / Then
    error = error_about("for", tmp_path, text.replace("rate(5 minutes)", "cron(0 8 ? * MON *)"))
    assert error.startswith("2 runs take 1209600 s")
    assert "for = 1 or less" in error


@pytest.mark.parametrize(("region", "fits"), [("eu-central-1", True), ("me-south-1", False)])
def test_regions_without_wall_clock_windows(tmp_path: Path, region: str, fits: bool) -> None:
    # Given
    existing = f'instance = "orders-db"\nvpc_id = "vpc-0a1b2c3d"\nschema = "shop"\nregion = "{region}"'
    text = GOOD.replace("sample = true", existing)
    text = text.replace('unit = "Count"', 'alarm = { above = 1, window = "wall-clock" }')

    # When / Then
    if fits:
        load_settings(write(tmp_path, text))
    else:
        assert region in error_about("database.shop", tmp_path, text)


def test_an_alarm_on_many_series_sees_three_hours(tmp_path: Path) -> None:
    # Given
    text = GOOD_BY_PLAN.replace('unit = "Count"', "alarm = { above = 1, for = 37 }")

    # When
    (error,) = mistakes_of(tmp_path, text)
    (no_run,) = mistakes_of(tmp_path, text.replace("5 minutes", "1 day"))

    # Then
    assert error.startswith('metrics.toml: query "orders": metrics.Orders.alarm: 37 ')
    assert numbers_in(error) == [37, 11100, 10800, 36]
    assert numbers_in(no_run) == [37, 3196800, 10800]


def test_a_name_that_metrics_insights_cannot_quote_is_refused(tmp_path: Path) -> None:
    # Given
    text = GOOD_BY_PLAN.replace('["Plan"]', """['a"b']""").replace("AS Plan", 'AS `a\\"b`')
    text = text.replace('unit = "Count"', "alarm = { above = 1 }")

    # When / Then
    assert "'a\"b'" in error_about("metrics.Orders.alarm", tmp_path, text)


@pytest.mark.parametrize("fixed", ['{ Team = "O\'Hara" }', '{ "a\\\\b" = "x" }', "{ Team = 'a\"b' }"])
def test_a_fixed_dimension_that_metrics_insights_cannot_quote_is_refused(tmp_path: Path, fixed: str) -> None:
    # Given
    text = GOOD_BY_PLAN.replace("[query.metrics]", f"fixed_dimensions = {fixed}\n[query.metrics]")
    alarm = text.replace('unit = "Count"', "alarm = { above = 1 }")

    # Then it is an error only with an alarm and dimensions
    assert "backslash" in error_about("metrics.Orders.alarm", tmp_path, alarm)
    assert load_settings(write(tmp_path, text)).queries
    without = alarm.replace('dimensions = ["Plan"]\n', "").replace("plan AS Plan, ", "")
    assert load_settings(write(tmp_path, without)).queries


def test_queries_of_alarms_and_the_dashboard_have_a_longest_length(tmp_path: Path) -> None:
    # Given fixed dimensions that are long together
    values = ", ".join(f'D{number} = "{"x" * 250}"' for number in range(8))
    text = GOOD_BY_PLAN.replace("[query.metrics]", f"fixed_dimensions = {{ {values} }}\n[query.metrics]")
    text = text.replace('unit = "Count"', "alarm = { above = 1 }")

    # Then
    dashboard = error_about("metrics.Orders", tmp_path, text)
    assert numbers_in(error_about("metrics.Orders.alarm", tmp_path, text)) == [2210, 2048]
    assert numbers_in(dashboard) == [2165, 1024]
    assert "dashboard = false" in dashboard
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
def test_a_looked_up_database_is_loaded(tmp_path: Path, kind: str) -> None:
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
def test_the_engine_is_named_or_inferred(
    tmp_path: Path, keys: str, engine: str, database: str, schema: str, port: int
) -> None:
    # When
    found = load_settings(write(tmp_path, GOOD.replace("sample = true", f"{BY_HAND}{keys}"))).databases["shop"]

    # Then
    assert isinstance(found, EndpointDatabase)
    assert (found.engine.name, found.database, found.default_schema, found.port) == (engine, database, schema, port)


@pytest.mark.parametrize(
    ("keys", "key", "facts"),
    [
        ("", "schema", ["missing"]),
        ('engine = "mysql"', "schema", ["missing"]),
        ('engine = "postgres"', "database", ["missing", "PostgreSQL"]),
        ('engine = "postgres"\nschema = "shop"', "database", ["missing", "PostgreSQL"]),
        ('engine = "mysql"\ndatabase = "shop"', "database", ["PostgreSQL", "schema"]),
        ('engine = "postgresql"\ndatabase = "x"', "engine", ['"postgresql"', '"postgres"']),
        ('engine = "PostgreSQL"\ndatabase = "x"', "engine", ['"PostgreSQL"', '"postgres"']),
        ('engine = "aurora-postgresql"\ndatabase = "x"', "engine", ['"aurora-postgresql"', '"postgres"']),
        ('engine = "mariadb"\nschema = "shop"', "engine", ['"mariadb"', '"mysql"']),
        ('engine = "MySQL"\nschema = "shop"', "engine", ['"MySQL"', '"mysql"']),
        ('engine = "oracle"\nschema = "shop"', "engine", ['"oracle"', "mysql, postgres"]),
        ('engine = 5\nschema = "shop"', "engine", ["5", "mysql, postgres"]),
        (f'database = "{LONG}x"', "database", [f"'{LONG}x'", "1 to 63"]),
        (f'database = "x"\nschema = "{LONG}x"', "schema", [f"'{LONG}x'", "63"]),
        (f'schema = "{LONG}xx"', "schema", [f"'{LONG}xx'", "1 to 64"]),
        ('database = ""', "database", ["''", "1 to 63"]),
        ("database = 5", "database", ["text", "5"]),
        ('database = "x"\nport = 5432', "port", ["prepare"]),
        *(
            (f'database = "x"\nuser = "{user}"', "user", [f"'{user}'", "1 to 32"])
            for user in (
                *("postgres", "rdsadmin", "rds_superuser", "rds_iam", "pg_monitor", "pg_read_all_data"),
                *("public", "none"),
            )
        ),
    ],
)
def test_keys_of_another_engine_are_refused(tmp_path: Path, keys: str, key: str, facts: list[str]) -> None:
    # When
    error = error_about(f"database.shop.{key}", tmp_path, GOOD.replace("sample = true", f"{LOOKED_UP}{keys}"))

    # Then
    assert [fact for fact in facts if fact not in error] == [], error


def test_a_postgresql_declared_as_mysql_is_recognized_by_its_port(tmp_path: Path) -> None:
    # Given
    keys = f'{BY_HAND}schema = "shop"\nport = 5432'

    # When
    error = error_about("database.shop.port", tmp_path, GOOD.replace("sample = true", keys))

    # Then
    assert error.startswith("is 5432, ")
    assert 'engine = "mysql"' in error


def test_queries_are_read_in_the_sql_of_their_database(tmp_path: Path) -> None:
    # Given what is a comment to one engine and a comment with a statement to the other
    text = GOOD.replace("FROM orders", "FROM orders /*! FOR UPDATE */")

    # When / Then
    assert load_settings(write(tmp_path, text.replace("sample = true", f'{LOOKED_UP}database = "company"'))).queries
    assert "/*!" in error_about("sql", tmp_path, text.replace("sample = true", f'{LOOKED_UP}schema = "shop"'))


def test_names_that_postgresql_would_truncate_are_refused(tmp_path: Path) -> None:
    # Given a column for a dimension and one for a metric, and a set, which has none of its name
    text = GOOD_BY_PLAN.replace('["Plan"]', f'["{LONG}D"]').replace("plan AS Plan, COUNT(*) AS Orders", "*")
    text = text.replace("Orders =", f'{LONG}S = {{ statistic = "set" }}\n{LONG}M =')

    # When / Then
    errors = mistakes_of(tmp_path, text.replace("sample = true", f'{LOOKED_UP}database = "company"'))
    for error, key, letter in zip(errors, ("dimensions", "metrics"), "DM", strict=True):
        assert error.startswith(f"metrics.toml: query \"orders\": {key}: '{LONG}{letter}' ")
        assert numbers_in(error) == [64, 63]
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


def test_the_schedule_of_a_query_is_validated(tmp_path: Path) -> None:
    # Given
    own = 'FROM orders"\n'

    # When / Then
    (wrong,) = mistakes_of(tmp_path, GOOD.replace(own, own + 'schedule = "rate(2 moons)"\n'))
    assert wrong.startswith("metrics.toml: query \"orders\": schedule: 'rate(2 moons)' ")
    (alone,) = mistakes_of(tmp_path, GOOD.replace(own, own + 'timezone = "UTC"\n'))
    assert alone.startswith('metrics.toml: query "orders": timezone: ')
    assert "schedule" in alone
    (too_long,) = mistakes_of(tmp_path, GOOD.replace(own, own + 'schedule = "rate(1 minute)"\ntimeout = 60\n'))
    assert too_long.startswith("metrics.toml: database.shop: ")
    assert "rate(1 minute)" in too_long
    assert numbers_in(too_long) == [60, 1, 60, 30]


def test_errors_between_tables_and_within_tables_are_reported_together(tmp_path: Path) -> None:
    # Given a second query with the first one's series, an error of its own, and a database without queries
    second = GOOD[GOOD.index("[[query]]") :].replace('"orders"', '"more"').replace("sql", "timeout = 0\nsql")
    text = GOOD.replace("[[query]]", '[database.crm]\nsample = true\n[[query]]\ndatabase = "shop"') + second.replace(
        "timeout", 'database = "shop"\ntimeout'
    )

    # When
    errors = "\n".join(mistakes_of(tmp_path, text))

    # Then
    for start in (
        'query "more": timeout: must be at least 1',
        'query "more": metrics.Orders: query "orders" ',
        "database.crm: has no query",
    ):
        assert f"metrics.toml: {start}" in errors


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
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
    (error,) = mistakes_of(tmp_path, head + many)
    assert error.startswith("metrics.toml: database.shop: ")
    assert numbers_in(error) == [81, 80]


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    # Given a file that is wrong in each of its tables
    text = (
        GOOD.replace('"Shop"', '"AWS/x"')
        .replace("5 minutes", "5 parsecs")
        .replace("sample", "simple")
        .replace("SELECT", "UPDATE")
        .replace('"Count"', '"Pieces"')
    )

    # When
    errors = "\n".join(mistakes_of(tmp_path, text))

    # Then
    for key in ("namespace:", "schedule:", "database.shop:", "sql:", "metrics.Orders.unit:"):
        assert key in errors


def test_query_names_are_unique(tmp_path: Path) -> None:
    # Given
    second = GOOD[GOOD.index("[[query]]") :].replace("Orders", "Sales")

    # When / Then
    (error,) = mistakes_of(tmp_path, GOOD + second)
    assert error.startswith('metrics.toml: query "orders": name: is used 2 times')


def test_two_queries_cannot_publish_the_same_series(tmp_path: Path) -> None:
    # Given
    second = GOOD[GOOD.index("[[query]]") :].replace('"orders"', '"sales"')

    # When / Then
    (error,) = mistakes_of(tmp_path, GOOD + second)
    assert error.startswith('metrics.toml: query "sales": metrics.Orders: query "orders" ')


def test_a_query_names_its_database_when_there_are_several(tmp_path: Path) -> None:
    # Given
    text = GOOD.replace("[[query]]", "[database.crm]\nsample = true\n[[query]]")

    # When / Then
    (error,) = mistakes_of(tmp_path, text)
    assert error.startswith('metrics.toml: query "orders": database: is missing')
    assert "shop, crm" in error
    assert '"*"' in error


def test_a_database_without_a_query_is_an_error(tmp_path: Path) -> None:
    # Given
    text = GOOD.replace("[[query]]", '[database.crm]\nsample = true\n[[query]]\ndatabase = "shop"')

    # When / Then
    (error,) = mistakes_of(tmp_path, text)
    assert error.startswith("metrics.toml: database.crm: has no query")
    assert 'database = "crm"' in error


@pytest.mark.parametrize(
    ("general", "timeout", "facts"),
    [
        ('schedule = "rate(1 minute)"', 31, ["rate(1 minute) (60 s", "30 s"]),
        ('schedule = "cron(0/5 * * * ? *)"', 271, ["cron(0/5 * * * ? *) (300 s", "270 s"]),
        ('schedule = "rate(1 hour)"\nworkflow = "express"', 271, ["Express workflow (300 s", "270 s"]),
        ('schedule = "rate(5 minutes)"\njitter = "2 minutes"', 151, ["(300 s from run to run, less 120 s", "jitter"]),
    ],
)
def test_timeouts_fit_into_the_schedule(tmp_path: Path, general: str, timeout: int, facts: list[str]) -> None:
    # Given a query that may take a second too long
    text = GOOD.replace('schedule = "rate(5 minutes)"', general)
    too_long = text.replace("[query.metrics]", f"timeout = {timeout}\n[query.metrics]")
    fitting = text.replace("[query.metrics]", f"timeout = {timeout - 1}\n[query.metrics]")

    # When / Then
    (error,) = mistakes_of(tmp_path, too_long)
    assert error.startswith("metrics.toml: database.shop: ")
    assert [fact for fact in (f"{timeout} s", *facts) if fact not in error] == [], error
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
        (b"database = {}", "metrics.toml: query: is missing"),
        (b'database = "shop"\nquery = "x"', "metrics.toml: query: must be a list"),
        (b"query = [1]", "metrics.toml: query: must be a list"),
        (b"database = 3", "metrics.toml: database: must be tables"),
        (
            b"query = [{database = 5}]\ndatabase = {a = {}, b = {}}",
            "metrics.toml: query number 1: database: must be",
        ),
        (b"[[database.shop]]", "metrics.toml: database.shop: must be a table"),
        (b'"a\\u001b[31m\\nb" = 1', "metrics.toml: a\\x1b[31m\\nb: is not a key of this table"),
        (b"x = " + b"9" * 5000, "metrics.toml: is not valid TOML"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, "metrics.toml: is nested"),
    ],
)
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    # Given
    path = tmp_path / "metrics.toml"
    path.write_bytes(content)

    # When / Then
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    named = f"{tmp_path}/{message}"
    assert any(error.startswith(named) for error in caught.value.errors), caught.value.errors


def test_more_metrics_insights_alarms_than_a_region_has_are_refused(tmp_path: Path) -> None:
    # Given two alarms for each metric: as many as a Region allows, and one more in another query
    metrics = "".join(f"M{number} = {{ alarm = {{ above = 9, below = 1 }} }}\n" for number in range(100))
    most = HEAD + query("a", 'dimensions = ["D"]', f"[query.metrics]\n{metrics}")
    assert load_settings(write(tmp_path, most)).queries

    # When
    more = query("b", 'dimensions = ["D"]', "[query.metrics]\nM = { alarm = { above = 1 } }\n")
    (error,) = mistakes_of(tmp_path, most + more)

    # Then
    assert "201" in error
    assert "200" in error


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    # When / Then
    with pytest.raises(ConfigError, match=r"nowhere.toml: does not exist"):
        load_settings(tmp_path / "nowhere.toml")


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
def test_an_endpoint_or_arn_in_place_of_a_name_is_refused_with_the_name(
    tmp_path: Path, given: str, meant: str | None
) -> None:
    # Given
    table = f'cluster = "{given}"\nvpc_id = "vpc-0a1b2c3d"\nschema = "app"'

    # When
    (error,) = mistakes_of(tmp_path, GOOD.replace("sample = true", table))

    # Then
    assert error.startswith(f"metrics.toml: database.shop.cluster: is '{given}'; ")
    assert error.partition("; write ")[2] == (meant or "")


def test_a_password_is_refused_also_beside_a_host(tmp_path: Path) -> None:
    # When
    errors = mistakes_of(tmp_path, GOOD.replace("sample = true", 'host = "db"\npassword = "hunter2"\nbudget = 5'))

    # Then each mistake is reported, and the password is not repeated
    assert [error.split(": ")[1] for error in errors] == [
        "database.shop",
        "database.shop.password",
        "database.shop.budget",
    ]
    assert not any("hunter2" in error for error in errors)


def test_the_largest_of_several_timeouts_is_named(tmp_path: Path) -> None:
    # Given
    timeouts = {"small": 20, "large": 60, "medium": 30}
    file = HEAD.replace("rate(5 minutes)", "rate(1 minute)") + "".join(
        query(name, f"timeout = {seconds}", f"metrics.{name.title()} = {{}}") for name, seconds in timeouts.items()
    )

    # When
    (error,) = mistakes_of(tmp_path, file)

    # Then
    assert '"large"' in error
    assert numbers_in(error) == [110, 60, 1, 60, 30]
