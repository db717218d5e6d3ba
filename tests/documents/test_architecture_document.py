"""What docs/architecture.md says is true of the code."""

import json
import re

import pytest

from sidestep import paths
from tests.documents.markdown import exists, named_tests

PATH = paths.ROOT / "docs" / "architecture.md"
DOCUMENT = PATH.read_text(encoding="utf-8")


def test_the_picture_has_the_states_and_transitions_of_the_workflow() -> None:
    # Given
    machine = json.loads(paths.WORKFLOW_FILE.read_text(encoding="utf-8"))
    states = machine["States"]

    # When: an arrow is `A --> B` or `A -- label --> B`, a node `name` or `name["what is shown"]`
    (picture,) = re.findall(r"^```mermaid\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    arrow = re.compile(r"^ *(\w+)\S*.*? --(?: (.*?) --)?> (\w+)", re.MULTILINE)
    drawn = {(source, label, target) for source, label, target in arrow.findall(picture) if source != "Schedule"}

    # Then
    choice = states["MorePages?"]
    branches = {("MorePages", rule["Comment"], rule["Next"]) for rule in choice["Choices"]}
    assert drawn == {
        ("QueryDatabase", "one page of metric data", states["QueryDatabase"]["Next"]),
        ("PublishMetrics", "", states["PublishMetrics"]["Next"].rstrip("?")),
        *branches,
        ("MorePages", "no", choice["Default"]),
    }
    assert "Schedule([EventBridge Scheduler]) -- every 5 minutes --> " + machine["StartAt"] in picture


def test_every_function_in_the_picture_exists() -> None:
    functions = {path.parent.name for path in paths.LAMBDAS.glob("*/handler.py")}
    assert set(re.findall(r'\["([a-z_]+)"\]', DOCUMENT)) == functions


def test_every_path_exists_and_every_folder_is_named() -> None:
    # Given
    rows = re.findall(r"^\| (`.*?) \| (.*) \|$", DOCUMENT, re.MULTILINE)

    # When: what is in the second cell without a slash lies in the folder of the first
    named = {path for first, _ in rows for path in re.findall(r"`([\w./]+)`", first)}
    further = {path for _, second in rows for path in re.findall(r"`([\w.]*/[\w./]*)`(?!:)", second)}
    within = {
        (re.findall(r"`([\w./]+/)`", first)[0], file)
        for first, second in rows
        for file in re.findall(r"`(\w+\.py)`", second)
    }

    # Then
    assert [path for path in sorted(named | further) if not (paths.ROOT / path).exists()] == []
    assert [pair for pair in sorted(within) if not (paths.ROOT / pair[0] / pair[1]).is_file()] == []
    rooms = [path.parent for path in paths.ROOT.glob("sidestep/*/__init__.py") if not path.parent.is_symlink()]
    folders = {f"{room.relative_to(paths.ROOT)}/" for room in rooms}
    folders |= {f"{path.parent.relative_to(paths.ROOT)}/" for path in (paths.ROOT / "lambdas").glob("*/__init__.py")}
    assert folders <= named | further


@pytest.mark.parametrize("test", named_tests(PATH))
def test_every_test_that_it_names_exists(test: str) -> None:
    assert exists(test)
