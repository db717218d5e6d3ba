"""Files that metrics.toml may be, and what is said of them."""

import os
from pathlib import Path

import pytest

from sidestep.config.errors import SettingsError
from sidestep.config.loader import load_settings

HEAD = """
namespace = "Shop"
schedule = "rate(5 minutes)"

[database.shop]
sample = true
"""

GOOD = f"""{HEAD}
[[query]]
name = "orders"
sql = "SELECT COUNT(*) AS Orders FROM orders"
[query.metrics]
Orders = {{ unit = "Count" }}
"""

GOOD_BY_PLAN = GOOD.replace("SELECT", "SELECT plan AS Plan,").replace("[query.", 'dimensions = ["Plan"]\n[query.')


def write(folder: Path, text: str) -> Path:
    path = folder / "metrics.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes_of(folder: Path, text: str) -> list[str]:
    """Return the mistakes of a metrics.toml, without the folder in its path."""
    with pytest.raises(SettingsError) as caught:
        load_settings(write(folder, text))
    return [mistake.removeprefix(f"{folder}{os.sep}") for mistake in caught.value.mistakes]


def warnings_of(folder: Path, text: str) -> list[str]:
    """Return the warnings about a metrics.toml, without the folder in its path."""
    return [warning.removeprefix(f"{folder}{os.sep}") for warning in load_settings(write(folder, text)).warnings]


def query(name: str, *keys: str) -> str:
    """Return a [[query]] with further keys, a line each."""
    return "\n".join(["[[query]]", f'name = "{name}"', 'sql = "SELECT 1"', *keys, ""])
