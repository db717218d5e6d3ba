"""What docs/databases.md shows is true of the code."""

import re
from pathlib import Path

import boto3
import pytest

from sidestep import paths
from sidestep.config.certificates import KNOWN, shipped_regions
from sidestep.config.databases import KINDS
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from sidestep.infrastructure.environment import Environment, check_environments

DOCUMENT = (paths.ROOT / "docs" / "databases.md").read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The document's example as a file."""
    (text,) = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    path = tmp_path / "metrics.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_table_has_every_key() -> None:
    # Given
    (table,) = re.findall(r"^\| Key \|.*\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE)
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)

    # Then
    named = {key.partition(" ")[0] for row in rows for key in re.findall(r"`([^`]+)`", row)}
    assert named == {key for model in KINDS.values() for key in model.key_names()}


def test_the_example_is_valid(example: Path) -> None:
    # When
    settings = load_settings(example)

    # Then
    check_environments(settings, Environment("123456789012", "eu-central-1"), file="metrics.toml")
    assert [len(settings.runs_of(name)) for name in settings.databases] == [1, 1, 1, 1]


def test_the_message_without_credentials_is_the_shown_one(example: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check_environments(load_settings(example), Environment(), file="metrics.toml")
    assert caught.value.errors[0] in DOCUMENT.splitlines()


def test_the_regions_that_are_missing_are_named() -> None:
    # Given the Regions of AWS's own partition that have RDS
    regions = set(boto3.Session().get_available_regions("rds"))

    # Then
    (missing,) = re.findall(r"of those it lacks, (.*?) are in", DOCUMENT)
    assert set(re.findall(r"`([^`]+)`", missing)) == regions - shipped_regions()
    assert f"roots of {len(shipped_regions())} regions" in DOCUMENT


def test_the_hashes_are_the_known_ones() -> None:
    assert set(re.findall(r"`([0-9a-f]{64})`", DOCUMENT)) == set(KNOWN)
