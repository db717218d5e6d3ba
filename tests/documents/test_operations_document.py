"""The errors of docs/operations.md are those that the code and the workflow have."""

import json
import re

import pytest

from sidestep import paths
from tests.documents.markdown import rows, text

PATH = paths.ROOT / "docs" / "operations.md"
SOURCES = [*paths.LAMBDAS.rglob("*.py"), *(paths.ROOT / "sidestep").rglob("*.py")]
CODE = "\n".join(text(path) for path in SOURCES)
ERRORS = [row[0].strip("`") for row in rows(PATH, "Error")]
MESSAGES = [message for row in rows(PATH, "Message") for message in re.findall(r"`([^`]+)`", row[0])]


@pytest.mark.parametrize("head", ["Command", "Error", "Message"])
def test_no_row_of_a_table_is_there_twice(head: str) -> None:
    names = [tuple(row) for row in rows(PATH, head)]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_one_of_the_workflow_or_the_functions(error: str) -> None:
    assert error in text(paths.WORKFLOW_FILE) or f"class {error}" in CODE


def test_what_ends_an_execution_is_explained() -> None:
    states = json.loads(text(paths.WORKFLOW_FILE))["States"].values()
    assert {state["Error"] for state in states if state["Type"] == "Fail"} <= set(ERRORS)


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_is_one_of_the_functions(message: str) -> None:
    # Given its words that are not the database's own
    words = re.sub(r"^the database answered: [0-9A-Z]{4,5} .*", "the database answered: ", message)
    parts = [part.strip() for part in words.split("...") if part.strip()]

    # Then
    flat = re.sub(r'"\s*\n\s*f?"', "", CODE)
    assert parts
    assert all(part in flat for part in parts), parts
