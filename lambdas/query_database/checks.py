"""What a check publishes: the number of rows that should not exist, or the age of a time. It can log some rows."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from ..engines.interface import Row, TooLong, Unreadable
from .columns import kind_of, quoted, spelled_as
from .errors import QueryFailed
from .metric_data import Layout, MetricData, Point
from .queries import Check, Query

VIOLATIONS: Final = "Violations"
AGE: Final = "Age"
"""The metric of a check: the number of rows, or the seconds since a time."""

MAX_SHOWN: Final = 200
"""Characters of a value in a log line; the rest is cut off."""

MORE: Final = "…"
"""The end of a value that was cut off."""

_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.]\d{1,6})?)?(Z|[+-]\d\d(:?\d\d(:\d\d)?)?)?)?", re.ASCII
)
"""ISO 8601 as databases write it."""


def check_data(
    query: Query,
    check: Check,
    columns: Sequence[str],
    rows: Iterable[Sequence[Row]],
    layout: Layout,
    scheduled_time: str,
    log_row: Callable[[str], None],
) -> Iterator[MetricData]:
    """Yield the metric data of a check, after its last row.

    Args:
        query: the check's query.
        check: what its rows become.
        columns: the names of the result's columns.
        rows: the rows, some at a time, each as long as `columns`.
        layout: of the query.
        scheduled_time: of the run, ISO 8601. Ages are those at this time.
        log_row: takes one line of JSON for each logged row, once all rows have arrived.

    Raises:
        QueryFailed: a column is missing, or the result is not one time.
    """
    if check.is_age:
        yield layout.metric_data([*_age(query, columns, rows, datetime.fromisoformat(scheduled_time))])
        return
    shown = _Shown(check, columns)
    count = 0
    for some in rows:
        shown.add(some)
        count += len(some)
    for number, row in enumerate(shown.rows, start=1):
        head = {"check": query.name, "scheduled_time": scheduled_time, "number": number, "of": count}
        log_row(f'{json.dumps(head)[:-1]}, "row": {{{row}}}}}')
    yield layout.metric_data([(VIOLATIONS, (), count)])


class _Shown:
    """The first rows of a result, with the columns that may be logged.

    Attributes:
        rows: the inside of a JSON object for each row.
    """

    def __init__(self, check: Check, columns: Sequence[str]) -> None:
        spelled = spelled_as(check.show, columns)
        missing = [name for name in check.show if name not in spelled]
        if missing:
            raise QueryFailed(
                f"column {quoted(missing)} is in show but not in the result, which has {quoted(columns)}; "
                "name it in the SELECT with AS"
            )
        repeated = [name for name in check.show if spelled.count(name) > 1]
        if repeated:
            raise QueryFailed(f"column {quoted(repeated)} is in the result more than once; give each its own name")
        self.rows: Final[list[str]] = []
        self._limit = check.rows
        self._indexes = {_escaped(json.dumps(name, ensure_ascii=False)): spelled.index(name) for name in check.show}

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows[: self._limit - len(self.rows)]:
            self.rows.append(", ".join(f"{name}: {as_json(row[index])}" for name, index in self._indexes.items()))


def as_json(cell: object) -> str:
    """Return a cell as a JSON value on one line.

    Numbers have all of their digits, dates are text in ISO 8601, and text longer than MAX_SHOWN ends with MORE.
    Characters that are not printable are escaped: no text can begin a new line or control a terminal.
    """
    if cell is None or isinstance(cell, bool):
        return json.dumps(cell)
    if isinstance(cell, int | float | Decimal):
        text = str(cell)
        if len(text) <= MAX_SHOWN and Decimal(text).is_finite():
            return text
    elif isinstance(cell, Unreadable):
        text = cell.text or f"({cell.kind}, not shown)"
    elif isinstance(cell, TooLong):
        text = f"({cell.size:,} bytes, not shown)"
    else:
        text = str(cell)
    if len(text) > MAX_SHOWN:
        text = text[:MAX_SHOWN] + MORE
    return _escaped(json.dumps(text, ensure_ascii=False))


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _age(
    query: Query, columns: Sequence[str], rows: Iterable[Sequence[Row]], scheduled_time: datetime
) -> Iterator[Point]:
    """Yield the age of the one time in seconds; it is negative for a time in the future."""
    if len(columns) != 1:
        raise QueryFailed(
            f"the result has the columns {quoted(columns)}, but a check with max_age returns one time; select one"
        )
    cells: list[object] = []
    for some in rows:
        cells += (row[0] for row in some)
        if len(cells) > 1:
            raise QueryFailed(
                "the result has several rows, but a check with max_age returns one time; use MAX or MIN"
            )
    if cells and cells[0] is not None:
        seconds = (scheduled_time - _time(cells[0], columns[0])).total_seconds()
        yield AGE, (), int(seconds) if seconds.is_integer() else seconds
        return
    policy, what, key = (
        (query.on_null, "the time is NULL", "on_null")
        if cells
        else (query.on_empty, "the result has no rows", "on_empty")
    )
    if policy == "fail":
        raise QueryFailed(f'{what}, and {key} is "fail"')
    if policy == "zero":
        yield AGE, (), 0


def _time(cell: object, column: str) -> datetime:
    """Return the time in a cell, in UTC if it has no offset, as the session is. A date is the start of its day."""
    text = cell.text if isinstance(cell, Unreadable) else cell
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise QueryFailed(
            f'column "{column}": is {kind_of(cell)}, not a time that has an age; select a column with a date or '
            "with a date and time"
        )
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise QueryFailed(f'column "{column}": is not a time in the years 1 to 9999') from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
