"""The pictures and paths of docs/architecture.md are those of the code."""

import json
import re

from sidestep import paths
from tests.documents.markdown import blocks, rows, text

PATH = paths.ROOT / "docs" / "architecture.md"
PICTURE, _ = blocks(PATH, "mermaid")


def test_the_picture_has_the_states_and_transitions_of_the_workflow() -> None:
    # Given
    machine = json.loads(text(paths.WORKFLOW_FILE))
    states = machine["States"]

    # When: an arrow is `A --> B` or `A -- label --> B`, a node `name` or `name["what is shown"]`
    arrow = re.compile(r"^ *(\w+)\S*.*? --(?: (.*?) --)?> (\w+)", re.MULTILINE)
    arrows = arrow.findall(PICTURE)

    # Then
    choice = states["MorePages?"]
    between = {(source, target) for source, _, target in arrows}
    assert between == {
        ("Schedule", machine["StartAt"]),
        ("QueryDatabase", states["QueryDatabase"]["Next"]),
        ("PublishMetrics", states["PublishMetrics"]["Next"].rstrip("?")),
        *(("MorePages", rule["Next"]) for rule in choice["Choices"]),
        ("MorePages", choice["Default"]),
    }
    assert {rule["Comment"] for rule in choice["Choices"]} <= {label for _, label, _ in arrows}


def test_every_function_in_the_picture_exists() -> None:
    functions = {path.parent.name for path in paths.LAMBDAS.glob("*/handler.py")}
    assert set(re.findall(r'\["([a-z_]+)"\]', PICTURE)) == functions


def test_every_folder_of_the_repository_is_listed() -> None:
    listed = {path for path, *_ in rows(PATH, "Path")}
    folders = {path.parent for path in paths.ROOT.glob("*/*.py")} | {paths.WORKFLOW_FILE.resolve().parent}
    assert {f"`{folder.relative_to(paths.ROOT)}/`" for folder in folders} - listed <= {"`sidestep/`", "`lambdas/`"}
