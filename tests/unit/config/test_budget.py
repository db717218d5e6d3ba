"""The price of the series that metrics.toml admits, and its budget."""

from pathlib import Path

import pytest

from sidestep import paths
from sidestep.commands.cost.bill import Way
from sidestep.commands.cost.comparison import compare
from sidestep.config.loader import load_settings
from sidestep.config.validation.budget import summary
from tests.unit.metrics_files import GOOD, HEAD, error_about, query, write

THREE_AND_ONE_MORE = "".join(
    query(name, 'dimensions = ["D"]', f"max_series = {series}", f"metrics = {{ {name} = {{}} }}")
    for name, series in [("few", 10), ("some", 50), ("many", 10_000), ("most", 10_181)]
)


def with_budget(budget: str, text: str = HEAD + THREE_AND_ONE_MORE) -> str:
    return f"budget = {budget}\n{text}"


def test_the_bill_has_the_same_price(tmp_path: Path) -> None:
    # Given a schedule that publishes in each hour
    settings = load_settings(write(tmp_path, with_budget("5000")))

    # When
    bill = compare(settings).bill(Way.STANDARD)

    # Then
    (metrics,) = [line for line in bill.lines if line.what == "custom metrics"]
    assert f"USD {metrics.after_free_tier:,.2f}" in summary(settings, file="metrics.toml")


def test_the_shipped_file_has_a_budget() -> None:
    line = summary(load_settings(paths.ROOT / "metrics.toml"), file="metrics.toml")
    assert line.startswith("metrics.toml admits 101 series: USD 27.30 a month")


def test_the_budget_is_named_beside_the_price(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, with_budget("50", GOOD)))
    line = summary(settings, file="other.toml")
    assert line.startswith("other.toml admits 1 series: USD 0.00 a month")
    assert line.endswith("(budget: USD 50.00)")


@pytest.mark.parametrize("budget", ["4021.10", "4_022", "1e9"])
def test_a_sufficient_budget_is_accepted(tmp_path: Path, budget: str) -> None:
    assert load_settings(write(tmp_path, with_budget(budget))).budget == float(budget)


def test_a_budget_that_does_not_suffice_names_the_largest_queries(tmp_path: Path) -> None:
    error = error_about("budget", tmp_path, with_budget("4021.09"))
    for fact in ("USD 4,021.09", "20,241 series: USD 4,021.10", '"most" (10,181), "many" (10,000), "some" (50)'):
        assert fact in error


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ("-1", "at least 0, not -1"),
        ("nan", "finite number"),
        ("true", "number, not true"),
        ('"50"', 'number, not "50"'),
    ],
)
def test_a_budget_is_an_amount(tmp_path: Path, budget: str, message: str) -> None:
    assert message in error_about("budget", tmp_path, with_budget(budget))


def test_a_misspelt_budget_is_an_error(tmp_path: Path) -> None:
    assert '"budget"?' in error_about("buget", tmp_path, f"buget = 5\n{GOOD}")
