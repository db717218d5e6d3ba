"""`sidestep watch` and `sidestep run` on the deployed stack."""

import json
import re
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sidestep import paths
from tests.end_to_end.conftest import PERIOD, SHIPPED_VALUES, Deployed
from tests.end_to_end.operators import Terminal, environment, sidestep
from tests.end_to_end.programs import DEADLINE, PROGRAM
from tests.faults.cloud import FaultyCloud
from tests.faults.requests import THROTTLED, ServiceError

MOMENT = datetime.now(UTC) - timedelta(hours=26)
DENIED = ServiceError(400, "AccessDeniedException", "AccessDeniedException", "User: me is not authorized")


def break_a_query(deployed: Deployed) -> None:
    deployed.cloud.database.execute("ALTER TABLE sessions RENAME COLUMN plan TO tier")


def test_the_screen_has_executions_alarms_and_metrics(deployed: Deployed) -> None:
    # Given a run that succeeds, one that fails, and an alarm in the state ALARM
    deployed.run({})
    break_a_query(deployed)
    deployed.run({})
    cloudwatch = deployed.cloud.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName="sidestep-shop/missing", StateValue="ALARM", StateReason="a test")
    cloudwatch.put_metric_data(Namespace="Sessions", MetricData=[{"MetricName": "SomebodyElses", "Value": 1}])

    # When
    done = sidestep(deployed.cloud.endpoint_url, "watch", "shop", "--once")

    # Then
    assert (done.returncode, done.stderr) == (0, "")
    assert "● QueriesFailed" in done.stdout
    assert "○ Published" in done.stdout
    assert done.stdout.count("SUCCEEDED") == 1
    words = " ".join(done.stdout.split())
    assert re.search("sessions_by_plan: .*1054 Unknown column 'plan'", words)
    assert "● missing ALARM " in done.stdout
    lines = [line.strip("│ ").split() for line in done.stdout.splitlines()]
    (active,) = [line for line in lines if line[:1] == ["ActiveSessions"]]
    assert active[-5:] == ["█", "0", "to", "2", "2"]
    assert ["FailedQueries", "sessions_by_plan"] in [line[:2] for line in lines]
    assert "SomebodyElses" not in done.stdout
    assert "console.aws.amazon.com" not in done.stdout


def test_few_series_are_shown_and_the_others_are_counted(deployed: Deployed) -> None:
    # Given three series
    deployed.run({})

    # When
    two = sidestep(deployed.cloud.endpoint_url, "watch", "--once", "--series", "2")
    none = sidestep(deployed.cloud.endpoint_url, "watch", "--once", "--series", "0")

    # Then each metric has one
    assert "ActiveSessions" in two.stdout
    assert "SessionsByPlan  free" in two.stdout
    assert "team" not in two.stdout
    assert " 1 more" in two.stdout
    assert "ActiveSessions" not in none.stdout


