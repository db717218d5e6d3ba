"""The rows that checks have logged, parsed from the lines of the query function."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from botocore.stub import Stubber

from sidestep.aws.check_rows import CheckRow, parsed, read_check_log
from sidestep.aws.errors import AwsError
from tests.unit.clients import client

FIRST, SECOND = "2026-01-31T08:05:00Z", "2026-01-31T08:10:00Z"

GROUP = "/sidestep/checks/sidestep-shop"


def row(number: int, *, check: str = "orphans", time: str = FIRST) -> str:
    line = {"check": check, "scheduled_time": time, "number": number, "of": 9, "row": {"id": number}}
    return json.dumps(line)


def page(*names: str, time: str = FIRST) -> str:
    return json.dumps({"scheduled_time": time, "page": 1, "queries": [{"name": name} for name in names]})


def test_rows_and_pages_are_told_apart() -> None:
    # When
    log = parsed([row(1), row(2), page("orphans", "orders")])

    # Then
    assert log.rows == (
        CheckRow("orphans", FIRST, 1, 9, {"id": 1}),
        CheckRow("orphans", FIRST, 2, 9, {"id": 2}),
    )
    assert log.pages == 1


def test_a_row_that_a_retry_logs_again_counts_once() -> None:
    assert len(parsed([row(1), row(2), row(1), row(2)]).rows) == 2


def test_numbers_keep_their_digits() -> None:
    (one,) = parsed([row(1).replace('{"id": 1}', '{"amount": 12345678901234567890.10}')]).rows
    assert one.values == {"amount": Decimal("12345678901234567890.10")}


@pytest.mark.parametrize(
    "line",
    ["START RequestId: 1", "", "null", "7", "[]", "{}", '{"check": "a"}', '{"queries": [{}]}', '{"queries": 7}'],
)
def test_other_lines_are_ignored(line: str) -> None:
    log = parsed([line, row(1)])
    assert (len(log.rows), log.pages) == (1, 0)


def test_rows_are_current_until_the_check_runs_again() -> None:
    # Given two checks of the same run, one of which runs again and finds nothing
    lines = [row(1), row(1, check="duplicates"), page("orphans", "duplicates")]

    # Then
    assert [one.check for one in parsed(lines).current] == ["orphans", "duplicates"]
    assert [one.check for one in parsed([*lines, page("orphans", time=SECOND)]).current] == ["duplicates"]


def test_rows_without_their_page_are_not_current_yet() -> None:
    assert parsed([row(1)]).current == ()


def test_the_log_is_read_between_two_times() -> None:
    # Given
    logs = client("logs")
    start, end = datetime(2026, 1, 31, 8, 5, tzinfo=UTC), datetime(2026, 1, 31, 8, 6, tzinfo=UTC)
    same = {
        "logGroupName": GROUP,
        "filterPattern": '"scheduled_time"',
        "startTime": 1769846700000,
        "endTime": 1769846760000,
    }
    with Stubber(logs) as stubber:
        stubber.add_response("filter_log_events", {"events": [{"message": row(1)}], "nextToken": "more"}, same)
        stubber.add_response(
            "filter_log_events", {"events": [{"message": page("orphans")}]}, same | {"nextToken": "more"}
        )

        # When
        log = read_check_log(GROUP, lambda _: logs, start=start, end=end)

    # Then
    assert (len(log.rows), log.pages) == (1, 1)


def test_a_log_that_may_not_be_read_is_named() -> None:
    # Given
    logs = client("logs")
    with Stubber(logs) as stubber:
        stubber.add_client_error("filter_log_events", "AccessDeniedException", "not authorized")

        # When / Then
        with pytest.raises(AwsError, match=GROUP):
            read_check_log(GROUP, lambda _: logs, start=datetime(2026, 1, 31, tzinfo=UTC))
