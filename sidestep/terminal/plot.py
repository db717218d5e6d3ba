"""A metric over time as a small plot of block characters."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_STEPS: Final = len(_BLOCKS) - 1


def plot(values: Sequence[float | None], *, height: int, width: int, style: str = "cyan") -> Text:
    """Draw columns from zero up to the largest value, oldest first.

    Args:
        values: one a point in time; None where there is none, which is drawn as a gap with a dot below it.
        height: lines.
        width: characters per column.
        style: rich's name of the columns' colour.
    """
    top = max((value for value in values if value is not None), default=0) or 1
    filled = [None if value is None else round(max(value, 0) / top * height * _STEPS) for value in values]
    rows = []
    for row in reversed(range(height)):
        line = Text()
        for eighths in filled:
            if eighths is None:
                line.append(("·" if row == 0 else " ").ljust(width), "dim")
            else:
                block = _BLOCKS[min(max(eighths - row * _STEPS, 0), _STEPS)]
                line.append((block * (width - 1)).ljust(width), style)
        rows.append(line)
    return Text("\n").join(rows)
