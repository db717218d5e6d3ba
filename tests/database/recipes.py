"""The recipes of docs/recipes.md: a query for each heading and engine, and the administrator's statements for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sidestep import paths
from sidestep.config.engines import MYSQL, POSTGRES, Engine

DOCUMENT: Final = paths.ROOT / "docs" / "recipes.md"

_LABELS: Final = {"MySQL": (MYSQL,), "PostgreSQL": (POSTGRES,), "MySQL and PostgreSQL": (MYSQL, POSTGRES)}


@dataclass(frozen=True)
class Recipe:
    """A query for one engine.

    Attributes:
        heading: as the document has it.
        statements: of the administrator, in their order.
        toml: the `[[query]]` or `[[check]]` table.
    """

    heading: str
    engine: Engine
    statements: tuple[str, ...]
    toml: str

    def __str__(self) -> str:
        return f"{self.heading.replace(' ', '_')}-{self.engine.name}"

    @property
    def grants(self) -> tuple[str, ...]:
        """The statements that give the user a privilege."""
        return tuple(statement for statement in self.statements if statement.startswith("GRANT "))


def recipes() -> list[Recipe]:
    """Return the document's recipes, in its order."""
    sections = re.split(r"^#{2,3} (.*)$\n", _text(), flags=re.MULTILINE)
    return [
        Recipe(heading, engine, statements, toml)
        for heading, section in zip(sections[1::2], sections[2::2], strict=True)
        for engine, statements, toml in _labelled(section)
        if "[[query]]" in toml or "[[check]]" in toml
    ]


def file_for(engine: Engine, *queries: Recipe) -> str:
    """Return the whole file of some recipes: the document's first example, and their queries."""
    (start,) = [toml for labelled, _, toml in _labelled(_text()) if labelled is engine and "namespace" in toml]
    return "\n".join([start, *(query.toml for query in queries)])


def _text() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def _labelled(section: str) -> Iterator[tuple[Engine, tuple[str, ...], str]]:
    """Yield the engines that the section's labels name, each with its statements and its TOML."""
    parts = re.split(rf"^\*\*({'|'.join(_LABELS)})\*\*$\n", section, flags=re.MULTILINE)
    for label, part in zip(parts[1::2], parts[2::2], strict=True):
        statements = tuple(
            statement.strip() for block in _blocks("sql", part) for statement in block.split(";") if statement.strip()
        )
        (toml,) = _blocks("toml", part)
        for engine in _LABELS[label]:
            yield engine, statements, toml


def _blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
