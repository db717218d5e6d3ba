"""Executions: a table with time, status, duration and the reason of a failure."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from rich.table import Table
from rich.text import Text

from sidestep.aws.executions import RUNNING, SUCCEEDED, Execution
from sidestep.aws.express_log import UNKNOWN
from sidestep.config.errors import escaped

_STYLES: Final = {SUCCEEDED: "green", RUNNING: "yellow", UNKNOWN: "yellow"}


class ExecutionRow(NamedTuple):
    """An execution in the table, with a name, and a remark that is shown unless it failed."""

    name: str
    execution: Execution
    remark: str


def time_text(moment: datetime) -> str:
    """Return a time in UTC, to the second: AWS's form, which `sidestep run --at` accepts."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def executions_table(rows: Sequence[ExecutionRow], *, wrap: bool, brief: bool = False) -> Table:
    """Return a table of executions; the last column has the reason of a failure, cut off unless `wrap` is set.

    With `brief`, the table has names and status only.
    """
    table = Table(box=None, padding=(0, 1), pad_edge=False, show_header=False, expand=True)
    for column in ("name", "status", "duration"):
        table.add_column(column, no_wrap=True, justify="right" if column == "duration" else "left")
    table.add_column("remark", ratio=1, no_wrap=not wrap, overflow="fold" if wrap else "ellipsis")
    for row in rows:
        if brief:
            table.add_row(row.name, status_text(row.execution))
            continue
        table.add_row(row.name, status_text(row.execution), duration_text(row.execution), remark_text(row))
    return table


def status_text(execution: Execution) -> Text:
    """Return the status in its colour."""
    return Text(execution.status, _STYLES.get(execution.status, "red"))


def duration_text(execution: Execution) -> str:
    """Return the duration in seconds, or nothing while the execution runs."""
    return f"{execution.duration.total_seconds():.2f} s" if execution.duration is not None else ""


def remark_text(row: ExecutionRow) -> Text:
    """Return the row's remark, or the reason of a failure."""
    failed = row.execution.error is not None
    return Text(escaped(reason(row.execution) if failed else row.remark), "red" if failed else "")


def steps_text(execution: Execution, tasks: Collection[str]) -> str:
    """Return how many times an execution ran each task, the total duration and the failed attempts."""
    return ", ".join(_task_texts(execution, tasks))


def span_text(span: timedelta) -> str:
    """Return a duration in milliseconds, or in seconds from one second on."""
    seconds = span.total_seconds()
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _task_texts(execution: Execution, tasks: Collection[str]) -> Iterator[str]:
    for task in tasks:
        steps = [step for step in execution.steps if step.state == task]
        if not steps:
            continue
        times = f" {len(steps)} times" if len(steps) > 1 else ""
        failed = sum(step.failed_attempts for step in steps)
        tail = f" ({failed} failed)" if failed else ""
        took = sum((step.duration for step in steps if step.duration), timedelta())
        has_ended = any(step.duration is not None for step in steps)
        yield f"{task}{times}{' ' + span_text(took) if has_ended else ''}{tail}"


def reason(execution: Execution) -> str:
    """Return the reason of a failure: each failed query and its error, or the error and cause of Step Functions."""
    try:
        cause = json.loads(execution.cause or "")
        if execution.error == "QueriesFailed":
            return "; ".join(f"{failure['Query']}: {failure['Error']}" for failure in cause)
        return f"{execution.error}: {cause['errorMessage']}"
    except (ValueError, TypeError, KeyError):  # text, or JSON in another form
        return f"{execution.error}: {execution.cause or 'no cause given'}"
