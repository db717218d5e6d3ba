"""Metrics and alarms: a small plot for each series, and the states of alarms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from rich.table import Table
from rich.text import Text

from sidestep.aws.alarms import ALARM, OK, Alarm
from sidestep.aws.metrics import Series, Values
from sidestep.terminal.executions import time_text

TALL: Final = 3
LOW: Final = 1
"""Lines of the plot of a metric without dimensions, and of a series with dimensions."""

COLUMN: Final = 2
"""Characters of a plot for one point in time."""

LATEST: Final = 6
SCALE: Final = 9
"""Usual characters of the latest value and of the scale."""

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_STEPS: Final = len(_BLOCKS) - 1

_WORDS: Final = {OK: ("OK", "green"), ALARM: ("ALARM", "red"), "INSUFFICIENT_DATA": ("no data yet", "yellow")}


def metrics_table(published: Mapping[Series, Values], moments: Sequence[datetime], *, width: int) -> Table:
    """Return a table with a plot for each series, at the given points in time, oldest first.

    If `width` characters are too few for all points, the table has the latest points.
    """
    names = max((len(series.metric) for series in published), default=0)
    labels = max((len(series.label) for series in published if series.dimensions), default=0)
    columns = (width - names - labels - SCALE - LATEST - 5 * len("  ")) // COLUMN
    moments = moments[-max(columns, 1) :]
    table = Table(box=None, padding=(0, 1), header_style="dim", show_header=bool(published))
    table.add_column("", no_wrap=True, vertical="bottom")
    table.add_column("", no_wrap=True, vertical="bottom")
    table.add_column("", no_wrap=True)
    table.add_column("scale", no_wrap=True, justify="right", vertical="bottom", style="dim")
    table.add_column("latest", justify="right", vertical="bottom")
    last_metric = None
    for series, values in published.items():
        points = [values.get(moment) for moment in moments]
        table.add_row(
            Text(series.metric if series.metric != last_metric else ""),  # not as markup: a name may have brackets
            Text(series.label if series.dimensions else ""),
            plot(points, height=LOW if series.dimensions else TALL, width=COLUMN),
            _scale(points),
            _latest(points),
        )
        last_metric = series.metric
    return table


def plot(values: Sequence[float | None], *, height: int, width: int, style: str = "cyan") -> Text:
    """Draw columns from zero to the largest value, oldest first.

    Args:
        values: one for each point in time; None is drawn as a gap with a dot.
        height: the number of lines.
        width: the characters of a column.
        style: the style of the columns in rich.
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


def alarms_text(alarms: Sequence[Alarm]) -> Text:
    """Return a line for each alarm that is not OK, and one line for all others."""
    lines = [alarm_text(alarm) for alarm in alarms if alarm.state != OK]
    fine = [alarm for alarm in alarms if alarm.state == OK]
    if not alarms:
        lines.append(Text("there are none", "dim"))
    elif len(fine) == 1:
        lines.append(alarm_text(fine[0]))
    elif fine:
        lines.append(Text(f"● {'all' if len(fine) == len(alarms) else 'the other'} {len(fine)} are OK", "green"))
    return Text("\n").join(lines)


def alarm_text(alarm: Alarm) -> Text:
    """Return an alarm's name, its state, and the time of its last change."""
    word, style = _WORDS.get(alarm.state, (alarm.state, "red"))
    since = f" since {time_text(alarm.since)}" if alarm.state != OK else ""
    return Text(f"● {alarm.name} {word}{since}", style)


def _scale(points: Sequence[float | None]) -> str:
    return f"0 to {max((point for point in points if point is not None and point > 0), default=0):g}"


def _latest(points: Sequence[float | None]) -> str:
    if not points or points[-1] is None:
        return "none"
    return f"{points[-1]:g}"
