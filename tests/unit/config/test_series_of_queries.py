"""The series of queries: statistics, totals and fixed dimensions, and series of more than one query."""

from pathlib import Path

import pytest

from sidestep.config import cloudwatch
from sidestep.config.loader import load_settings
from tests.unit.metrics_files import HEAD, error_about, mistakes_of, numbers_in, query, write

TWO_DATABASES = """
namespace = "Shop"
schedule = "rate(5 minutes)"

[database.shop]
sample = true
fixed_dimensions = { Environment = "prod", Team = "shop" }

[database.test]
sample = true
fixed_dimensions = { Environment = "test" }
"""


def test_a_metric_is_a_value_without_a_total_by_default(tmp_path: Path) -> None:
    # Given
    text = HEAD + query(
        "orders",
        'dimensions = ["Plan"]',
        'metrics = { Orders = {}, Latency = { statistic = "set", rollup = true } }',
    )

    # When
    (orders,) = load_settings(write(tmp_path, text)).queries

    # Then
    assert {name: (metric.statistic, metric.rollup) for name, metric in orders.metrics.items()} == {
        "Orders": ("value", False),
        "Latency": ("set", True),
    }


def test_a_query_can_have_several_distributions(tmp_path: Path) -> None:
    text = HEAD + query("x", 'metrics = { A = { statistic = "distribution" }, B = { statistic = "distribution" } }')
    assert load_settings(write(tmp_path, text)).queries


def test_a_statistic_set_has_its_own_columns_and_its_name_stays_free(tmp_path: Path) -> None:
    # Given a set that has the name of a dimension and beside it a value; names of columns are case-sensitive
    text = HEAD + query("x", 'dimensions = ["A", "Sum"]', 'metrics = { A = { statistic = "set" }, Minimum = {} }')

    # Then
    assert load_settings(write(tmp_path, text)).queries


