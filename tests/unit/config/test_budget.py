"""The price of the series that metrics.toml admits, and its budget."""

import json
import subprocess
import sys
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


def run_app(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    """Run the CDK app as the command line does."""
    context = json.dumps({"metrics": str(write(folder, text))})
    return subprocess.run(
        [sys.executable, paths.ROOT / "app.py"],
        env={
            "CDK_CONTEXT_JSON": context,
            "CDK_OUTDIR": str(folder / "out"),
            "CDK_VALIDATION": "false",
            "PATH": str(Path(sys.executable).parent),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_synth_prints_the_price_after_the_warnings(tmp_path: Path) -> None:
    # Given SQL that cannot be parsed
    text = with_budget("50", GOOD.replace("FROM orders", "FORM orders WHERE id > 1"))

    # When
    result = run_app(tmp_path, text)

    # Then
    assert (result.returncode, result.stdout) == (0, "")
    warning, line = [line for line in result.stderr.splitlines() if "metrics.toml" in line]
    path = tmp_path / "metrics.toml"
    assert warning.startswith(f'warning: {path}: query "orders": sql: line 1, column 27: ')
    assert line.startswith(f"{path} admits 1 series: USD 0.00 a month")


@pytest.mark.slow
def test_a_synth_before_its_lookups_prints_no_price(tmp_path: Path) -> None:
    # Given a database of which nothing is known yet: the CDK queries AWS, and runs the app again
    existing = (
        'cluster = "orders"\nvpc_id = "vpc-0123abcd"\nschema = "shop"\naccount = "123456789012"\nregion = "eu-west-1"'
    )

    # When
    result = run_app(tmp_path, GOOD.replace("sample = true", existing))

    # Then
    assert result.returncode == 0
    assert "series" not in result.stderr
    assert json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["missing"]