def test_a_pipe_gets_a_line_for_each_ended_execution(deployed: Deployed) -> None:
    # Given a watch in a pipe, and a run before it
    deployed.run({})
    with subprocess.Popen(
        [PROGRAM, "watch", "--interval", "1"],
        env=environment(deployed.cloud.endpoint_url),
        cwd=paths.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watch:
        assert watch.stdout is not None
        assert watch.stderr is not None
        before = watch.stdout.readline()

        # When one more fails
        break_a_query(deployed)
        deployed.run({"ScheduledTime": f"{MOMENT:%Y-%m-%dT%H:%M:%S}+00:00"})
        after = watch.stdout.readline()
        watch.send_signal(signal.SIGINT)
        rest, errors = watch.stdout.read(), watch.stderr.read()
        watch.wait(DEADLINE)

    # Then it prints the scheduled time; and neither line is wrapped or padded
    assert after.split()[0] == f"{MOMENT:%Y-%m-%dT%H:%M:%SZ}"
    assert before.split()[1] == "SUCCEEDED"
    assert after.split()[1] == "FAILED"
    assert "1054 Unknown column 'plan'" in after
    assert [line.strip() + "\n" for line in (before, after)] == [before, after]
    assert rest == ""
    assert str(paths.ROOT / "metrics.toml") in errors
    assert len(errors.splitlines()) == 1
    assert watch.returncode == 130


def test_the_screen_is_redrawn_and_the_terminal_is_restored(deployed: Deployed) -> None:
    # Given
    with Terminal(deployed.cloud.endpoint_url, "watch", "shop", "--interval", "1") as terminal:
        terminal.wait_for("○ Published")

        # When
        deployed.run({})
        terminal.wait_for("● Published")
        terminal.press_ctrl_c()
        code, shown = terminal.end()
        echoes = terminal.echoes

    # Then the cursor is hidden until the end, and no key has moved it
    assert code == 130
    assert "^C" not in shown
    assert echoes
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert "\x1b[1A" in shown
    assert "Traceback" not in shown


def test_a_simple_terminal_gets_no_unsupported_characters(deployed: Deployed) -> None:
    for words, variables, moves, colors in (
        ([], {}, True, True),
        ([], {"NO_COLOR": "1"}, True, False),
        (["--no-color"], {}, True, False),
        ([], {"TERM": "dumb"}, False, False),
    ):
        # When
        with Terminal(deployed.cloud.endpoint_url, *words, "run", "shop", **variables) as terminal:
            code, shown = terminal.end()

        # Then
        assert code == 0
        assert "● Published" in shown
        assert ("\x1b[1A" in shown) is moves, (words, variables)
        assert ("\x1b[32m" in shown) is colors, (words, variables)


def test_a_run_is_shown_until_it_ends(deployed: Deployed) -> None:
    # Given a time that has no values
    moment = (datetime.now(UTC) - 2 * PERIOD).replace(minute=0, second=0, microsecond=0)

    # When
    done = sidestep(deployed.cloud.endpoint_url, "run", "shop", "--at", moment.isoformat())

    # Then
    assert (done.returncode, done.stderr) == (0, "")
    assert "● Published" in done.stdout
    assert "SUCCEEDED" in done.stdout
    assert [line.split() for line in done.stdout.splitlines()[-3:]] == [
        ["ActiveSessions", "2"],
        ["SessionsByPlan", "free", "1"],
        ["SessionsByPlan", "team", "1"],
    ]
    assert deployed.values_at(moment) == SHIPPED_VALUES


def test_a_run_of_one_query_runs_no_other(deployed: Deployed) -> None:
    # When
    done = sidestep(deployed.cloud.endpoint_url, "run", "shop", "--query", "active_sessions")

    # Then
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].split() == ["ActiveSessions", "2"]
    assert len(deployed.cloud.database.answers) == 1


def test_a_run_that_fails_has_exit_code_1_and_a_reason(deployed: Deployed) -> None:
    # Given
    break_a_query(deployed)

    # When
    done = sidestep(deployed.cloud.endpoint_url, "run", "shop")

    # Then the values of the other query are published
    assert (done.returncode, done.stderr) == (1, "")
    assert "● QueriesFailed" in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if "FAILED" in line]
    assert re.search("sessions_by_plan: .* 1054 Unknown column 'plan'", line)
    assert done.stdout.split()[-5:] == ["ActiveSessions", "2", "FailedQueries", "sessions_by_plan", "1"]


def test_ctrl_c_does_not_stop_the_run(deployed: Deployed) -> None:
    # Given a run that waits for the database
    with deployed.cloud.database.held() as hold, Terminal(deployed.cloud.endpoint_url, "run", "shop") as terminal:
        hold.wait_for_query(DEADLINE)
        terminal.wait_for("◉ QueryDatabase")

        # When
        terminal.press_ctrl_c()
        code, shown = terminal.end()

    # Then
    assert code == 130
    assert "^C" not in shown
    assert "`sidestep watch shop`" in shown
    client = deployed.cloud.client("stepfunctions")
    (execution,) = client.list_executions(stateMachineArn=deployed.state_machine)["executions"]
    assert deployed.follow(execution["executionArn"]).status == "SUCCEEDED"


def test_a_missing_permission_is_named(deployed: Deployed) -> None:
    deployed.run({})
    for action, words in (
        ("DescribeStateMachine", ["watch", "--once"]),
        ("ListExecutions", ["watch", "--once"]),
        ("ListExecutions", ["watch"]),
        ("GetExecutionHistory", ["watch", "--once"]),
        ("StartExecution", ["run", "shop"]),
        ("DescribeExecution", ["run", "shop"]),
        ("GetExecutionHistory", ["run", "shop"]),
    ):
        # Given
        deployed.cloud.requests.refuse(action, DENIED)

        # When
        done = sidestep(deployed.cloud.endpoint_url, *words)

        # Then
        assert done.returncode == 1
        assert f"states:{action}" in done.stderr
        assert "User: me is not authorized" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_without_alarms_or_metrics_the_executions_are_shown(deployed: Deployed) -> None:
    deployed.run({})
    for action in ("DescribeAlarms", "ListMetrics", "GetMetricData"):
        # Given
        deployed.cloud.requests.refuse(action, DENIED)

        # When
        done = sidestep(deployed.cloud.endpoint_url, "watch", "--once")

        # Then
        assert (done.returncode, done.stderr) == (0, "")
        assert f"cloudwatch:{action}" in done.stdout
        assert "SUCCEEDED" in done.stdout