@pytest.mark.parametrize(
    ("keys", "key", "facts"),
    [
        (
            ['metrics = { A = { statistic = "set" }, B = { statistic = "set" } }'],
            "metrics.B.statistic",
            ['"set"', "metrics.A", "minimum, maximum, sum, count"],
        ),
        (
            ['dimensions = ["sum"]', 'metrics = { A = { statistic = "set" } }'],
            "dimensions",
            ["'sum'", "metrics.A", "minimum, maximum, sum, count"],
        ),
        (
            ['metrics = { count = {}, A = { statistic = "set" } }'],
            "metrics",
            ["'count'", "metrics.A", "minimum, maximum, sum, count"],
        ),
        (
            ['metrics = { A = { statistic = "distribution" }, B = {} }'],
            "metrics.B",
            ['"value"', "distribution", "metrics.A"],
        ),
        (
            ['metrics = { A = { statistic = "set" }, B = { statistic = "distribution" } }'],
            "metrics.A",
            ['"set"', "distribution", "metrics.B"],
        ),
        (["metrics = { A = { rollup = true } }"], "metrics.A.rollup", ["total", "dimensions"]),
        (
            ['dimensions = ["P"]', 'on_empty = "zero"', "metrics = { A = { rollup = true }, B = {} }"],
            "on_empty",
            ['"zero"', "rollup = true", '"skip" or "fail"'],
        ),
        (
            ['dimensions = ["P"]', 'fixed_dimensions = { P = "x" }', "metrics = { A = {} }"],
            "dimensions",
            ["'P'", "fixed_dimensions"],
        ),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(
    tmp_path: Path, keys: list[str], key: str, facts: list[str]
) -> None:
    # When
    (error,) = mistakes_of(tmp_path, HEAD + query("x", *keys))

    # Then
    assert error.startswith(f'metrics.toml: query "x": {key}: ')
    assert [fact for fact in facts if fact not in error] == [], error


def test_an_empty_result_with_dimensions_may_be_a_total_of_zero(tmp_path: Path) -> None:
    keys = ['dimensions = ["P"]', 'on_empty = "zero"', "metrics = { A = { rollup = true } }"]
    assert load_settings(write(tmp_path, HEAD + query("x", *keys))).queries


def test_a_query_has_the_fixed_dimensions_of_its_database_unless_it_has_other_values(tmp_path: Path) -> None:
    # Given
    own = 'fixed_dimensions = { Team = "billing", Part = "api" }'
    text = (
        TWO_DATABASES
        + query("own", 'database = "shop"', own, "metrics = { A = {} }")
        + query("none", 'database = "test"', "metrics = { A = {} }")
    )

    # When
    own_query, none = load_settings(write(tmp_path, text)).queries

    # Then
    assert own_query.fixed_dimensions == {"Environment": "prod", "Team": "billing", "Part": "api"}
    assert none.fixed_dimensions == {"Environment": "test"}


def test_a_column_cannot_be_a_fixed_dimension_of_the_database(tmp_path: Path) -> None:
    # Given
    text = HEAD + 'fixed_dimensions = { P = "x" }\n' + query("x", 'dimensions = ["P"]', "metrics = { A = {} }")

    # Then
    (error,) = mistakes_of(tmp_path, text)
    assert error.startswith("metrics.toml: query \"x\": dimensions: 'P' ")
    assert "fixed_dimensions of the database" in error


def test_columns_and_fixed_dimensions_are_thirty_together(tmp_path: Path) -> None:
    # Given a dimension of the database, one of the query's own, and columns that fill up what is left
    columns = [f"D{number}" for number in range(cloudwatch.MAX_DIMENSIONS - 2)]

    def text(columns: list[str]) -> str:
        keys = (f"dimensions = {columns}", 'fixed_dimensions = { B = "x" }', "metrics = { M = {} }")
        return HEAD + 'fixed_dimensions = { A = "x" }\n' + query("x", *keys)

    # Then
    assert load_settings(write(tmp_path, text(columns))).queries
    assert numbers_in(error_about("fixed_dimensions", tmp_path, text([*columns, "Z"]))) == [2, 29, 30]


BY_PLAN = ('dimensions = ["Plan"]', "metrics = { Orders = {} }")
WITH_TOTAL = ('dimensions = ["Plan"]', "metrics = { Orders = { rollup = true } }")
TOTAL_IN_PROD = ('fixed_dimensions = { E = "prod" }', *WITH_TOTAL)
PLAIN = ("metrics = { Orders = {} }",)
FREE = ('fixed_dimensions = { Plan = "free" }', *PLAIN)
PAID = ('fixed_dimensions = { Plan = "paid" }', *PLAIN)
PROD = ('fixed_dimensions = { E = "prod" }', *PLAIN)
FREE_BY_REGION = ('fixed_dimensions = { Plan = "free" }', 'dimensions = ["Region"]', *PLAIN)
EU_BY_PLAN = ('fixed_dimensions = { Region = "eu" }', *BY_PLAN)
PAID_BY_REGION = ('fixed_dimensions = { Plan = "paid" }', 'dimensions = ["Region"]', *PLAIN)


@pytest.mark.parametrize(
    ("first", "second", "mistake"),
    [
        (PLAIN, PLAIN, 'metrics.Orders: query "first" publishes this metric'),
        (BY_PLAN, BY_PLAN, 'metrics.Orders: query "first" publishes this metric'),
        (FREE, FREE, 'metrics.Orders: query "first" publishes this metric'),
        (WITH_TOTAL, PLAIN, 'metrics.Orders: query "first" publishes the total of this metric'),
        (PLAIN, WITH_TOTAL, 'metrics.Orders.rollup: query "first" publishes this metric'),
        (TOTAL_IN_PROD, PROD, 'metrics.Orders: query "first" publishes the total of this metric'),
        (BY_PLAN, FREE, 'metrics.Orders: query "first" may publish this metric'),
        (FREE, BY_PLAN, 'metrics.Orders: query "first" may publish this metric'),
        (FREE_BY_REGION, EU_BY_PLAN, 'metrics.Orders: query "first" may publish this metric'),
    ],
)
def test_no_series_has_two_queries(
    tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...], mistake: str
) -> None:
    (error,) = mistakes_of(tmp_path, HEAD + query("first", *first) + query("second", *second))
    assert error.startswith(f'metrics.toml: query "second": {mistake} ')
    assert "fixed_dimensions" in error


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (PLAIN, BY_PLAN),
        (FREE, PAID),
        (FREE, PLAIN),
        (WITH_TOTAL, PROD),
        (WITH_TOTAL, TOTAL_IN_PROD),
        (FREE_BY_REGION, PAID_BY_REGION),
        (FREE_BY_REGION, BY_PLAN),
    ],
)
def test_other_dimensions_are_other_series(tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...]) -> None:
    assert load_settings(write(tmp_path, HEAD + query("first", *first) + query("second", *second))).queries


def test_fixed_dimensions_of_databases_separate_series_even_when_one_has_an_error(tmp_path: Path) -> None:
    # Given two databases with the same metric, and a wrong key in one of them
    text = (
        TWO_DATABASES.replace("sample = true", "sample = true\npreparation = true", 1)
        + query("first", 'database = "shop"', 'fixed_dimensions = { Team = "x" }', "metrics = { A = {} }")
        + query("second", 'database = "test"', 'fixed_dimensions = { Team = "x" }', "metrics = { A = {} }")
    )

    # Then
    (mistake,) = mistakes_of(tmp_path, text)
    assert mistake.startswith("metrics.toml: database.shop.preparation: ")
