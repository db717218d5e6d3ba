"""Arguments that several commands have, the shell's completion of their values, and the exit codes for errors."""

import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sidestep.local import EXTRA
from sidestep.paths import METRICS_FILE

if TYPE_CHECKING:
    from sidestep.config.settings import Settings


def complete_databases(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of databases in metrics.toml that start with `incomplete`."""
    return [name for name in _table(_content(context), "database") if name.startswith(incomplete)]


def complete_queries(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the database's queries that start with `incomplete`; without a database, of all queries."""
    content = _content(context)
    databases = list(_table(content, "database"))
    # The parser has not yet identified the arguments while it completes the value of an option.
    named = [name for name in databases if name in (context.params.get("name"), *context.args)] or databases
    raw = content.get("query")
    tables = [table for table in raw if isinstance(table, dict)] if isinstance(raw, list) else []
    names = [table.get("name") for table in tables if _databases_of(table, databases) & set(named)]
    return [name for name in names if isinstance(name, str) and name.startswith(incomplete)]


Name = Annotated[
    str,
    typer.Argument(help="The database, by its name in metrics.toml.", autocompletion=complete_databases),
]

Stack = Annotated[
    str | None,
    typer.Option(
        metavar="STACK",
        help="The stack of another app, instead of a database; STACK/ID for one of several SqlMetrics in it.",
        show_default=False,
    ),
]

MetricsFile = Annotated[Path, typer.Option(help="The file to read.", show_default="metrics.toml, in this folder")]


def check_stack(stack: str | None, name: str | None, *, required: bool) -> None:
    """Check that a database or --stack is given, and not both.

    Raises:
        OptionError: both are given, or none of them although one is required.
    """
    from sidestep.config.errors import OptionError

    if stack is not None and name is not None:
        raise OptionError("--stack and a database are mutually exclusive; omit one of them")
    if stack is not None and not stack.strip("/ "):
        raise OptionError("--stack is empty; name a stack")
    if required and stack is None and name is None:
        raise OptionError("name a database of metrics.toml, or a stack with --stack")


def settings_of(file: Path) -> "Settings":
    """Read a metrics.toml, and print its path to stderr.

    Raises:
        ConfigError: the file has errors.
    """
    from sidestep.config.loader import load_settings

    typer.echo(f"reading {file.absolute()}", err=True)
    return load_settings(file)


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Exit with a message instead of a traceback: with code 2 for an error of the user, 1 for an error of AWS."""
    from sidestep.aws.errors import AwsError
    from sidestep.config.errors import ConfigError, OptionError
    from sidestep.lambdas.prepare_database.errors import InvalidName

    try:
        yield
    except (ConfigError, OptionError, InvalidName) as error:
        typer.echo(error, err=True)
        sys.exit(2)
    except AwsError as error:
        sys.exit(str(error))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        typer.echo(f"the local cloud needs {error.name}, which is not installed: install sidestep[local]", err=True)
        sys.exit(2)


def _databases_of(table: dict[str, Any], databases: list[str]) -> set[object]:
    """Return the names of a query's databases: one, a list, or all of them."""
    value = table.get("database", next(iter(databases), None))
    if value == "*":
        return set(databases)
    return {name for name in value if isinstance(name, str)} if isinstance(value, list) else {str(value)}


def _content(context: typer.Context) -> dict[str, Any]:
    path = context.params.get("file") or METRICS_FILE
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):  # the command itself reports the error
        return {}


def _table(content: dict[str, Any], key: str) -> dict[str, Any]:
    table = content.get(key)
    return table if isinstance(table, dict) else {}
