"""Functions run as Lambda runs them: their bundle, their environment, their time, and nothing else."""

import io
import json
import os
import textwrap
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sidestep.local.lambda_runtime import FunctionConfiguration, LambdaRuntime

HANDLER = """
    import os, sys, time

    print("loading")
    calls = 0

    def handler(event, context):
        global calls
        calls += 1
        match event.get("do"):
            case "raise":
                raise LookupError("nothing there")
            case "hang":
                time.sleep(60)
            case "exit":
                os._exit(3)
            case "print":
                print("a line")
            case "import":
                __import__(event["name"])
        return {
            "event": event, "calls": calls, "environment": dict(os.environ), "folder": os.getcwd(),
            "arn": context.invoked_function_arn, "remaining": context.get_remaining_time_in_millis(),
        }
"""

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}


def bundle(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", textwrap.dedent(text))
    return buffer.getvalue()


FUNCTION = FunctionConfiguration(
    arn="arn:aws:lambda:us-east-1:123456789012:function:probe",
    code=bundle(main=HANDLER),
    handler="main.handler",
    timeout=20,
    memory=128,
    region="us-east-1",
    role="arn:aws:iam::123456789012:role/probe",
    variables={"DATABASE_HOST": "db"},
)


@pytest.fixture
def runtime() -> Iterator[LambdaRuntime]:
    runtime = LambdaRuntime(issue_credentials=lambda _: CREDENTIALS, files={"roots.pem": b"local"})
    yield runtime
    runtime.close()


def invoke(runtime: LambdaRuntime, event: object, function: FunctionConfiguration = FUNCTION) -> Any:  # noqa: ANN401
    answer = runtime.invoke(function, json.dumps(event).encode())
    assert not answer.failed, answer.payload
    return json.loads(answer.payload)


def failure(runtime: LambdaRuntime, event: object, function: FunctionConfiguration = FUNCTION) -> Any:  # noqa: ANN401
    answer = runtime.invoke(function, json.dumps(event).encode())
    assert answer.failed, answer.payload
    return json.loads(answer.payload)


def test_a_function_gets_its_event_and_context(runtime: LambdaRuntime) -> None:
    # When
    result = invoke(runtime, {"key": "Zürich"})

    # Then
    assert result["event"] == {"key": "Zürich"}
    assert result["arn"] == FUNCTION.arn
    assert 0 < result["remaining"] <= 20_000


def test_a_function_sees_its_own_environment_only(runtime: LambdaRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a shell with secrets
    monkeypatch.setenv("DATABASE_PASSWORD", "the shell's")
    monkeypatch.setenv("AWS_PROFILE", "production")

    # When
    environment = invoke(runtime, {})["environment"]

    # Then
    assert set(environment) - {"LC_CTYPE"} == {
        "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "DATABASE_HOST",
        "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "TZ", "_HANDLER",
    }  # fmt: skip
    assert environment["AWS_SESSION_TOKEN"] == "token"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "probe"


def test_a_function_has_its_bundle_and_the_runtimes_libraries_only(runtime: LambdaRuntime) -> None:
    # Given libraries that this project has and Lambda has not
    invoke(runtime, {"do": "import", "name": "botocore.auth"})

    # When / Then
    for name in ("pymysql", "moto", "sidestep"):
        assert failure(runtime, {"do": "import", "name": name})["errorType"] == "ModuleNotFoundError"


def test_files_of_the_region_lie_in_the_bundle(runtime: LambdaRuntime) -> None:
    # When
    folder = invoke(runtime, {})["folder"]

    # Then
    with open(os.path.join(folder, "roots.pem"), "rb") as file:  # noqa: PTH118, PTH123 - a path of another process
        assert file.read() == b"local"


def test_an_environment_is_kept_for_the_next_event(runtime: LambdaRuntime) -> None:
    assert [invoke(runtime, {})["calls"] for _ in range(3)] == [1, 2, 3]


def test_a_changed_function_gets_a_new_environment(runtime: LambdaRuntime) -> None:
    # Given
    invoke(runtime, {})

    # When
    changed = invoke(runtime, {}, replace(FUNCTION, variables={"DATABASE_HOST": "other"}))

    # Then
    assert changed["calls"] == 1
    assert changed["environment"]["DATABASE_HOST"] == "other"


def test_an_error_is_told_by_name_and_the_environment_lives_on(runtime: LambdaRuntime) -> None:
    # When
    error = failure(runtime, {"do": "raise"})

    # Then
    assert (error["errorType"], error["errorMessage"]) == ("LookupError", "nothing there")
    assert invoke(runtime, {})["calls"] == 2


def test_a_function_that_hangs_is_ended(runtime: LambdaRuntime) -> None:
    # Given
    impatient = replace(FUNCTION, timeout=1)

    # When
    error = failure(runtime, {"do": "hang"}, impatient)

    # Then the next event finds a fresh environment
    assert error == {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 1.00 seconds"}
    assert invoke(runtime, {}, impatient)["calls"] == 1


def test_a_function_that_ends_its_process_is_told(runtime: LambdaRuntime) -> None:
    # When
    error = failure(runtime, {"do": "exit"})

    # Then
    assert error == {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with status 3"}
    assert invoke(runtime, {})["calls"] == 1


@pytest.mark.parametrize(
    ("handler", "kind"),
    [("absent.handler", "ModuleNotFoundError"), ("main.absent", "AttributeError"), ("broken.handler", "SyntaxError")],
)
def test_a_function_that_does_not_load_is_told(runtime: LambdaRuntime, handler: str, kind: str) -> None:
    # Given
    function = replace(FUNCTION, code=bundle(main=HANDLER, broken="def"), handler=handler)

    # When / Then, each time anew
    assert failure(runtime, {}, function)["errorType"] == kind
    assert failure(runtime, {}, function)["errorType"] == kind


def test_an_answer_that_is_no_json_is_an_error(runtime: LambdaRuntime) -> None:
    # Given
    function = replace(FUNCTION, code=bundle(main="def handler(event, context): return {1, 2}"))

    # When / Then
    assert failure(runtime, {}, function)["errorType"] == "TypeError"


def test_what_a_function_prints_is_its_log(runtime: LambdaRuntime) -> None:
    # When
    invoke(runtime, {"do": "print"})
    runtime.invoke(FUNCTION, b'{"do": "exit"}')  # an end is told after all that was printed before it

    # Then
    assert runtime.log_lines == ["loading", "a line"]


def test_nothing_is_left(runtime: LambdaRuntime) -> None:
    # Given
    folder = invoke(runtime, {})["folder"]

    # When
    runtime.close()

    # Then
    assert not os.path.exists(folder)  # noqa: PTH110
    runtime._folder.mkdir()  # for the fixture, which closes once more
