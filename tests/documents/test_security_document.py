"""docs/security.md names the tests that prove it."""

import pytest

from sidestep import paths
from tests.documents.markdown import exists, named_tests

PATH = paths.ROOT / "docs" / "security.md"
ROWS = [line for line in PATH.read_text(encoding="utf-8").splitlines() if line.startswith("| **")]


@pytest.mark.parametrize("test", sorted(set(named_tests(PATH))))
def test_every_test_that_it_names_exists(test: str) -> None:
    assert exists(test)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("**")[1])
def test_every_threat_has_a_test(row: str) -> None:
    assert row.rpartition(" | ")[2].startswith("`")
    assert "::test_" in row.rpartition(" | ")[2]


def test_a_test_that_is_not_there_would_be_noticed() -> None:
    assert not exists("documents/test_security_document.py::test_that_nobody_wrote")
    assert not exists("unit/test_that_is_not_there.py::test_anything")
