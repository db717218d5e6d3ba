"""[[check]] tables: the queries that they become, and what the errors of invalid ones name."""

import re
from pathlib import Path

import pytest

from sidestep.config.checks import CheckQuery, duration
from sidestep.config.loader import load_settings
from tests.unit.metrics_files import GOOD, HEAD, error_about, mistakes_of, query, warnings_of, write

CHECK = f"""{HEAD}
[[check]]
name = "orphans"
sql = "SELECT id, email FROM orders WHERE customer_id IS NULL"
rows = 20
show = ["id"]
"""

FRESH = f"""{HEAD}
[[check]]
name = "fresh"
sql = "SELECT MAX(created_at) FROM orders"
max_age = "2 hours"
"""


def check_of(folder: Path, text: str) -> CheckQuery:
    """Return the one query of a file, which is that of a check."""
    (query,) = load_settings(write(folder, text)).queries
    assert isinstance(query, CheckQuery)
    return query


def test_a_check_becomes_a_query_with_an_alarm(tmp_path: Path) -> None:
    # When
    query = check_of(tmp_path, CHECK)

    # Then
    assert (query.name, query.database, query.timeout, query.series) == ("orphans", "shop", 10, 1)
    assert query.fixed_dimensions == {"Check": "orphans"}
    assert (query.rows, query.show, query.max_age) == (20, ("id",), None)
    ((name, metric),) = query.metrics.items()
    assert (name, metric.unit) == ("Violations", "Count")
    assert metric.alarm is not None
    assert (metric.alarm.above, metric.alarm.below, metric.alarm.runs, metric.alarm.missing) == (0, None, 1, "ignore")


def test_a_check_of_an_age_has_its_limit_as_threshold(tmp_path: Path) -> None:
    # When
    keys = 'for = 3\nmissing = "alarm"\nseverity = "critical"\non_null = "skip"\ntimeout = 20\n'
    query = check_of(tmp_path, FRESH + keys)

    # Then
    ((name, metric),) = query.metrics.items()
    assert (name, metric.unit) == ("Age", "Seconds")
    assert metric.alarm is not None
    assert (metric.alarm.above, metric.alarm.runs, metric.alarm.missing) == (7200, 3, "alarm")
    assert (query.severity, query.on_null, query.on_empty, query.timeout) == ("critical", "skip", "fail", 20)


def test_a_check_has_the_dimensions_and_a_schedule_as_a_query_has(tmp_path: Path) -> None:
    # Given
    text = FRESH.replace("sample = true", 'sample = true\nfixed_dimensions = { Stage = "prod" }')
    keys = 'fixed_dimensions = { Team = "a" }\nschedule = "cron(0 8 * * ? *)"\ntimezone = "Europe/Berlin"\n'

    # When
    settings = load_settings(write(tmp_path, text + keys))

    # Then
    assert settings.queries[0].fixed_dimensions == {"Check": "fresh", "Stage": "prod", "Team": "a"}
    assert settings.schedules["fresh"].expression == "cron(0 8 * * ? *)"
    assert settings.schedules["fresh"].timezone == "Europe/Berlin"


