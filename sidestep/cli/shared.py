"""What the commands have in common: options, and how mistakes are told."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidestep.cli import completion

if TYPE_CHECKING:
    from sidestep.config.settings import Settings

Name = Annotated[
    str,
    typer.Argument(help="The database, as metrics.toml names it.", autocompletion=completion.databases),
]

MetricsFile = Annotated[Path, typer.Option(help="The file to read.", show_default="metrics.toml, in this folder")]


def settings_of(file: Path) -> "Settings":
    """Read a metrics.toml, and print its path to stderr.

    Raises:
        ConfigError: the file has mistakes.
    """
    from sidestep.config.loader import load_settings

    typer.echo(f"reading {file.absolute()}", err=True)
    return load_settings(file)


@contextmanager
def mistakes_told() -> Iterator[None]:
    """End with a message instead of a traceback: with code 2 if the user is wrong, 1 if AWS does not do it."""
    from sidestep.aws.clients import AwsError
    from sidestep.config.errors import ConfigError, OptionError
    from sidestep.lambdas.prepare_database.errors import InvalidName

    try:
        yield
    except (ConfigError, OptionError, InvalidName) as error:
        typer.echo(error, err=True)
        sys.exit(2)
    except AwsError as error:
        sys.exit(str(error))
