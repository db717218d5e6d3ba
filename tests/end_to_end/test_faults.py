"""Faults in the whole chain: what the operator sees, what reaches CloudWatch, and a successful next run.

docs/reliability.md has a table that names these tests. The workflow waits for its retries as long as on AWS.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from sidestep.aws.executions import FAILED, SUCCEEDED, Execution, follow
from sidestep.aws.metrics import Series
from sidestep.local import scheduler
from sidestep.local.scheduler import Occurrence
from tests.end_to_end.conftest import PERIOD, SHIPPED_VALUES, SOON, Deployed
from tests.faults.requests import INTERNAL_ERROR, THROTTLED, ServiceError

MINUTE = timedelta(minutes=1)


class Operator:
    """Fires the deployed schedule's next occurrences, and sees what an operator of an account sees."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        self.cloud = deployed.cloud
        start = datetime.now(UTC) - 6 * PERIOD
        self.occurrences: Iterator[Occurrence] = islice(scheduler.occurrences(self.cloud, start), 6)

    def run(self, occurrence: Occurrence) -> Execution:
        return self.deployed.follow(scheduler.fire(self.cloud, occurrence))

    def wait_for_a_failed_attempt(self, arn: str) -> None:
        executions = follow(self.cloud.client("stepfunctions"), arn, interval=0.1, deadline=MINUTE)
        next(execution for execution in executions if execution.steps and execution.steps[-1].failed_attempts)

    def statistics_at(self, moment: datetime) -> dict[str, float]:
        """Return those of ActiveSessions, by their names."""
        names = ("Average", "Minimum", "Maximum", "SampleCount", "Sum")
        (point,) = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace="Sessions",
            MetricName="ActiveSessions",
            StartTime=moment,
            EndTime=moment + PERIOD,
            Period=int(PERIOD.total_seconds()),
            Statistics=names,
        )["Datapoints"]
        return {name: point[name] for name in names}


@pytest.fixture
def operator(deployed: Deployed) -> Iterator[Operator]:
    """Return an operator, and let one more run prove afterwards that nothing of the fault has stayed."""
    operator = Operator(deployed)
    yield operator
    occurrence = next(operator.occurrences)
    execution = operator.run(occurrence)
    assert (execution.status, execution.cause) == (SUCCEEDED, None)
    assert failed_attempts(execution) == {}
    assert operator.deployed.values_at(occurrence.moment) == SHIPPED_VALUES
    assert operator.statistics_at(occurrence.moment)["SampleCount"] == 1


def failed_attempts(execution: Execution) -> dict[str, int]:
    return {step.state: step.failed_attempts for step in execution.steps if step.failed_attempts}


def failed(query: str) -> Series:
    return Series("FailedQueries", (("Query", query),))


def test_a_database_that_is_down_fails_the_run(operator: Operator) -> None:
    # Given
    occurrence = next(operator.occurrences)

    # When
    with operator.cloud.database.stopped():
        execution = operator.run(occurrence)

    # Then
    assert (execution.status, execution.error) == (FAILED, "DatabaseUnavailable")
    message = json.loads(execution.cause or "")["errorMessage"]
    assert f"localhost:{operator.cloud.database.port} " in message
    assert "Connection refused" in message
    assert failed_attempts(execution) == {"QueryDatabase": 3}
    assert operator.deployed.values_at(occurrence.moment) == {}


def test_a_database_that_recovers_during_the_retries_is_queried(operator: Operator) -> None:
    # Given
    occurrence = next(operator.occurrences)

    # When
    with operator.cloud.database.stopped():
        arn = scheduler.fire(operator.cloud, occurrence)
        operator.wait_for_a_failed_attempt(arn)
    execution = operator.deployed.follow(arn)

    # Then
    assert execution.status == SUCCEEDED
    assert failed_attempts(execution) in ({"QueryDatabase": 1}, {"QueryDatabase": 2})
    assert operator.deployed.values_at(occurrence.moment) == SHIPPED_VALUES


def test_a_database_that_stops_during_a_query_fails_the_rest_of_the_run(operator: Operator) -> None:
    # Given a run whose first query waits for its answer
    occurrence = next(operator.occurrences)
    database = operator.cloud.database
    with database.held() as hold:
        arn = scheduler.fire(operator.cloud, occurrence)
        hold.wait_for_query(SOON)

        # When
        with database.stopped():
            execution = operator.deployed.follow(arn)

    # Then
    assert (execution.status, execution.error) == (FAILED, "QueriesFailed")
    first, second = json.loads(execution.cause or "")
    assert first["Query"] == "active_sessions"
    assert "2013 Lost connection" in first["Error"]
    assert second["Query"] == "sessions_by_plan"
    assert "localhost:" in second["Error"]
    assert failed_attempts(execution) == {}
    assert operator.deployed.values_at(occurrence.moment) == {
        failed("active_sessions"): 1,
        failed("sessions_by_plan"): 1,
    }


