"""Metrics over time: a small plot and the latest value for each series."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from rich.table import Table
from rich.text import Text

from sidestep.series import Series, Values
from sidestep.terminal.plot import plot

TALL: Final = 3
LOW: Final = 1
"""Lines of the plot of a metric without dimensions, and of one series among several."""

COLUMN: Final = 2
"""Characters of the plot for one point in time."""

LATEST: Final = 6
"""Characters that the latest value takes as a rule."""


def metrics_table(published: Mapping[Series, Values], moments: Sequence[datetime], *, width: int) -> Table:
    """Return a table with a plot for each series, at the given points in time, oldest first.

    In `width` characters, not all of the points may find room: the latest do.
    """
    names = max((len(series.metric) for series in published), default=0)
    labels = max((len(series.label) for series in published if series.dimensions), default=0)
    columns = (width - names - labels - LATEST - 4 * len("  ")) // COLUMN
    moments = moments[-max(columns, 1) :]
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column("metric", no_wrap=True, vertical="bottom")
    table.add_column("series", no_wrap=True, vertical="bottom")
    table.add_column("plot", no_wrap=True)
    table.add_column("latest", justify="right", vertical="bottom")
    last_metric = None
    for series, values in published.items():
        points = [values.get(moment) for moment in moments]
        table.add_row(
            Text(series.metric if series.metric != last_metric else ""),  # a name may have brackets: it is no markup
            Text(series.label if series.dimensions else ""),
            plot(points, height=LOW if series.dimensions else TALL, width=COLUMN),
            _latest(points),
        )
        last_metric = series.metric
    return table


def _latest(points: Sequence[float | None]) -> str:
    if not points or points[-1] is None:
        return "none"
    return f"{points[-1]:g}"
