"""What a terminal shows while something takes its time."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from sidestep.commands.check.findings import Waiting


@contextmanager
def spinner(console: Console, what: str) -> Iterator[Waiting]:
    """Show a spinner for the length of a `with` block; nothing where the output is no terminal."""
    with console.status(escape(what)) as status:
        yield _Spinner(status)


class _Spinner:
    def __init__(self, status: Status) -> None:
        self._status = status

    def update(self, what: str) -> None:
        self._status.update(escape(what))
