"""What documents contain: examples of metrics.toml, tables, and the tests that they name."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

from sidestep import paths

TESTS: Final = Path(__file__).parents[1]

GENERATED: Final = "acceptance-report.md"
"""What `make acceptance` writes beside the documents; git ignores it."""

DOCUMENTS: Final = tuple(
    document
    for folder in (paths.ROOT, paths.ROOT / "docs")
    for document in sorted(folder.glob("*.md"))
    if document.name != GENERATED
)

WITH_EXAMPLES: Final = tuple(document for document in DOCUMENTS if document.name != "recipes.md")
"""Those with examples that continue a file for MySQL; test_recipes.py loads each recipe for its engine."""

_GENERAL = 'namespace = "Shop"\nschedule = "rate(5 minutes)"\n'

_DATABASE = "[database.shop]\nsample = true\n"

_QUERY = '[[query]]\nname = "base"\nsql = "SELECT 1 AS Base"\nmetrics = { Base = {} }\n'


def examples(document: Path) -> list[str]:
    """Return the TOML examples of a document; those without a namespace, which continue a file, as whole files."""
    return [_completed(block) for block in blocks(document, "toml")]


def _completed(block: str) -> str:
    start = "" if "namespace = " in block else _GENERAL
    database = "" if "[database." in block else _DATABASE
    query = "" if "[[query]]" in block or "[[check]]" in block else _QUERY
    return start + block + database + query


def blocks(document: Path, language: str) -> list[str]:
    """Return the blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text(document), re.DOTALL | re.MULTILINE)


def rows(document: Path, head: str) -> list[list[str]]:
    """Return the cells of all tables whose first column is called so."""
    tables = re.findall(rf"^\| {head} \|.*\n\|[-:|]+\n((?:\|.*\n)+)", text(document), re.MULTILINE)
    return [line.strip("| ").split(" | ") for table in tables for line in table.splitlines()]


def named_tests(words: str) -> list[str]:
    """Return the tests that a text names, as `folder/test_file.py::test_name` in backticks."""
    return re.findall(r"`([\w/]+\.py::test_\w+)`", words)


def exists(test: str) -> bool:
    """Return whether there is a test that is called so."""
    file, _, name = test.partition("::")
    return name in defined_tests(file)


@cache
def defined_tests(file: str) -> list[str]:
    """Return the names of the tests in a file below tests/; none if there is no such file."""
    path = TESTS / file
    nodes = ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else []
    return [node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def text(document: Path) -> str:
    """Return the text of a document."""
    return document.read_text(encoding="utf-8")
