"""The tables of docs/api.md: what signatures and docstrings say of the public names of Sidestep."""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Final

import sidestep
from scripts.markdown import block, table
from sidestep.infrastructure.database_metrics import DatabaseMetrics
from sidestep.paths import BUILD

SPELLED_OUT: Final[Mapping[str, str]] = {
    "AppDatabase": "IDatabaseInstance | IDatabaseCluster | IDatabaseProxy",
    "EngineName": "str",
    "WorkflowType": "str",
    "Unit": "str",
    "Statistic": "str",
    "Policy": "str",
    "InvalidPolicy": "str",
    "Missing": "str",
    "WindowKind": "str",
    "Severity": "str",
}
"""The names of types that only Sidestep's own code uses."""


@dataclass(frozen=True)
class Argument:
    """An argument of a function, or a field of a class.

    Attributes:
        type: as its annotation says.
        default: as the code says; None if it is required.
    """

    name: str
    type: str
    default: str | None


def arguments(name: str, method: str = "__init__") -> str:
    """Return the arguments of a method of a public class, those that are required first."""
    function = getattr(getattr(sidestep, name), method)
    descriptions = described(function, "Args")
    rows = [_row(one, descriptions[one.name]) for one in _arguments(function) if one.name != "construct_id"]
    return table(("Argument", "Type", "Default", "Description"), [row for row in rows if row[0] != "`scope`"])


def fields(name: str) -> str:
    """Return the fields of a public dataclass."""
    kind = getattr(sidestep, name)
    descriptions = described(kind, "Attributes")
    return table(
        ("Field", "Type", "Default", "Description"), [_row(one, descriptions[one.name]) for one in _fields(kind)]
    )


def members(name: str) -> str:
    """Return the attributes, properties and methods of a public construct."""
    kind = getattr(sidestep, name)
    rows = [(f"`{one}`", text) for one, text in described(DatabaseMetrics, "Attributes").items()]
    for member, value in vars(DatabaseMetrics).items():
        if not member.startswith("_") and member in dir(kind):
            call = "" if isinstance(value, property) else f"({', '.join(_call(value))})"
            rows.append((f"`{member}{call}`", _summary(value)))
    return table(("Member", "Description"), rows)


def summary(name: str) -> str:
    """Return what the docstring of a public class says before its sections."""
    text = inspect.getdoc(getattr(sidestep, name)) or ""
    paragraphs = re.split(r"\n\n(?=\w+:\n)", text)[0].split("\n\n")
    return block("\n\n".join(re.sub(r"(?<=\.) ", "\n", " ".join(one.split())) for one in paragraphs))


def described(documented: object, section: str) -> dict[str, str]:
    """Return the entries of a section of a docstring by name; "above, below: ..." describes both."""
    text = inspect.getdoc(documented) or ""
    found = re.search(rf"^{section}:\n((?:    .*\n?|\n)+)", text, re.MULTILINE)
    entries = re.findall(r"^(\w+(?:, \w+)*): ((?:.*)(?:\n    .*)*)", dedent(found[1]) if found else "", re.MULTILINE)
    return {name: _sentence(entry) for names, entry in entries for name in names.split(", ")}


def _arguments(function: Any) -> Iterator[Argument]:  # noqa: ANN401 - any function
    (tree,) = ast.parse(dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef)  # noqa: S101 - what getsource returns for a function
    given = tree.args.args[1:]  # without self
    for argument in given:
        yield Argument(argument.arg, _type(argument.annotation), None)
    parameters = inspect.signature(function).parameters
    for argument in tree.args.kwonlyargs:
        default = parameters[argument.arg].default
        shown = None if default is inspect.Parameter.empty else repr(str(default) if default == BUILD else default)
        yield Argument(argument.arg, _type(argument.annotation), shown)


def _fields(kind: type) -> Iterator[Argument]:
    (tree,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)  # noqa: S101 - what getsource returns for a class
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            default = ast.unparse(statement.value) if statement.value else None
            yield Argument(statement.target.id, _type(statement.annotation), default)


def _type(annotation: ast.expr | None) -> str:
    """Return a type without None, which the default says already."""
    names = ast.unparse(annotation).split(" | ") if annotation else []
    spelled = " | ".join(SPELLED_OUT.get(name, name) for name in names if name != "None").split(" | ")
    return " or ".join(f"`{name}`" for name in spelled)


def _row(argument: Argument, description: str) -> tuple[str, str, str, str]:
    default = "required" if argument.default is None else f"`{argument.default.replace(chr(39), chr(34))}`"
    return f"`{argument.name}`", argument.type, default, description


def _call(function: Any) -> Iterator[str]:  # noqa: ANN401 - any function
    """Yield the arguments as a call has them; those with a default are optional."""
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        star = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else ""
        yield f"{star}{name}" if parameter.default is inspect.Parameter.empty else f"{name}=..."


def _summary(documented: object) -> str:
    return _sentence((inspect.getdoc(documented) or "").partition("\n\n")[0])


def _sentence(text: str) -> str:
    """Return text on one line as a sentence."""
    line = " ".join(text.split())
    return line[:1].upper() + line[1:] + ("" if line.endswith(".") else ".")
