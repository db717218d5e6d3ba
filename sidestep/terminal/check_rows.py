"""The rows that checks have found, as tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sidestep.aws.check_rows import CheckRow
from sidestep.config.errors import printable

Values = Mapping[str, object]
"""The values of a row, by the names of columns."""


def check_rows_tables(rows: Iterable[CheckRow], *, most: int) -> Group:
    """Return a headline, and a table with at most `most` rows, for each check and run."""
    ordered = sorted(rows, key=lambda row: (*row.run, row.number))
    parts: list[Text | Table] = []
    for (check, scheduled_time), some in groupby(ordered, key=lambda row: row.run):
        logged = list(some)
        shown = logged[:most]
        found = f"check {check} found {found_text(logged[0].of, len(shown))} at {scheduled_time}"
        parts += [Text(found, "red"), rows_table([row.values for row in shown])]
    return Group(*parts)


def found_text(found: int, shown: int) -> str:
    """Return the number of rows that a check found, and how many of them are shown if these are fewer."""
    return f"{found:,} row{'' if found == 1 else 's'}" + (
        "" if shown == found else f", of which {shown:,} are shown,"
    )


def rows_table(rows: Sequence[Values]) -> Table:
    """Return a table of rows, which have the same columns."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for name in rows[0]:
        table.add_column(Text(printable(name)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(value_text(value), "dim" if value is None else "") for value in row.values()))
    return table


def row_text(row: Values) -> str:
    """Return a row as a text on one line."""
    return ", ".join(f"{printable(name)}={value_text(value)}" for name, value in row.items())


def value_text(value: object) -> str:
    """Return a value of a row as a text on one line."""
    if value is None:
        return "NULL"
    return printable(str(value)) if isinstance(value, str | Decimal) else json.dumps(value)
