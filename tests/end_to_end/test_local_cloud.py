"""The whole chain: schedule, workflow, built bundle, database over TLS with a token, CloudWatch."""

import json
from datetime import UTC, datetime, timedelta

from sidestep.aws.metrics import Series, read_series
from sidestep.local import scheduler
from tests.end_to_end.conftest import PERIOD, SHIPPED_VALUES, Deployed


def test_a_fired_schedule_publishes_metrics(deployed: Deployed) -> None:
    # Given
    occurrence = next(scheduler.occurrences(deployed.cloud, datetime.now(UTC) - 2 * PERIOD))

    # When
    execution = deployed.follow(scheduler.fire(deployed.cloud, occurrence))

    # Then
    assert execution.status == "SUCCEEDED"
    assert [step.state for step in execution.steps] == ["QueryDatabase", "PublishMetrics", "MorePages?", "Published"]
    assert deployed.values_at(occurrence.moment) == SHIPPED_VALUES


def test_a_manual_start_measures_now(deployed: Deployed) -> None:
    # Given
    before = datetime.now(UTC)

    # When
    execution = deployed.run({})

    # Then
    assert execution.status == "SUCCEEDED"
    start = before.replace(microsecond=0, second=0) - PERIOD
    values = read_series(
        deployed.cloud.client("cloudwatch"),
        "Sessions",
        start=start,
        end=start + 3 * PERIOD,
        period=timedelta(minutes=1),
    )
    assert [list(values.values()) for values in values.values()] == [[2.0], [1.0], [1.0]]


def test_a_failed_query_does_not_stop_the_others(deployed: Deployed) -> None:
    # Given
    deployed.cloud.database.execute("ALTER TABLE sessions RENAME COLUMN plan TO tier")
    moment = (datetime.now(UTC) - 2 * PERIOD).replace(minute=0, second=0, microsecond=0)

    # When
    execution = deployed.run({"ScheduledTime": moment.isoformat()})

    # Then
    assert execution.error == "QueriesFailed"
    (failure,) = json.loads(execution.cause or "")
    assert failure["Query"] == "sessions_by_plan"
    assert "1054 Unknown column 'plan'" in failure["Error"]
    assert deployed.values_at(moment) == {
        Series("ActiveSessions"): 2.0,
        Series("FailedQueries", (("Query", "sessions_by_plan"),)): 1.0,
    }


def test_an_empty_result_is_published(deployed: Deployed) -> None:
    # Given
    deployed.cloud.database.execute("DELETE FROM sessions")
    moment = (datetime.now(UTC) - 2 * PERIOD).replace(minute=0, second=0, microsecond=0)

    # When
    execution = deployed.run({"ScheduledTime": moment.isoformat(), "Queries": ["sessions_by_plan"]})

    # Then
    assert execution.status == "SUCCEEDED"
    assert deployed.values_at(moment) == {Series("EmptyResults", (("Query", "sessions_by_plan"),)): 1.0}


def test_an_event_with_sql_is_refused(deployed: Deployed) -> None:
    # When
    execution = deployed.run({"sql": "DELETE FROM sessions"})

    # Then
    assert execution.error == "InvalidEvent"
    assert "sql" in json.loads(execution.cause or "")["errorMessage"]
    assert deployed.cloud.database.answers == []


def test_a_role_without_permission_is_refused(deployed: Deployed) -> None:
    # Given a role that has lost its right to connect
    iam = deployed.cloud.client("iam")
    (role,) = [role["RoleName"] for role in iam.list_roles()["Roles"] if "QueryDatabaseRole" in role["RoleName"]]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        if [one.get("Sid") for one in document["Statement"]] == ["ConnectToDatabase"]:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)

    # When
    execution = deployed.run({})

    # Then
    assert execution.error == "DatabaseUnavailable"
    assert "1045 Access denied" in json.loads(execution.cause or "")["errorMessage"]
    assert execution.steps[0].failed_attempts == 3
    assert any("rds-db:connect" in refusal for refusal in deployed.cloud.database.refusals)


def test_the_function_logs_counts_only(deployed: Deployed) -> None:
    # When
    deployed.run({})

    # Then
    (line,) = deployed.logged(pages=1)
    assert json.loads(line)["datums"] == 3
    assert "team" not in line
