"""What a shell completes: the names in metrics.toml, whatever mistakes it has."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from sidestep.paths import METRICS_FILE


def databases(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of databases that begin like this."""
    return _beginning(incomplete, _table(_content(context), "database"))


def queries(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of queries that begin like this and ask the command's database; any, if none is named yet."""
    content = _content(context)
    databases = list(_table(content, "database"))
    # Behind an option that waits for its value, the parser has not told arguments from each other yet.
    named = [name for name in databases if name in (context.params.get("name"), *context.args)] or databases
    raw = content.get("query")
    tables = [table for table in raw if isinstance(table, dict)] if isinstance(raw, list) else []
    asking = (table.get("name") for table in tables if table.get("database", next(iter(databases), None)) in named)
    return _beginning(incomplete, (name for name in asking if isinstance(name, str)))


def _content(context: typer.Context) -> dict[str, Any]:
    path = context.params.get("file") or METRICS_FILE
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):  # the command itself says what is wrong
        return {}


def _table(content: dict[str, Any], key: str) -> dict[str, Any]:
    table = content.get(key)
    return table if isinstance(table, dict) else {}


def _beginning(incomplete: str, names: Iterator[str] | dict[str, Any]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