def test_queries_and_checks_of_one_schedule_are_one_run(tmp_path: Path) -> None:
    # When
    settings = load_settings(write(tmp_path, GOOD + CHECK.removeprefix(HEAD) + FRESH.removeprefix(HEAD)))

    # Then
    (run,) = settings.runs_of("shop")
    assert [query.name for query in run.queries] == ["orders", "orphans", "fresh"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1 second", 1), ("90 minutes", 5400), ("1 hour", 3600), ("2 hours", 7200), ("7 days", 604_800)],
)
def test_a_duration_in_words(text: str, seconds: int) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("before", "after", "key", "facts"),
    [
        ('show = ["id"]\n', "", "rows", ["show", "personal data"]),
        ('show = ["id"]', "show = []", "rows", ["show"]),
        ("rows = 20\n", "", "show", ["rows = 20"]),
        ("rows = 20", "rows = 0", "show", ["rows = 20"]),
        ("rows = 20", "rows = 51", "rows", ["50", "51"]),
        ("rows = 20", "rows = -1", "rows", ["0", "-1"]),
        ("rows = 20", "rows = true", "rows", ["whole number", "true"]),
        ('["id"]', '["id", "id"]', "show", ["'id'", "twice"]),
        ('["id"]', '"id"', "show", ["list"]),
        ('["id"]', '["id", "amount"]', "sql", ['"amount"', "show"]),
        ('["id"]', '["id"]\nfixed_dimensions = { Check = "a" }', "fixed_dimensions", ["'Check'"]),
        ('["id"]', '["id"]\non_null = "skip"', "on_null", ["max_age"]),
        ('["id"]', '["id"]\non_empty = "skip"', "on_empty", ["max_age"]),
        ('["id"]', '["id"]\nmax_age = "2 hours"', "rows", ["max_age"]),
        ('["id"]', '["id"]\nseverity = "warn"', "severity", ['"warning"?', "critical, error, warning, info"]),
        ('["id"]', '["id"]\nfor = 0', "for", ["1", "0"]),
        ('["id"]', '["id"]\nfor = 289', "for", ["86700 s", "for = 288"]),
        ('["id"]', '["id"]\nmetrics = { A = {} }', "metrics", ["max_age"]),
        ('["id"]', '["id"]\nbudget = 5', "budget", ["above the first table"]),
        ('["id"]', '["id"]\ndatabase = "other"', "database", ["'other'", "shop"]),
        ('["id"]', '["id"]\ntimezone = "UTC"', "timezone", ["schedule", "check"]),
        ('["id"]', '["id"]\nschedule = "rate(5 fortnights)"', "schedule", ["rate(5 minutes)"]),
        ('"orphans"', '"or phans"', "name", ["'or phans'"]),
        ("SELECT id", "DELETE", "sql", ["SELECT or WITH"]),
        ("IS NULL", "IS NULL FOR UPDATE", "sql", ["FOR UPDATE"]),
    ],
)  # fmt: skip
def test_a_mistake_in_a_check_names_file_key_and_remedy(
    tmp_path: Path, before: str, after: str, key: str, facts: list[str]
) -> None:
    # When
    errors = mistakes_of(tmp_path, CHECK.replace(before, after, 1))

    # Then
    (error,) = [error for error in errors if re.search(rf"[ .]{re.escape(key)}: ", error)]
    assert error.startswith('metrics.toml: check "')
    assert [fact for fact in facts if fact not in error.partition(f"{key}: ")[2]] == [], error


@pytest.mark.parametrize("given", ["2", "2 fortnights", "2h", "0 hours", "1.5 hours", "2 hours ago", ""])
def test_another_duration_is_refused_with_an_example(tmp_path: Path, given: str) -> None:
    error = error_about("max_age", tmp_path, FRESH.replace('"2 hours"', f'"{given}"'))
    assert '"2 hours"' in error


def test_a_check_of_an_age_selects_one_column(tmp_path: Path) -> None:
    error = error_about("sql", tmp_path, FRESH.replace("MAX(created_at)", "MAX(created_at), COUNT(*)"))
    assert "2 columns" in error


@pytest.mark.parametrize("columns", ["*", "orders.*, 1 AS one", "id, UPPER(email)"])
def test_columns_that_only_the_server_knows_are_no_mistake(tmp_path: Path, columns: str) -> None:
    text = CHECK.replace("id, email", columns).replace('["id"]', '["id", "email"]')
    assert warnings_of(tmp_path, text) == []


def test_a_column_that_postgresql_would_cut_off_is_named(tmp_path: Path) -> None:
    # Given
    database = 'instance = "shop"\nvpc_id = "vpc-0a1b2c3d"\ndatabase = "shop"'
    name = "a" * 64

    # When
    text = CHECK.replace("sample = true", database).replace("id, email", f"id AS {name}").replace('"id"', f'"{name}"')

    # Then
    assert "63" in error_about("show", tmp_path, text)


def test_a_check_and_a_query_cannot_have_the_same_name(tmp_path: Path) -> None:
    # Given
    check = CHECK.removeprefix(HEAD)

    # Then
    assert "query" in error_about("name", tmp_path, GOOD + check.replace("orphans", "orders"))
    assert "2 times" in error_about("name", tmp_path, CHECK + check)


def test_a_query_cannot_publish_the_series_of_a_check(tmp_path: Path) -> None:
    # Given
    other = query("other", 'fixed_dimensions = { Check = "orphans" }', "metrics.Violations = {}")

    # When
    (error,) = mistakes_of(tmp_path, CHECK + other.replace("SELECT 1", "SELECT 1 AS Violations"))

    # Then
    assert error.startswith('metrics.toml: check "orphans": metrics.Violations: query "other" publishes')


@pytest.mark.parametrize("text", ["check = 1", "[check]\nname = 'a'", "check = [1]"])
def test_anything_but_tables_in_double_brackets_is_refused(tmp_path: Path, text: str) -> None:
    errors = mistakes_of(tmp_path, text + GOOD if text.startswith("check =") else GOOD + text)
    assert any("check: must be a list of tables" in error and "[[check]]" in error for error in errors)


def test_a_file_needs_a_query_or_a_check(tmp_path: Path) -> None:
    (error,) = mistakes_of(tmp_path, HEAD)
    assert "[[query]]" in error
    assert "[[check]]" in error
