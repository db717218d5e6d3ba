"""The consoles that commands write to: a pipe, TERM=dumb, NO_COLOR and --no-color mean the same to each of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


def refuse_colors() -> None:
    """Have every console of this process, and of those that it starts, do without colours."""
    os.environ["NO_COLOR"] = "1"  # https://no-color.org, which rich, typer and the CDK honour


def output() -> Console:
    """Return the console for what a command is asked for."""
    return Console()


def errors() -> Console:
    """Return the console for what is said beside it."""
    return Console(stderr=True)


def can_move(console: Console) -> bool:
    """Return whether a picture can be drawn over the one before."""
    return console.is_terminal and not console.is_dumb_terminal


@contextmanager
def working(on: str) -> Iterator[None]:
    """Say on a terminal what takes a while, until it is done; nothing of it stays, or gets into a pipe."""
    console = errors()
    if not can_move(console):
        yield
        return
    with console.status(on):
        yield
