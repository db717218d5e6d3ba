"""Draws docs/demo.svg, the last screen of `sidestep demo`, from a run of it: `make pictures`."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from sidestep import paths

PICTURE: Final = paths.ROOT / "docs" / "demo.svg"

WIDTH: Final = 100
"""Characters of the terminal."""

_TERMINAL: Final = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": "60"}
"""Makes rich write to a pipe what it writes to a terminal."""

_REPLACED: Final = re.compile(r"\r?\x1b\[2K(?:\x1b\[1A\x1b\[2K)*|\r(?:\x1b\[1A\x1b\[2K)+")
"""How rich replaces the previous lines: it erases each line and moves up."""

_CURSOR: Final = re.compile(r"\x1b\[\?25[lh]")

_THEME: Final = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)
"""Light on dark with a frame: readable on a light page and on a dark one."""

_FORMAT: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>sidestep demo: twelve runs, their metrics and what they cost</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, "Segoe UI", sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""rich's format, without the web fonts."""


def run() -> str:
    """Run the demo and return its output with the escape sequences.

    Raises:
        subprocess.CalledProcessError: the demo failed.
    """
    command = [str(Path(sys.executable).with_name("sidestep")), "demo", "--pace", "0"]
    environment = {**os.environ, **_TERMINAL}
    ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return ended.stdout.decode()


def last_screen(written: str) -> str:
    """Return what a terminal shows at the end: the output without the replaced lines."""
    shown: list[str] = [""]
    position = 0
    text = _CURSOR.sub("", written)
    for replaced in _REPLACED.finditer(text):
        _write(shown, text[position : replaced.start()])
        del shown[len(shown) - replaced[0].count("\x1b[1A") :]
        shown[-1] = ""
        position = replaced.end()
    _write(shown, text[position:])
    return "\n".join(shown).rstrip()


def _write(shown: list[str], text: str) -> None:
    first, *others = text.split("\n")
    shown[-1] += first
    shown.extend(others)


def draw(written: str) -> str:
    """Return the last screen as an SVG without external references."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    console.print(Text.from_ansi(last_screen(written)))
    svg = console.export_svg(title="sidestep demo", theme=_THEME, code_format=_FORMAT, unique_id="demo")
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


if __name__ == "__main__":
    PICTURE.write_text(draw(run()), encoding="utf-8")
