"""The options of `sidestep check`: which fit together, and which queries they select."""

from pathlib import Path

import pytest

from sidestep.commands.check.options import Options, chosen_queries
from sidestep.config.errors import OptionError
from sidestep.config.loader import load_settings
from sidestep.config.settings import Settings
from tests.unit.metrics_files import write

TWO_DATABASES = """
namespace = "Shop"
schedule = "rate(5 minutes)"
[database.shop]
sample = true
[database.depot]
sample = true
[[query]]
name = "orders"
database = "shop"
sql = "SELECT 1 AS Orders"
metrics.Orders = {}
[[query]]
name = "customers"
database = "shop"
sql = "SELECT 1 AS Customers"
metrics.Customers = {}
[[query]]
name = "parcels"
database = "depot"
sql = "SELECT 1 AS Parcels"
metrics.Parcels = {}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(write(tmp_path, TWO_DATABASES))


def options(*queries: str, of: str | None = None, local: bool = True) -> Options:
    return Options(file=Path("metrics.toml"), local=local, of=of, queries=queries)


@pytest.mark.parametrize(
    ("wrong", "option"),
    [
        (Options(file=Path(), local=True, database="mysql://app@localhost/shop"), "--local"),
        (Options(file=Path(), local=True, ca=Path("roots.pem")), "--ca"),
        (Options(file=Path(), iam=True), "--iam"),
    ],
)
def test_options_that_do_not_fit_together_are_rejected(wrong: Options, option: str) -> None:
    with pytest.raises(OptionError, match=f"^{option} .*--database"):
        wrong.check()


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (options(local=False), ["orders", "customers", "parcels"]),
        (options(of="shop"), ["orders", "customers"]),
        (options("parcels"), ["parcels"]),
        (options("customers", "orders"), ["orders", "customers"]),
        (options("customers", of="shop"), ["customers"]),
    ],
)
def test_queries_are_chosen_in_the_order_of_the_file(settings: Settings, given: Options, names: list[str]) -> None:
    assert [query.name for query in chosen_queries(settings, given)] == names


@pytest.mark.parametrize(
    ("given", "facts"),
    [
        (options(), ["metrics.toml: ", "--of: shop, depot"]),
        (options(of="shopp"), ["--of shopp: metrics.toml ", '"shop"', "shop, depot"]),
        (options("order", of="shop"), ["--query order: database.shop ", '"orders"']),
        (options("parcels", of="shop"), ["--query parcels: database.shop ", "orders, customers"]),
        (options("x"), ["--query x: metrics.toml ", "orders, customers, parcels"]),
    ],
)
def test_the_error_for_a_wrong_name_has_the_right_names(settings: Settings, given: Options, facts: list[str]) -> None:
    with pytest.raises(OptionError) as caught:
        chosen_queries(settings, given)
    assert str(caught.value).startswith(facts[0])
    assert [fact for fact in facts if fact not in str(caught.value)] == []
