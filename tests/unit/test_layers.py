"""Who imports whom: what runs on AWS knows nothing of the developer's side, and the stack nothing of the laptop."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidestep import project
from sidestep.engines import ENGINES

FUNCTIONS = sorted(path.parent.name for path in project.LAMBDAS.glob("*/handler.py"))

SHARED = "engines"
"""The package that every bundle has, with the folder of one engine."""

PARTED = [SHARED, "prepare_database"]
"""The packages with a folder for each engine."""

DRIVERS = {"mysql": {"pymysql"}, "postgres": {"pg8000", "scramp"}}
"""What an engine may use beside Python's own; the bundle has it. With scramp, pg8000 shows passwords."""


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


def imported_packages(folder: Path) -> set[str]:
    """Return the packages outside of Python that the modules in a folder import."""
    names = {name for source in folder.glob("*.py") for name in imported_by(source)}
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_itself_the_engines_and_the_runtimes_library(function: str) -> None:
    assert imported_packages(project.LAMBDAS / function) <= {function, SHARED, "botocore"}


def test_what_the_engines_share_imports_nothing() -> None:
    assert imported_packages(project.LAMBDAS / SHARED) <= {SHARED}


@pytest.mark.parametrize("package", PARTED)
def test_a_package_has_a_folder_for_each_engine(package: str) -> None:
    folders = {path.name for path in (project.LAMBDAS / package).iterdir() if (path / "__init__.py").is_file()}
    assert folders == set(ENGINES)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("package", PARTED)
def test_an_engine_imports_its_driver_and_no_other_engine(package: str, engine: str) -> None:
    # When
    folder = project.LAMBDAS / package / engine
    imported = {name for source in folder.glob("*.py") for name in imported_by(source)}

    # Then
    assert imported_packages(folder) <= {SHARED, package, *DRIVERS[engine]}
    others = [f"{parted}.{other}" for parted in PARTED for other in ENGINES.keys() - {engine}]
    assert not [name for name in imported for other in others if name.startswith(other)]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_printed_takes_no_driver(engine: str) -> None:
    reached = reached_from(project.LAMBDAS / "prepare_database" / engine / "statements.py")
    imported = {name.partition(".")[0] for source in reached for name in imported_by(source)}
    assert not imported & set().union(*DRIVERS.values())


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
