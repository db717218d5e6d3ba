"""The key query_metrics: of the file, a database or a query; and the names and series that it takes."""

from pathlib import Path

import pytest

from sidestep.config.loader import load_settings
from sidestep.config.settings import further_pages
from sidestep.config.validation.budget import admitted_series
from tests.unit.metrics_files import GOOD, GOOD_BY_PLAN, mistakes_of, write


def turned(file: str = "", database: str = "", query: str = "") -> str:
    """Return a file with the key in three places."""
    keys = [f"query_metrics = {value}" if value else "" for value in (file, database, query)]
    return f"{keys[0]}\n{GOOD}".replace("sample = true", f"sample = true\n{keys[1]}").replace(
        "[query.metrics]", f"{keys[2]}\n[query.metrics]"
    )


@pytest.mark.parametrize(
    ("places", "is_on"),
    [
        (("", "", ""), False),
        (("true", "", ""), True),
        (("true", "false", ""), False),
        (("true", "false", "true"), True),
        (("", "true", ""), True),
        (("", "true", "false"), False),
        (("", "", "true"), True),
    ],
)
def test_the_narrowest_key_decides(tmp_path: Path, places: tuple[str, str, str], *, is_on: bool) -> None:
    # When
    settings = load_settings(write(tmp_path, turned(*places)))

    # Then
    (query,) = settings.queries
    assert (query.query_metrics, query.series, admitted_series(settings)) == (
        (True, 3, 3) if is_on else (False, 1, 1)
    )


def test_a_check_has_the_key(tmp_path: Path) -> None:
    text = f'{GOOD}\n[[check]]\nname = "orphans"\nsql = "SELECT 1"\nquery_metrics = true\n'
    assert [query.series for query in load_settings(write(tmp_path, text)).queries] == [1, 3]


def test_the_series_count_in_pages_and_budget(tmp_path: Path) -> None:
    # Given a query that fills a page
    text = GOOD_BY_PLAN.replace("dimensions", "max_series = 1000\ndimensions")

    # When
    without = load_settings(write(tmp_path, text)).queries
    queries = load_settings(write(tmp_path, f"query_metrics = true\n{text}")).queries

    # Then
    assert (further_pages(without), further_pages(queries)) == (0, 1)
    (error,) = mistakes_of(tmp_path, f"budget = 297.3\nquery_metrics = true\n{text}")
    assert "1,002 series" in error
    assert load_settings(write(tmp_path, f"budget = 297.3\n{text}")).budget


def test_other_values_are_refused(tmp_path: Path) -> None:
    errors = mistakes_of(tmp_path, turned("1", '"yes"', "0"))
    assert [error.partition(": must be true or false")[1] != "" for error in errors] == [True] * 3


@pytest.mark.parametrize("name", ["QueryDuration", "RowsReturned"])
def test_their_names_are_taken_if_a_query_of_the_file_publishes_them(tmp_path: Path, name: str) -> None:
    # Given
    text = GOOD.replace("Orders =", f"{name} =").replace("AS Orders", f"AS {name}")
    check = '\n[[check]]\nname = "orphans"\nsql = "SELECT 1"\nquery_metrics = true\n'

    # When / Then
    assert load_settings(write(tmp_path, text)).queries
    (error,) = mistakes_of(tmp_path, text + check)
    assert error.startswith(f'metrics.toml: query "orders": metrics.{name}: is a metric that query_metrics publishes')
