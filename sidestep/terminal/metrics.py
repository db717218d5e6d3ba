"""Metrics over time: a small plot, its scale and the latest value for each series."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from rich.table import Table
from rich.text import Text

from sidestep.aws.metrics import Series, Values
from sidestep.terminal.plot import plot

TALL: Final = 3
LOW: Final = 1
"""Lines of the plot of a metric without dimensions, and of one series among several."""

COLUMN: Final = 2
"""Characters of the plot for one point in time."""

LATEST: Final = 6
SCALE: Final = 9
"""Characters for the latest value and the scale, in most cases."""


def metrics_table(published: Mapping[Series, Values], moments: Sequence[datetime], *, width: int) -> Table:
    """Return a table with a plot for each series, at the given points in time, oldest first.

    In `width` characters, not all of the points may find room: the latest do.
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
            Text(series.metric if series.metric != last_metric else ""),  # a name may have brackets: it is no markup
            Text(series.label if series.dimensions else ""),
            plot(points, height=LOW if series.dimensions else TALL, width=COLUMN),
            _scale(points),
            _latest(points),
        )
        last_metric = series.metric
    return table


def _scale(points: Sequence[float | None]) -> str:
    """Return the scale of the plot."""
    return f"0 to {max((point for point in points if point is not None and point > 0), default=0):g}"


def _latest(points: Sequence[float | None]) -> str:
    if not points or points[-1] is None:
        return "none"
    return f"{points[-1]:g}"