def test_throttled_requests_are_retried_without_a_message(deployed: Deployed) -> None:
    # Given
    deployed.run({})
    deployed.cloud.requests.refuse("ListExecutions", THROTTLED, times=2)

    # When
    done = sidestep(deployed.cloud.endpoint_url, "watch", "--once")

    # Then
    assert (done.returncode, done.stderr) == (0, "")
    assert "SUCCEEDED" in done.stdout


def test_watch_continues_after_failed_requests(deployed: Deployed) -> None:
    # Given
    with Terminal(deployed.cloud.endpoint_url, "watch", "--interval", "1", TERM="dumb") as terminal:
        deployed.run({})
        terminal.wait_for("SUCCEEDED")

        # When requests fail more often than they are retried
        deployed.cloud.requests.refuse("ListExecutions", ServiceError(503, "Down", "Down", "down"), times=5)
        break_a_query(deployed)
        deployed.run({})

        # Then it goes on
        terminal.wait_for("FAILED")
        terminal.press_ctrl_c()
        code, shown = terminal.end()
    assert code == 130
    assert "Down" not in shown


def test_errors_are_messages_without_a_traceback() -> None:
    late = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    with FaultyCloud() as cloud:
        for words, variables, code, facts in (
            (["watch", "--once"], {}, 1, ["sidestep-shop", "eu-central-2", "cdk deploy"]),
            (["watch"], {}, 1, ["sidestep-shop", "eu-central-2", "cdk deploy"]),
            (["run", "shop"], {}, 1, ["sidestep-shop", "eu-central-2", "cdk deploy"]),
            (["watch"], {"AWS_REGION": ""}, 1, ["AWS_REGION"]),
            (["run", "shop"], {"AWS_PROFILE": "missing"}, 1, ["cloudformation:DescribeStacks", "missing"]),
            (
                ["watch"],
                {"AWS_ENDPOINT_URL": "http://localhost:1"},
                1,
                ["cloudformation:DescribeStacks", "localhost:1"],
            ),
            (["watch", "shpo"], {}, 2, ["metrics.toml: ", "[database.shpo]", '"shop"']),
            (["run", "shpo"], {}, 2, ["metrics.toml: ", "[database.shpo]", '"shop"']),
            (
                ["run", "shop", "--query", "active_session"],
                {},
                2,
                ["metrics.toml: database.shop ", '"active_session" ', '"active_sessions"', "sessions_by_plan"],
            ),
            (["run", "shop", "--at", "noon"], {}, 2, ["--at ", "'noon'"]),
            (["run", "shop", "--at", "2026-01-31T08:05:00"], {}, 2, ["--at ", "'2026-01-31T08:05:00'"]),
            (["run", "shop", "--at", late], {}, 2, ["--at ", late]),
            (["watch", "--file", "absent.toml"], {}, 2, ["absent.toml: "]),
        ):
            # When
            done = sidestep(cloud.endpoint_url, *words, **variables)

            # Then
            assert (done.returncode, done.stdout) == (code, ""), done.stderr
            assert [fact for fact in facts if fact not in done.stderr] == []
            assert "Traceback" not in done.stderr


def test_missing_credentials_are_an_error(tmp_path: Path) -> None:
    # Given a shell without credentials
    no_credentials = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}

    # When
    done = sidestep("http://localhost:1", "watch", HOME=str(tmp_path), **no_credentials)

    # Then
    assert done.returncode == 1
    assert "AWS_PROFILE" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_stack_without_the_workflow_output_is_an_error() -> None:
    # Given a stack of the same name without the output
    with FaultyCloud() as cloud:
        template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
        cloud.client("cloudformation").create_stack(StackName="sidestep-shop", TemplateBody=json.dumps(template))

        # When
        done = sidestep(cloud.endpoint_url, "watch")

    # Then
    assert done.returncode == 1
    assert "sidestep-shop" in done.stderr
    assert "cdk deploy" in done.stderr


def test_metrics_are_not_read_again_without_a_new_run(deployed: Deployed) -> None:
    # Given a watch that has read them
    deployed.run({})
    with Terminal(deployed.cloud.endpoint_url, "watch", "--interval", "1") as terminal:
        terminal.wait_for("ActiveSessions")

        # When reading them fails from now on, and nothing runs
        deployed.cloud.requests.refuse("GetMetricData", DENIED)
        time.sleep(4)
        terminal.press_ctrl_c()
        _, shown = terminal.end()

    # Then they were not read again
    assert "GetMetricData" not in shown
