"""`sidestep run` waits for the log that has the rows of checks, with stubbed responses of AWS."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from sidestep.aws.executions import Execution, Step
from sidestep.commands.run import check_log
from tests.unit.aws.test_check_rows import GROUP, page, row
from tests.unit.clients import client

START = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
END = START + timedelta(seconds=2)


def execution(pages: int) -> Execution:
    steps = tuple(Step("PublishMetrics", START, END, 0) for _ in range(pages))
    return Execution("arn", "SUCCEEDED", START, END, None, None, steps)


def answering(*polls: list[str]) -> Any:  # noqa: ANN401 - a stubbed client
    """Return a client whose responses have these lines, one after the other."""
    logs = client("logs")
    stubber = Stubber(logs)
    expected = {"logGroupName": GROUP, "filterPattern": ANY, "startTime": 1769846699000, "endTime": 1769846703000}
    for lines in polls:
        stubber.add_response("filter_log_events", {"events": [{"message": line} for line in lines]}, expected)
    stubber.activate()
    return logs


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_log, "LOG_PAUSE", 0)


@pytest.mark.parametrize("pages", [1, 2])
def test_it_waits_for_each_page(pages: int) -> None:
    # Given lines that arrive late, the row with the first page
    arrived = [row(1), *[page("orphans")] * pages]
    logs = answering([], [row(1)], arrived)

    # When
    log = check_log.logged_by(execution(pages), GROUP, lambda _: logs, seconds=60)

    # Then
    assert (len(log.rows), log.pages) == (1, pages)


def test_it_waits_for_one_page_if_the_states_are_unknown() -> None:
    logs = answering([], [page("orphans")])
    assert check_log.logged_by(execution(0), GROUP, lambda _: logs, seconds=60).pages == 1


def test_it_does_not_wait_forever() -> None:
    logs = answering([row(1)])
    log = check_log.logged_by(execution(1), GROUP, lambda _: logs, seconds=-1)
    assert (len(log.rows), log.pages) == (1, 0)
