"""Who imports whom: what runs on AWS knows nothing of the developer's side, and the stack nothing of the laptop."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidestep import project

FUNCTIONS = sorted(path.parent.name for path in project.LAMBDAS.glob("*/handler.py"))

SHARED = "mysql_tls"
"""The package that every bundle has."""

LIBRARIES = {"botocore", "pymysql"}
"""What a function may use beside Python's own: Lambda's runtime has the one, the bundle the other."""


def imported_by(source: Path) -> Iterator[str]:
    """Yield the full names of what a module imports, wherever it does so."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, source  # a relative import has no full name
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(name: str) -> Path | None:
    """Return the file of a module of ours that is called `name`, or has something of that name."""
    module = name.replace(".", "/")
    for folder in (project.ROOT, project.LAMBDAS):
        for path in (module, module.rpartition("/")[0]):
            for candidate in (folder / f"{path}.py", folder / path / "__init__.py"):
                if candidate.is_file():
                    return candidate
    return None


def reached_from(*sources: Path) -> set[Path]:
    """Return the modules of ours that are imported, directly or by others, and these themselves."""
    reached: set[Path] = set()
    waiting = list(sources)
    while waiting:
        source = waiting.pop()
        if source not in reached:
            reached.add(source)
            waiting += filter(None, map(file_of, imported_by(source)))
    return reached


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_itself_the_shared_package_and_two_libraries(function: str) -> None:
    # When
    imported = {
        name.partition(".")[0]
        for package in (function, SHARED)
        for source in (project.LAMBDAS / package).glob("*.py")
        for name in imported_by(source)
    }

    # Then
    assert imported - sys.stdlib_module_names <= {function, SHARED, *LIBRARIES}


def test_the_stack_knows_nothing_of_the_local_cloud() -> None:
    # Given the app and all constructs
    infrastructure = project.ROOT / "sidestep" / "infrastructure"
    sources = [project.ROOT / "app.py", *infrastructure.glob("*.py")]

    # When
    reached = reached_from(*sources)

    # Then
    assert infrastructure / "stack.py" in reached
    assert project.ROOT / "sidestep" / "settings.py" in reached
    local = project.ROOT / "sidestep" / "local"
    assert [path for path in reached if path.is_relative_to(local)] == []
