"""The rows that checks have found, as `sidestep run` and `sidestep watch` print them."""

import io
from decimal import Decimal

from rich.console import Console

from sidestep.aws.check_rows import CheckRow
from sidestep.terminal.check_rows import check_rows_tables, row_text

TIME = "2026-01-31T08:05:00Z"


def shown(*rows: CheckRow, most: int = 50, width: int = 100) -> list[str]:
    output = io.StringIO()
    Console(file=output, width=width).print(check_rows_tables(rows, most=most))
    return [line.rstrip() for line in output.getvalue().splitlines()]


def row(number: int, of: int, *, check: str = "orphans", **values: object) -> CheckRow:
    return CheckRow(check, TIME, number, of, values)


def test_each_check_has_a_headline_and_a_table() -> None:
    # When
    lines = shown(
        row(2, 2, id=10, email=None),
        row(1, 2, id=9, email="a@example.com"),
        row(1, 1, check="late", id=Decimal("7.10")),
    )

    # Then
    assert lines == [
        "check late found 1 row at 2026-01-31T08:05:00Z",
        "id",
        "7.10",
        "check orphans found 2 rows at 2026-01-31T08:05:00Z",
        "id  email",
        "9   a@example.com",
        "10  NULL",
    ]


def test_rows_that_are_not_shown_are_counted() -> None:
    # When
    lines = shown(*(row(number, 1234, id=number) for number in range(1, 9)), most=5)

    # Then
    assert lines[0] == "check orphans found 1,234 rows, of which 5 are shown, at 2026-01-31T08:05:00Z"
    assert lines[1:] == ["id", "1", "2", "3", "4", "5"]


def test_a_value_cannot_control_the_terminal_or_be_markup() -> None:
    assert shown(row(1, 1, text="[bold]a[/]\x1b[2J\n"))[2] == r"[bold]a[/]\x1b[2J\n"


def test_nothing_is_cut_off_in_a_narrow_terminal() -> None:
    assert "".join("".join(line.split()) for line in shown(row(1, 1, text="x" * 90), width=40)[-3:]) == "x" * 90


def test_a_row_on_one_line() -> None:
    assert (
        row_text({"id": 9, "is_open": True, "email": None, "name": "a b"})
        == "id=9, is_open=true, email=NULL, name=a b"
    )
