"""Output to a pipe, as the reading program receives it."""

from collections.abc import Callable

import pytest
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sidestep.terminal import console

LONG = "word " * 400 + "end"


@pytest.mark.parametrize(("console", "stream"), [(console.output, "out"), (console.errors, "err")])
def test_no_line_is_wrapped_or_padded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, console: Callable[[], Console], stream: str
) -> None:
    # Given a shell that exports the width of its terminal
    monkeypatch.setenv("COLUMNS", "40")
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(ratio=1, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("short", "[1]")
    table.add_row(LONG, "longer, and with blanks")

    # When
    pipe = console()
    for what in (table, Text(LONG), f"[bold]{LONG}[/]", ""):
        pipe.print(what)

    # Then
    lines = getattr(capsys.readouterr(), stream).splitlines()
    assert lines == [f"{'short'.ljust(len(LONG))} [1]", f"{LONG} longer, and with blanks", LONG, LONG, ""]


def test_a_picture_is_as_wide_as_its_content(capsys: pytest.CaptureFixture[str]) -> None:
    # When
    console.output().print(Panel("12"))

    # Then
    assert capsys.readouterr().out.splitlines()[1] == "│ 12 │"
