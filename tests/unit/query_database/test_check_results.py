"""What the results of checks become: the number of violations with logged rows, and the age of a time."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestep.lambdas.engines.interface import Row, Single, TooLong, Unreadable
from sidestep.lambdas.query_database.checks import MAX_SHOWN, MORE, as_json, check_data
from sidestep.lambdas.query_database.errors import QueryFailed
from sidestep.lambdas.query_database.metric_data import Layout, Point
from sidestep.lambdas.query_database.queries import Check, Metric, Query

SCHEDULED = "2026-01-31T08:05:00Z"
MOMENT = datetime.fromisoformat(SCHEDULED)

SECRET = "customer@example.com"

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))
cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64),
    st.floats(),
    st.floats(width=32).map(Single),
    st.decimals().filter(lambda number: not number.is_snan()),
    st.text(max_size=3 * MAX_SHOWN),
    st.just(Unreadable("binary")),
    st.just(Unreadable("a date", text="2026-01-31")),
    st.just(TooLong(5000)),
)


def result(
    check: Check,
    columns: Sequence[str],
    rows: Iterator[Sequence[Row]] | Sequence[Sequence[Row]],
    *,
    on_null: str = "fail",
    on_empty: str = "fail",
) -> tuple[list[Point], list[str]]:
    """Return the points of a check, and the lines that it logs."""
    query = Query(
        "wrong",
        "SELECT ...",
        dimensions=(),
        timeout=10,
        max_series=100,
        on_null=on_null,
        on_empty=on_empty,
        metrics={"Age": Metric("Seconds", 60)} if check.is_age else {"Violations": Metric("Count", 60)},
        fixed_dimensions={"Check": "wrong"},
        check=check,
    )
    lines: list[str] = []
    converted = check_data(query, check, columns, rows, Layout(query, SCHEDULED), SCHEDULED, lines.append)
    return [point for some in converted for point in some.points], lines


def age(*rows: Row, on_null: str = "fail", on_empty: str = "fail") -> list[Point]:
    points, lines = result(Check(is_age=True), ["newest"], [rows], on_null=on_null, on_empty=on_empty)
    assert lines == []
    return points


def time(text: str) -> Unreadable:
    return Unreadable("a date and time", text=text)


@given(st.lists(st.lists(st.tuples(cells, cells), max_size=5), max_size=5), st.integers(0, 6))
def test_each_row_is_counted_and_the_first_ones_are_logged(rows: list[list[Row]], most: int) -> None:
    # When
    show = ("b",) if most else ()
    points, lines = result(Check(most, show), ["a", "b"], rows)

    # Then
    whole = [row for some in rows for row in some]
    assert points == [("Violations", (), len(whole))]
    assert len(lines) == min(most, len(whole))
    for number, (line, row) in enumerate(zip(lines, whole, strict=False), start=1):
        assert line.isprintable()
        logged = json.loads(line)
        assert {**logged, "row": {}} == {
            "check": "wrong",
            "scheduled_time": SCHEDULED,
            "number": number,
            "of": len(whole),
            "row": {},
        }
        assert logged["row"] == {"b": json.loads(as_json(row[1]))}


def test_no_other_column_is_logged() -> None:
    # When
    _, lines = result(Check(5, ("id",)), ["id", "email"], [[(1, SECRET)], [(2, SECRET)]])

    # Then
    assert [json.loads(line)["row"] for line in lines] == [{"id": 1}, {"id": 2}]
    assert SECRET not in "".join(lines)


def test_without_rows_nothing_is_logged() -> None:
    assert result(Check(), ["email"], [[(SECRET,), (SECRET,)]]) == ([("Violations", (), 2)], [])


def test_no_row_is_zero_violations() -> None:
    assert result(Check(5, ("id",)), ["id"], [[]]) == ([("Violations", (), 0)], [])


def test_nothing_is_logged_of_a_result_that_ends_with_an_error() -> None:
    # Given
    lines: list[str] = []

    def rows() -> Iterator[Sequence[Row]]:
        yield [(1,), (2,)]
        raise QueryFailed("the connection was lost")

    # When
    with pytest.raises(QueryFailed):
        _, lines = result(Check(5, ("id",)), ["id"], rows())

    # Then
    assert lines == []


def test_a_column_in_lower_case_is_the_one_that_show_names() -> None:
    _, lines = result(Check(5, ("OrderId",)), ["orderid"], [[(7,)]])
    assert json.loads(lines[0])["row"] == {"OrderId": 7}


@pytest.mark.parametrize(
    ("show", "columns", "error"),
    [
        (("id",), ["number"], 'column "id" is in show but not in the result, which has "number"'),
        (("id",), ["id", "id"], 'column "id" is in the result more than once'),
    ],
)
def test_a_column_that_cannot_be_shown_fails_the_check_also_without_rows(
    show: tuple[str, ...], columns: list[str], error: str
) -> None:
    with pytest.raises(QueryFailed, match=error):
        result(Check(5, show), columns, [[]])


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (0.1, "0.1"),
        (Single(0.1), "0.1"),
        (Decimal("12345678901234567890.10"), "12345678901234567890.10"),
        (Decimal("1E+30"), "1E+30"),
        (float("nan"), '"nan"'),
        (Decimal("-Infinity"), '"-Infinity"'),
        ("Zürich", '"Zürich"'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("a\nb\tc\x1b[31m", r'"a\nb\tc\u001b[31m"'),
        ("\u2028\u202e\x7f\x85", r'"\u2028\u202e\u007f\u0085"'),
        ("x" * 200, f'"{"x" * 200}"'),
        ("x" * 201, f'"{"x" * 200}{MORE}"'),
        (TooLong(5000), '"(5,000 bytes, not shown)"'),
        (Unreadable("binary"), '"(binary, not shown)"'),
        (Unreadable("a date", text="2026-01-31"), '"2026-01-31"'),
        (time("2026-01-31T08:05:00.25+00"), '"2026-01-31T08:05:00.25+00"'),
    ],
)
def test_a_value_in_the_log(cell: object, shown: str) -> None:
    assert as_json(cell) == shown


@given(cells)
def test_any_value_is_json_on_one_printable_line(cell: object) -> None:
    # When
    shown = as_json(cell)

    # Then
    assert shown.isprintable()
    value = json.loads(shown, parse_float=Decimal, parse_int=Decimal)
    if isinstance(cell, str):
        assert value == (cell if len(cell) <= MAX_SHOWN else cell[:MAX_SHOWN] + MORE)
    elif isinstance(value, Decimal):
        assert value == Decimal(str(cell))


@given(moments, offsets)
def test_the_age_of_a_time_with_an_offset(moment: datetime, offset: timezone) -> None:
    # Given
    aware = moment.replace(tzinfo=offset)

    # When
    ((name, _, seconds),) = age((time(aware.isoformat()),))

    # Then
    assert (name, seconds) == ("Age", (MOMENT - aware).total_seconds())


@given(moments)
def test_a_time_without_an_offset_is_in_utc(moment: datetime) -> None:
    ((_, _, seconds),) = age((time(moment.isoformat()),))
    assert seconds == (MOMENT - moment.replace(tzinfo=UTC)).total_seconds()


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        (time("2026-01-31T08:05:00"), 0),
        (time("2026-01-31T06:05:00"), 7200),
        (time("2026-01-31T08:05:00.5"), -0.5),
        (time("2026-01-31T10:05:00"), -7200),
        (time("2026-01-31T08:05:00+00"), 0),
        (time("2026-01-31T08:05:00+01"), 3600),
        (time("2026-01-31T08:05:00-03:30"), -12_600),
        (time("1900-01-01T00:00:00+00:53:28"), 3_978_838_708),
        (Unreadable("a date", text="2026-01-31"), 29_100),
        ("2026-01-31 08:00:00", 300),
    ],
)
def test_the_age_of_a_time(cell: object, seconds: float) -> None:
    assert age((cell,)) == [("Age", (), seconds)]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (7, "a int"),
        ("yesterday", "text"),
        ("2026-01-31 08:00\n", "text"),
        (Unreadable("a time", text="08:05:00"), "a time"),
        (Unreadable("an interval", text="1 day"), "an interval"),
        (Unreadable("binary"), "binary"),
        (time("infinity"), "a date and time"),
        (date(2026, 1, 31), "a date"),
    ],
)
def test_anything_else_is_no_time_and_is_not_quoted(cell: object, kind: str) -> None:
    with pytest.raises(QueryFailed, match=rf'column "newest": is {kind}, not a time'):
        age((cell,))


@pytest.mark.parametrize("text", ["0000-00-00T00:00:00", "2026-02-30", "2026-01-31T25:00:00"])
def test_a_time_that_does_not_exist_fails_the_check(text: str) -> None:
    with pytest.raises(QueryFailed, match="is not a time in the years 1 to 9999"):
        age((time(text),))


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([(time("2026-01-31"),), (time("2026-01-31"),)], "the result has several rows"),
        ([(None,)], 'the time is NULL, and on_null is "fail"'),
        ([], 'the result has no rows, and on_empty is "fail"'),
    ],
)
def test_a_result_that_is_not_one_time_fails_the_check(rows: list[Row], error: str) -> None:
    with pytest.raises(QueryFailed, match=error):
        age(*rows)


def test_null_and_no_row_are_as_declared() -> None:
    assert age((None,), on_null="skip") == age(on_empty="skip") == []
    assert age((None,), on_null="zero") == age(on_empty="zero") == [("Age", (), 0)]


def test_a_second_column_fails_the_check() -> None:
    with pytest.raises(QueryFailed, match='has the columns "a", "b"'):
        result(Check(is_age=True), ["a", "b"], [[]])
