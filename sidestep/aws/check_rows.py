"""The rows that checks have logged, read from the log group of the query function.

The function logs one line for each row, and then one for its page (lambdas/query_database/checks.py, run.py).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sidestep.aws.clients import Clients, explained

_LINES: Final = '"scheduled_time"'
"""The filter for the function's own lines: a term in quotes (CloudWatch Logs user guide, "Filter pattern syntax")."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A logged row.

    Attributes:
        check: the name of the check.
        scheduled_time: of the run, ISO 8601 in UTC.
        number, of: its number, from 1, and the number of rows that the check found.
        values: by the names of the columns in `show`.
    """

    check: str
    scheduled_time: str
    number: int
    of: int
    values: Mapping[str, object]

    @property
    def run(self) -> tuple[str, str]:
        """The check and the scheduled time, which identify its run."""
        return self.check, self.scheduled_time


@dataclass(frozen=True, slots=True)
class CheckLog:
    """A part of a function's log.

    Attributes:
        rows: the rows, each once: a retried invocation logs them again.
        pages: the number of pages, each of which comes after its rows.
        latest: the latest scheduled time of each query and check, by its name.
    """

    rows: tuple[CheckRow, ...] = ()
    pages: int = 0
    latest: Mapping[str, str] = field(default_factory=dict)

    @property
    def current(self) -> tuple[CheckRow, ...]:
        """The rows of the latest run of each check; none of a check whose latest run found none."""
        return tuple(row for row in self.rows if row.scheduled_time == self.latest.get(row.check))


def read_check_log(log_group: str, clients: Clients, *, start: datetime, end: datetime | None = None) -> CheckLog:
    """Read the lines that a function has logged from `start` on, and before `end`.

    Raises:
        AwsError: the log group cannot be read.
    """
    limit = {} if end is None else {"endTime": _milliseconds(end)}
    client: Any = clients("logs")  # has no stubs
    with explained(f"logs:FilterLogEvents on {log_group}"):
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=log_group, startTime=_milliseconds(start), filterPattern=_LINES, **limit
        )
        return parsed(event["message"] for page in pages for event in page["events"])


def parsed(lines: Iterable[str]) -> CheckLog:
    """Return the content of lines; those that the function does not write are ignored."""
    rows: dict[tuple[str, str, int], CheckRow] = {}
    latest: dict[str, str] = {}
    pages = 0
    for line in lines:
        try:
            table = json.loads(line, parse_float=Decimal)  # with all digits
            if "check" in table:
                row = CheckRow(table["check"], table["scheduled_time"], table["number"], table["of"], table["row"])
                rows[row.check, row.scheduled_time, row.number] = row
            else:
                times = {query["name"]: table["scheduled_time"] for query in table["queries"]}
                latest |= {name: max(time, latest.get(name, "")) for name, time in times.items()}
                pages += 1
        except (ValueError, TypeError, KeyError):
            continue
    return CheckLog(tuple(rows.values()), pages, latest)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
