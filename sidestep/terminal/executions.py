"""Executions as a table: when, with what end, how long, and in plain words why it failed."""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.table import Table
from rich.text import Text

from sidestep.executions import RUNNING, SUCCEEDED, Execution

_STYLES: Final = {SUCCEEDED: "green", RUNNING: "yellow"}


class Row(NamedTuple):
    """One execution in the table, with a name and a remark for when it succeeded."""

    name: str
    execution: Execution
    remark: str


def executions_table(rows: Sequence[Row], *, wrap: bool) -> Table:
    """Return a table of executions; a failed one gives its reason in the last column, cut off unless it may wrap."""
    table = Table(box=None, padding=(0, 1), show_header=False, expand=True)
    for column in ("name", "status", "duration"):
        table.add_column(column, no_wrap=True, justify="right" if column == "duration" else "left")
    table.add_column("remark", ratio=1, no_wrap=not wrap, overflow="fold" if wrap else "ellipsis")
    for row in rows:
        table.add_row(row.name, status_text(row.execution), duration_text(row.execution), remark_text(row))
    return table


def status_text(execution: Execution) -> Text:
    """Return the status in its colour."""
    return Text(execution.status, _STYLES.get(execution.status, "red"))


def duration_text(execution: Execution) -> str:
    """Return the duration in seconds, or nothing while the execution runs."""
    return f"{execution.duration.total_seconds():.2f} s" if execution.duration is not None else ""


def remark_text(row: Row) -> Text:
    """Return the row's remark, or why the execution failed."""
    failed = row.execution.error is not None
    return Text(reason(row.execution) if failed else row.remark, "red" if failed else "")


def reason(execution: Execution) -> str:
    """Say in plain words why an execution failed: a query and its error, or Step Functions' own error."""
    try:
        cause = json.loads(execution.cause or "")
    except ValueError:
        return f"{execution.error}: {execution.cause or 'no cause given'}"
    if execution.error == "QueriesFailed":
        return "; ".join(f"{failure['Query']}: {failure['Error']}" for failure in cause)
    return f"{execution.error}: {cause.get('errorMessage', execution.cause)}"
