"""The tests that documents name as their proof exist."""

import re
from pathlib import Path

import pytest

from sidestep import paths
from tests.documents.markdown import DOCUMENTS, defined_tests, exists, named_tests, rows, text

RELIABILITY = paths.ROOT / "docs" / "reliability.md"
SECURITY = paths.ROOT / "docs" / "security.md"

FAULT_FILES = ("end_to_end/test_faults.py", "end_to_end/test_large_results.py")
"""All tests of these files are in the tables of faults."""

PROVED_ROWS = [*rows(RELIABILITY, "Fault"), *rows(SECURITY, "Threat"), *rows(SECURITY, "Principal")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_named_test_exists(document: Path) -> None:
    assert [test for test in named_tests(text(document)) if not exists(test)] == []


@pytest.mark.parametrize("row", PROVED_ROWS, ids=lambda row: row[0])
def test_every_fault_threat_and_permission_has_a_test(row: list[str]) -> None:
    assert named_tests(row[-1])


@pytest.mark.parametrize("file", FAULT_FILES)
def test_every_test_of_a_fault_has_a_row(file: str) -> None:
    named = {test for row in rows(RELIABILITY, "Fault") for test in named_tests(row[-1])}
    assert {f"{file}::{test}" for test in defined_tests(file)} <= named


@pytest.mark.parametrize("row", rows(RELIABILITY, "Fault"), ids=lambda row: row[0])
def test_errors_and_states_of_faults_are_those_of_the_workflow(row: list[str]) -> None:
    # Given what the workflow retries, and the states that it has
    workflow = text(paths.WORKFLOW_FILE)

    # When
    named = re.findall(r"fails with `([\w.]+)`|attempts? of (\w+)", row[1])

    # Then
    assert [name for pair in named for name in pair if name and f'"{name}"' not in workflow] == []


def test_a_missing_test_is_noticed() -> None:
    assert not exists("documents/test_named_tests.py::test_that_nobody_wrote")
    assert not exists("unit/test_that_is_not_there.py::test_anything")
