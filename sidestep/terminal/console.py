"""The consoles of all commands: they treat a pipe, TERM=dumb, NO_COLOR and --no-color in the same way."""

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.measure import Measurement
from rich.text import Text

UNBOUNDED: Final = 1_000_000
"""Characters of a line in a pipe; more than any text has."""


class _Pipe(Console):
    """A console for output to a program: it does not wrap, cut off or pad lines."""

    def __init__(self, *, stderr: bool) -> None:
        super().__init__(stderr=stderr, width=UNBOUNDED)

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401 - rich's
        """Print at the width of the content."""
        widest = max((1, *(Measurement.get(self, self.options, one).maximum for one in objects)))
        with self.capture() as captured:
            super().print(*objects, width=widest, **options)
        lines = Text("\n".join(line.rstrip() for line in captured.get().split("\n")))
        super().print(lines, soft_wrap=True, end="")


class MovingPicture(Live):
    """A picture that replaces the previous one, on a console that can move its cursor.

    The terminal does not echo input meanwhile: the ^C of Ctrl-C would move the cursor, and with it the next picture.
    """

    def __init__(self, console: Console) -> None:
        """Prepare to draw on `console`, once `start` is called."""
        super().__init__(console=console, auto_refresh=False)
        self._echo: list[Any] | None = None

    def start(self, refresh: bool = False) -> None:
        """Start drawing, unless it has started."""
        if not self.is_started:
            self._echo = _without_echo(self.console)
        super().start(refresh)

    def stop(self) -> None:
        """Draw the last picture and keep it."""
        super().stop()
        if self._echo is not None:
            with suppress(OSError, termios.error):  # the terminal is closed
                termios.tcsetattr(self.console.file, termios.TCSANOW, self._echo)
            self._echo = None


def _without_echo(console: Console) -> list[Any] | None:
    """Stop a terminal's echo and return the attributes to restore; None if this process cannot change them."""
    with suppress(OSError, termios.error):  # the console is not the terminal of this process
        screen = console.file.fileno()
        if os.tcgetpgrp(screen) == os.getpgrp():  # the change would stop a background process
            attributes = termios.tcgetattr(screen)
            quiet = [*attributes]
            quiet[3] &= ~termios.ECHO
            termios.tcsetattr(screen, termios.TCSANOW, quiet)
            return attributes
    return None


def refuse_colors() -> None:
    """Turn off colours in this process and in its child processes."""
    os.environ["NO_COLOR"] = "1"  # https://no-color.org, which rich, typer and the CDK support


def output() -> Console:
    """Return the console for the output of a command."""
    return _console(stderr=False)


def errors() -> Console:
    """Return the console for messages, which is stderr."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr)
    return console if console.is_terminal else _Pipe(stderr=stderr)


def can_move(console: Console) -> bool:
    """Return whether a picture can replace the previous one."""
    return console.is_terminal and not console.is_dumb_terminal


@contextmanager
def working(on: str) -> Iterator[None]:
    """Show an activity on a terminal until it ends. Nothing stays there, and nothing is written to a pipe."""
    console = errors()
    if not can_move(console):
        yield
        return
    with console.status(on):
        yield
