"""One query on several databases: what it becomes for each of them, and the mistakes that are found."""

from pathlib import Path

import pytest

from sidestep.config.checks import CheckQuery
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_login, load_queries, load_settings
from sidestep.config.settings import Settings
from sidestep.config.validation import overview
from tests.unit.metrics_files import mistakes_of, warnings_of, write

HEAD = """
namespace = "Shop"
schedule = "rate(5 minutes)"

[database.eu]
sample = true
{eu}
[database.us]
endpoint = "us.abc.us-east-1.rds.amazonaws.com"
resource_id = "db-ABC"
vpc_id = "vpc-0123abcd"
subnets = ["subnet-0123abcd"]
security_group = "sg-0123abcd"
database = "shop"
region = "us-east-1"
"""

ORDERS = """
[[query]]
name = "orders"
database = {database}
sql = "{sql}"
{keys}
[query.metrics]
Orders = {{}}
"""


def text(
    database: str = '"*"', *, sql: str = "SELECT COUNT(*) AS Orders FROM orders", keys: str = "", eu: str = ""
) -> str:
    return HEAD.format(eu=eu) + ORDERS.format(database=database, sql=sql, keys=keys)


def settings_of(folder: Path, text: str) -> Settings:
    return load_settings(write(folder, text))


@pytest.mark.parametrize("database", ['"*"', '["us", "eu"]'])
def test_each_database_has_the_query_with_its_name_as_a_dimension(tmp_path: Path, database: str) -> None:
    # When
    settings = settings_of(tmp_path, text(database, keys='fixed_dimensions = { Stage = "prod" }'))

    # Then in the order of the databases
    assert [(query.name, query.database, query.fixed_dimensions) for query in settings.queries] == [
        ("orders", "eu", {"Stage": "prod", "Database": "eu"}),
        ("orders", "us", {"Stage": "prod", "Database": "us"}),
    ]
    assert [settings.own_dimensions(query) for query in settings.queries] == [
        {"Query": "orders", "Database": "eu"},
        {"Query": "orders", "Database": "us"},
    ]
    assert settings.has_overview


def test_a_list_of_one_database_adds_the_dimension_but_no_dashboard(tmp_path: Path) -> None:
    # Given
    other = ORDERS.format(database='"us"', sql="SELECT 1 AS Others", keys="").replace("rders", "thers")

    # When
    settings = settings_of(tmp_path, text('["eu"]') + other)

    # Then the query that names one database keeps its series
    assert [query.fixed_dimensions for query in settings.queries] == [{"Database": "eu"}, {}]
    assert [settings.own_dimensions(query) for query in settings.queries] == [
        {"Query": "orders", "Database": "eu"},
        {"Query": "others"},
    ]
    assert not settings.has_overview


def test_a_check_has_the_dimension_beside_its_name(tmp_path: Path) -> None:
    # When
    check = '[[check]]\nname = "orphans"\ndatabase = "*"\nsql = "SELECT 1"\n'
    queries = settings_of(tmp_path, HEAD.format(eu="") + check).queries

    # Then
    assert all(isinstance(query, CheckQuery) for query in queries)
    assert [query.fixed_dimensions for query in queries] == [
        {"Check": "orphans", "Database": "eu"},
        {"Check": "orphans", "Database": "us"},
    ]


@pytest.mark.parametrize(
    ("database", "message"),
    [
        ("[]", "database: the list is empty"),
        ('["eu", "asia"]', "database: 'asia' is not a database of this file; allowed: eu, us"),
        ('["eu", 5]', "database: 5 is not a database of this file"),
        ('["*"]', "database: '*' is not a database of this file; allowed: eu, us; write database = \"*\" for all"),
        ('["eu", "us", "eu"]', "database: 'eu' is listed twice"),
        ("5", "database: must be text in quotes"),
    ],
)
def test_a_wrong_list_is_an_error(tmp_path: Path, database: str, message: str) -> None:
    errors = mistakes_of(tmp_path, text(database))
    assert errors[-1].startswith(f'metrics.toml: query "orders": {message}')


@pytest.mark.parametrize(
    ("keys", "eu", "label", "key"),
    [
        ('fixed_dimensions = { Database = "x" }', "", 'query "orders"', "fixed_dimensions"),
        ("", 'fixed_dimensions = { Database = "x" }', 'query "orders" on eu', "fixed_dimensions"),
        ('dimensions = ["Database"]', "", 'query "orders"', "dimensions"),
    ],
    ids=["fixed", "fixed of the database", "column"],
)
def test_another_dimension_of_this_name_is_an_error(tmp_path: Path, keys: str, eu: str, label: str, key: str) -> None:
    # Given
    sql = "SELECT plan AS Database, COUNT(*) AS Orders FROM orders GROUP BY plan"
    used = text(keys=keys, eu=eu, sql=sql if key == "dimensions" else "SELECT 1 AS Orders")

    # When / Then
    (error,) = mistakes_of(tmp_path, used)
    assert error.startswith(f"metrics.toml: {label}: {key}: 'Database' is ")

    # And it is none if the query names one database
    only = used.replace('database = "*"', 'database = "eu"').replace("[[query]]", _others("us") + "[[query]]")
    assert settings_of(tmp_path, only).queries


