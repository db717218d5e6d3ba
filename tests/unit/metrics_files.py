"""Texts of metrics.toml, and the errors and warnings about them."""

import os
import re
from pathlib import Path

import pytest

from sidestep.config.errors import ConfigError
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
    """Return the errors of a metrics.toml, without the folder in its path."""
    with pytest.raises(ConfigError) as caught:
        load_settings(write(folder, text))
    return [mistake.removeprefix(f"{folder}{os.sep}") for mistake in caught.value.errors]


def error_about(key: str, folder: Path, text: str) -> str:
    """Return the one error of a metrics.toml about a key, without the file and what comes before the key."""
    (error,) = [error for error in mistakes_of(folder, text) if f": {key}: " in error]
    assert error.startswith("metrics.toml: ")
    return error.partition(f": {key}: ")[2]


def numbers_in(message: str) -> list[int]:
    """Return the whole numbers in a message after its first colons, in their order."""
    return [int(number.replace(",", "")) for number in re.findall(r"\b\d[\d,]*\b", message.rpartition(": ")[2])]


def warnings_of(folder: Path, text: str) -> list[str]:
    """Return the warnings about a metrics.toml, without the folder in its path."""
    return [warning.removeprefix(f"{folder}{os.sep}") for warning in load_settings(write(folder, text)).warnings]


def query(name: str, *keys: str) -> str:
    """Return a [[query]] with further keys, a line each."""
    return "\n".join(["[[query]]", f'name = "{name}"', 'sql = "SELECT 1"', *keys, ""])