def test_an_interrupted_result_is_not_published_in_part(operator: Operator) -> None:
    # Given
    occurrence = next(operator.occurrences)
    operator.cloud.database.break_off_next_result(rows=1)

    # When
    execution = operator.run(occurrence)

    # Then
    assert (execution.status, execution.error) == (FAILED, "QueriesFailed")
    (failure,) = json.loads(execution.cause or "")
    assert failure["Query"] == "sessions_by_plan"
    assert "2013 Lost connection" in failure["Error"]
    assert operator.deployed.values_at(occurrence.moment) == {
        Series("ActiveSessions"): 2.0,
        failed("sessions_by_plan"): 1,
    }

    # And the row that had arrived by then was read
    (line,) = operator.deployed.logged(pages=1)
    assert [query["rows"] for query in json.loads(line)["queries"]] == [1, 1]


def test_a_function_that_hangs_once_is_run_again(operator: Operator) -> None:
    # Given
    operator.deployed.give_the_function(seconds=2)
    occurrence = next(operator.occurrences)

    # When
    with operator.cloud.database.held():
        arn = scheduler.fire(operator.cloud, occurrence)
        operator.wait_for_a_failed_attempt(arn)
    execution = operator.deployed.follow(arn)

    # Then
    assert execution.status == SUCCEEDED
    assert failed_attempts(execution) == {"QueryDatabase": 1}
    assert operator.deployed.values_at(occurrence.moment) == SHIPPED_VALUES


def test_a_function_that_hangs_twice_fails_the_run(operator: Operator) -> None:
    # Given
    operator.deployed.give_the_function(seconds=2)
    occurrence = next(operator.occurrences)

    # When
    with operator.cloud.database.held():
        execution = operator.run(occurrence)

    # Then
    assert (execution.status, execution.error) == (FAILED, "Sandbox.Timedout")
    assert json.loads(execution.cause or "")["errorMessage"] == "Task timed out after 2.00 seconds"
    assert failed_attempts(execution) == {"QueryDatabase": 2}
    assert operator.deployed.values_at(occurrence.moment) == {}


def test_a_schedule_that_delivers_twice_changes_no_average(operator: Operator) -> None:
    # Given
    occurrence = next(operator.occurrences)

    # When
    executions = [operator.run(occurrence), operator.run(occurrence)]

    # Then
    assert [execution.status for execution in executions] == [SUCCEEDED, SUCCEEDED]
    assert operator.deployed.values_at(occurrence.moment) == SHIPPED_VALUES
    assert operator.statistics_at(occurrence.moment) == {
        "Average": 2, "Minimum": 2, "Maximum": 2, "SampleCount": 2, "Sum": 4,
    }  # fmt: skip


@pytest.mark.parametrize("error", [THROTTLED, INTERNAL_ERROR], ids=lambda error: error.code)
def test_a_refused_request_is_sent_again(operator: Operator, error: ServiceError) -> None:
    # Given
    occurrence = next(operator.occurrences)
    operator.cloud.requests.refuse("PutMetricData", error)

    # When
    execution = operator.run(occurrence)

    # Then
    assert execution.status == SUCCEEDED
    assert failed_attempts(execution) == {"PublishMetrics": 1}
    assert operator.deployed.values_at(occurrence.moment) == SHIPPED_VALUES
    assert operator.statistics_at(occurrence.moment)["SampleCount"] == 1


def test_requests_that_are_always_refused_fail_the_run(operator: Operator) -> None:
    # Given
    occurrence = next(operator.occurrences)
    operator.cloud.requests.refuse("PutMetricData", THROTTLED, times=4)

    # When
    execution = operator.run(occurrence)

    # Then
    assert (execution.status, execution.error) == (FAILED, "CloudWatch.CloudWatchException")
    assert (execution.cause or "").startswith("Rate exceeded (Service: CloudWatch, Status Code: 400")
    assert failed_attempts(execution) == {"PublishMetrics": 4}
    assert operator.deployed.values_at(occurrence.moment) == {}


def test_a_request_whose_answer_is_lost_changes_no_average(operator: Operator) -> None:
    # Given
    occurrence = next(operator.occurrences)
    operator.cloud.requests.lose_answer("PutMetricData", INTERNAL_ERROR)

    # When
    execution = operator.run(occurrence)

    # Then
    assert execution.status == SUCCEEDED
    assert failed_attempts(execution) == {"PublishMetrics": 1}
    assert operator.deployed.values_at(occurrence.moment) == SHIPPED_VALUES
    assert operator.statistics_at(occurrence.moment) == {
        "Average": 2, "Minimum": 2, "Maximum": 2, "SampleCount": 2, "Sum": 4,
    }  # fmt: skip


def test_runs_that_overlap_publish_each_at_its_own_time(operator: Operator) -> None:
    # Given
    occurrences = list(islice(operator.occurrences, 2))

    # When both are in the middle of a query
    with operator.cloud.database.held() as hold:
        arns = [scheduler.fire(operator.cloud, occurrence) for occurrence in occurrences]
        for _ in arns:
            hold.wait_for_query(SOON)
    executions = [operator.deployed.follow(arn) for arn in arns]

    # Then
    assert [execution.status for execution in executions] == [SUCCEEDED, SUCCEEDED]
    for occurrence in occurrences:
        assert operator.deployed.values_at(occurrence.moment) == SHIPPED_VALUES
        assert operator.statistics_at(occurrence.moment)["SampleCount"] == 1