def _others(database: str) -> str:
    return ORDERS.format(database=f'"{database}"', sql="SELECT 1 AS Others", keys="").replace("rders", "thers")


def test_the_dimension_counts_among_the_30(tmp_path: Path) -> None:
    # Given
    fixed = ", ".join(f'D{number} = "x"' for number in range(30))

    # When / Then
    (error,) = mistakes_of(tmp_path, text(keys=f"fixed_dimensions = {{ {fixed} }}"))
    assert error.startswith('metrics.toml: query "orders": fixed_dimensions: has 31')


@pytest.mark.parametrize(
    ("keys", "verb"),
    [('fixed_dimensions = { Database = "us" }', "publishes"), ('dimensions = ["Database"]', "may publish")],
)
def test_a_query_that_publishes_a_series_of_one_database_is_an_error(tmp_path: Path, keys: str, verb: str) -> None:
    # Given
    sql = "SELECT 1 AS Orders" if verb == "publishes" else "SELECT 'x' AS Database, 1 AS Orders"
    other = ORDERS.format(database='"us"', sql=sql, keys=keys).replace('"orders"', '"other"')

    # When / Then
    (error,) = mistakes_of(tmp_path, text() + other)
    assert error.startswith(f'metrics.toml: query "other": metrics.Orders: query "orders" {verb} this metric')


def test_sql_is_checked_in_the_dialect_of_each_engine(tmp_path: Path) -> None:
    # Given a name in the quotes of MySQL, and SQL with a lock
    (warning,) = warnings_of(tmp_path, text(sql="SELECT COUNT(*) AS `Orders` FROM orders"))
    (error,) = mistakes_of(tmp_path, text(sql="SELECT id AS Orders FROM orders FOR UPDATE"))

    # Then a problem of one engine has the name of its database
    assert warning.startswith('metrics.toml: query "orders" on us: sql: line 1, column ')
    assert "as PostgreSQL" in warning
    assert error.startswith('metrics.toml: query "orders": sql: locks the rows')


def test_an_error_of_all_databases_is_reported_once(tmp_path: Path) -> None:
    # When
    errors = mistakes_of(tmp_path, text(keys="timeout = 0").replace("{}", "{ alarm = { above = 1, for = 9000 } }"))

    # Then
    assert [error.split(":")[2].strip() for error in errors] == ["timeout"]
    (error,) = mistakes_of(tmp_path, text().replace("{}", "{ alarm = { above = 1, for = 9000 } }"))
    assert error.startswith('metrics.toml: query "orders": metrics.Orders.alarm: ')


def test_a_database_has_the_name_of_the_dashboard_only_if_there_is_none(tmp_path: Path) -> None:
    # Given
    named = text().replace("[database.eu]", "[database.overview]")

    # When / Then
    (error,) = mistakes_of(tmp_path, named)
    assert error.startswith("metrics.toml: database.overview: sidestep-overview is the name of the stack")
    assert not settings_of(tmp_path, f"dashboard = false\n{named}").has_overview


@pytest.mark.parametrize(
    ("limit", "what"), [("MAX_WIDGETS", "graphs"), ("MAX_LINES", "lines"), ("MAX_LINES_OF_A_GRAPH", "lines in one")]
)
def test_a_dashboard_has_no_more_than_cloudwatch_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, what: str
) -> None:
    # Given a graph of failures with two lines for each database, and three others
    measured = "query_metrics = true\n" + text()
    most = {"MAX_WIDGETS": 4, "MAX_LINES": 10, "MAX_LINES_OF_A_GRAPH": 4}[limit]

    # When / Then
    monkeypatch.setattr(overview, limit, most)
    assert settings_of(tmp_path, measured).has_overview
    monkeypatch.setattr(overview, limit, most - 1)
    (error,) = mistakes_of(tmp_path, measured)
    assert error.startswith("metrics.toml: dashboard: ")
    assert f"{most} {what}" in error


@pytest.mark.parametrize("database", ["eu", "*", ["eu", "us"]])
def test_a_construct_has_one_database(database: object) -> None:
    # Given
    login = load_login({"schema": "shop"}, source="Stack/Metrics")
    query = {"name": "orders", "sql": "SELECT 1 AS Orders", "metrics": {"Orders": {}}, "database": database}
    content = {"namespace": "Shop", "schedule": "rate(5 minutes)", "query": [query]}

    # When / Then
    with pytest.raises(ConfigError) as caught:
        load_queries(content, login, source="Stack/Metrics", folder=Path())
    (error,) = caught.value.errors
    assert error.startswith('Stack/Metrics: query "orders": database: the app passes the database')
