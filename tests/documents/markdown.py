"""What documents show: examples of metrics.toml, and the tests that prove what they say."""

import ast
import re
from pathlib import Path

_GENERAL = 'namespace = "Shop"\nschedule = "rate(5 minutes)"\n'

_DATABASE = "[database.shop]\nsample = true\n"

_QUERY = '[[query]]\nname = "base"\nsql = "SELECT 1 AS Base"\nmetrics = { Base = {} }\n'


def examples(document: Path) -> list[str]:
    """Return the TOML examples of a document; those without a namespace, which continue a file, as whole files."""
    blocks = re.findall(r"^```toml\n(.*?)^```$", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [_completed(block) for block in blocks]


def _completed(block: str) -> str:
    start = "" if "namespace = " in block else _GENERAL
    database = "" if "[database." in block else _DATABASE
    query = "" if "[[query]]" in block else _QUERY
    return start + block + database + query


def named_tests(document: Path) -> list[str]:
    """Return the tests that a document names, as `folder/test_file.py::test_name` in backticks."""
    return re.findall(r"`([\w/]+\.py::test_\w+)`", document.read_text(encoding="utf-8"))


def exists(test: str) -> bool:
    """Return whether there is a test that is called so."""
    file, _, name = test.partition("::")
    path = Path(__file__).parents[1] / file
    if not path.is_file():
        return False
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in nodes)
