"""What docs/operations.md says is what the code says."""

import json
import re

import pytest

from sidestep import paths
from sidestep.cli.main import GROUPS
from sidestep.commands.check.plans import LARGE_TABLE

DOCUMENT = (paths.ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SOURCES = [*paths.LAMBDAS.rglob("*.py"), *(paths.ROOT / "sidestep").rglob("*.py")]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)


def rows(head: str) -> list[list[str]]:
    """Return the rows of the table whose first column is called so."""
    (table,) = re.findall(rf"^\| {head} \|.*\n\|[-|]+\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE)
    return [line.strip("| ").split(" | ") for line in table.splitlines()]


def test_every_command_is_told() -> None:
    names = {command.__name__ for commands in GROUPS.values() for command in commands} - {"demo", "local"}
    assert names <= set(re.findall(r"sidestep (\w+)", DOCUMENT))


@pytest.mark.parametrize("options", re.findall(r"(?:bin/)?sidestep (\w+) ([^`\n]*--[^`\n]*)", DOCUMENT), ids=" ".join)
def test_every_option_is_one_of_its_command(options: tuple[str, str]) -> None:
    # Given
    name, words = options
    (command,) = [one for commands in GROUPS.values() for one in commands if one.__name__ == name]

    # Then
    known = {parameter.replace("_", "-") for parameter in command.__annotations__}
    named = set(re.findall(r"--([a-z-]+)", words))
    assert named <= known | {"as-json", "print", "json"}


@pytest.mark.parametrize("head", ["Command", "Error", "It says"])
def test_no_row_of_a_table_is_there_twice(head: str) -> None:
    names = [row[0] for row in rows(head)]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("error", [row[0].strip("`") for row in rows("Error")])
def test_every_error_is_one_of_the_workflow(error: str) -> None:
    workflow = paths.WORKFLOW_FILE.read_text(encoding="utf-8")
    assert error in workflow or f"class {error}" in CODE


def test_what_ends_an_execution_is_told() -> None:
    states = json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))["States"].values()
    ends = {state["Error"] for state in states if state["Type"] == "Fail"}
    assert ends <= {row[0].strip("`") for row in rows("Error")}


@pytest.mark.parametrize("said", [said for row in rows("It says") for said in re.findall(r"`([^`]+)`", row[0])])
def test_every_sentence_is_one_of_the_function(said: str) -> None:
    # Given its words that are not the database's own
    words = re.sub(r"^the database answered: [0-9A-Z]{4,5} .*", "the database answered: ", said)
    parts = [part.strip() for part in words.split("...") if part.strip()]

    # Then
    flat = re.sub(r'"\s*\n\s*f?"', "", CODE)
    assert parts
    assert all(part in flat for part in parts), parts


def test_the_large_table_is_the_one_of_the_check() -> None:
    assert f"a whole table of {LARGE_TABLE:,} rows" in DOCUMENT
