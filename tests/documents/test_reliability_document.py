"""docs/reliability.md names the tests that prove it."""

import ast
import re

import pytest

from sidestep import paths
from tests.documents.markdown import exists, named_tests

PATH = paths.ROOT / "docs" / "reliability.md"
DOCUMENT = PATH.read_text(encoding="utf-8")
ROWS = [
    line.strip("| ").split(" | ")
    for line in DOCUMENT.splitlines()
    if line.startswith("| ") and not line.startswith("| Fault") and "::" not in line
]


@pytest.mark.parametrize("test", sorted(set(named_tests(PATH))))
def test_every_test_of_a_servers_faults_exists(test: str) -> None:
    assert exists(test)


def test_every_row_has_a_test_and_every_test_a_row() -> None:
    # Given
    folder = paths.ROOT / "tests" / "end_to_end"
    sources = [(folder / name).read_text(encoding="utf-8") for name in ("test_faults.py", "test_large_results.py")]
    nodes = [node for source in sources for node in ast.parse(source).body]
    defined = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]

    # When
    named = [row[-1].strip("`") for row in ROWS]

    # Then
    assert sorted(named) == sorted(name for name in defined if name.startswith("test_"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_errors_and_states_are_those_of_the_workflow(row: list[str]) -> None:
    # Given what the workflow retries, and the states that it has
    workflow = paths.WORKFLOW_FILE.read_text(encoding="utf-8")

    # When
    named = re.findall(r"red, `([\w.]+)`|attempts? of (\w+)", row[1])

    # Then
    assert [name for pair in named for name in pair if name and f'"{name}"' not in workflow] == []
