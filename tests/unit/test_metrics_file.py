"""metrics.toml: what it may say, and what it says when it is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from sidestep import project
from sidestep.metrics_file import load_settings
from sidestep.mistakes import SettingsError

GOOD = """
namespace = "Shop"
schedule = "rate(5 minutes)"

[database.shop]
sample = true

[[query]]
name = "orders"
sql = "SELECT COUNT(*) AS Orders FROM orders"
[query.metrics]
Orders = { unit = "Count" }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "metrics.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(folder, text))
    return caught.value.mistakes


def test_the_shipped_file_is_good() -> None:
    # When
    settings = load_settings(project.METRICS_FILE)

    # Then
    assert [query.name for query in settings.queries] == ["active_sessions", "sessions_by_plan"]
    assert {query.database for query in settings.queries} == {"shop"}
    assert settings.timing.interval == 300


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
        ("sample = true", 'instance = "x"', "database.shop.instance: is not a key of this table; it has sample"),
        ('"orders"', '"all orders"', "name: 'all orders' is not a query name; use 1 to 64 letters, digits, - and _"),
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
        ('unit = "Count"', 'units = "Count"', "metrics.Orders.units: is not a key of this table"),
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
    for key in ("namespace:", "schedule:", "database.shop.simple:", "sql:", "metrics.Orders.unit:"):
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
        (b'database = "shop"\nquery = "x"', "metrics.toml: query: is missing; write at least one [[query]]"),
    ],
)
def test_a_file_that_is_no_metrics_file(tmp_path: Path, content: bytes, message: str) -> None:
    # Given
    path = tmp_path / "metrics.toml"
    path.write_bytes(content)

    # When / Then
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert any(mistake.startswith(message) for mistake in caught.value.mistakes), caught.value.mistakes


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    # When / Then
    with pytest.raises(SettingsError, match=r"nowhere.toml: does not exist"):
        load_settings(tmp_path / "nowhere.toml")


def test_the_app_ends_with_code_2_and_no_traceback(tmp_path: Path) -> None:
    # Given
    path = write(tmp_path, GOOD.replace('"Count"', '"Counts"'))

    # When
    result = subprocess.run(
        [sys.executable, project.APP],
        env={"CDK_CONTEXT_JSON": f'{{"metrics": "{path}"}}', "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert result.returncode == 2
    (line,) = [line for line in result.stderr.splitlines() if line]
    assert line.startswith('metrics.toml: query "orders": metrics.Orders.unit: is "Counts" (did you mean "Count"?)')
