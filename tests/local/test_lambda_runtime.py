"""Functions run as Lambda runs them: their bundle, their environment, their time, and nothing else."""

import io
import json
import os
import shutil
import socket
import textwrap
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sidestep.local import lambda_runtime
from sidestep.local.cloud import LocalCloud
from sidestep.local.lambda_runtime import MAX_ANSWER, FunctionConfiguration, LambdaRuntime

HANDLER = """
    import os, socket, sys, tempfile, time

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
            case "keep":
                with open(os.path.join(tempfile.gettempdir(), event["name"]), "w"):
                    pass
            case "connect":
                with socket.create_connection((event["host"], 3306)) as connection:
                    return connection.getpeername()
            case "lock":
                os.chmod(os.getcwd(), 0o500)
            case "fill":
                return "x" * event["bytes"]
        return {
            "event": event, "calls": calls, "environment": dict(os.environ), "folder": os.getcwd(),
            "arn": context.invoked_function_arn, "remaining": context.get_remaining_time_in_millis(),
            "process": os.getpid(), "temporary": tempfile.gettempdir(), "kept": os.listdir(tempfile.gettempdir()),
        }
"""

ROOTS = {"lambdas/engines/__init__": ""}
"""In a bundle, the folder into which the local cloud lays its own authority."""

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
def replaced() -> list[FunctionConfiguration]:
    """What a deployment has changed or taken away; a test may add to it."""
    return []


@pytest.fixture
def hosts() -> dict[str, int]:
    """What functions can find; a test may add to it."""
    return {}


@pytest.fixture
def runtime(replaced: list[FunctionConfiguration], hosts: dict[str, int]) -> Iterator[LambdaRuntime]:
    runtime = LambdaRuntime(
        issue_credentials=lambda _: CREDENTIALS,
        files={"roots.pem": b"local"},
        is_deployed=lambda function: function not in replaced,
        hosts=hosts,
    )
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


def runs(result: Any) -> bool:  # noqa: ANN401
    """Return whether the process that gave a result is still there."""
    try:
        os.kill(result["process"], 0)
    except ProcessLookupError:
        return False
    return True


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
        "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "TMPDIR", "TZ", "_HANDLER",
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


def test_an_environment_has_a_temporary_folder_of_its_own(runtime: LambdaRuntime) -> None:
    # When
    first = invoke(runtime, {"do": "keep", "name": "page"})
    second = invoke(runtime, {})
    other = invoke(runtime, {}, replace(FUNCTION, memory=256))

    # Then it is kept from event to event, and no other environment has it
    assert first["kept"] == second["kept"] == ["page"]
    assert other["kept"] == []
    assert Path(first["temporary"]) not in Path(first["folder"]).parents


@pytest.mark.parametrize("end", [{"do": "exit"}, {"do": "hang"}], ids=lambda end: end["do"])
def test_a_temporary_folder_ends_with_its_environment(runtime: LambdaRuntime, end: object) -> None:
    # Given
    impatient = replace(FUNCTION, timeout=1)
    before = invoke(runtime, {"do": "keep", "name": "page"}, impatient)

    # When
    failure(runtime, end, impatient)

    # Then
    assert not Path(before["temporary"]).exists()
    assert not Path(before["folder"]).exists()
    assert invoke(runtime, {}, impatient)["kept"] == []


def test_a_cold_runtime_keeps_no_environment(runtime: LambdaRuntime) -> None:
    # Given
    runtime.keep_warm = False

    # When
    results = [invoke(runtime, {"do": "keep", "name": "page"}) for _ in range(2)]

    # Then
    assert [result["calls"] for result in results] == [1, 1]
    assert [result["kept"] for result in results] == [["page"], ["page"]]
    assert len({result["temporary"] for result in results}) == 2
    assert [result for result in results if runs(result) or Path(result["temporary"]).exists()] == []


def test_a_runtime_can_be_cold_and_warm_again(runtime: LambdaRuntime) -> None:
    # Given
    warm = [invoke(runtime, {}) for _ in range(2)]

    # When
    runtime.keep_warm = False
    cold = invoke(runtime, {})
    runtime.keep_warm = True

    # Then
    assert cold["calls"] == 1
    assert not runs(warm[0])
    assert [invoke(runtime, {})["calls"] for _ in range(2)] == [1, 2]


def test_a_deployment_ends_the_environments_of_a_replaced_function(
    runtime: LambdaRuntime, replaced: list[FunctionConfiguration]
) -> None:
    # Given
    before = invoke(runtime, {})

    # When
    replaced.append(FUNCTION)
    after = invoke(runtime, {}, replace(FUNCTION, code=bundle(main=HANDLER, more="")))

    # Then
    assert not runs(before)
    assert not Path(before["folder"]).exists()
    assert runs(after)


def test_the_local_cloud_ends_environments_of_replaced_and_deleted_functions(cloud: LocalCloud) -> None:
    # Given
    client = cloud.client("lambda")
    role = cloud.client("iam").create_role(RoleName="probe", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    for name in ("changed", "deleted"):
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="main.handler",
            Code={"ZipFile": bundle(main=HANDLER, **ROOTS)},
        )

    def call(name: str) -> Any:  # noqa: ANN401
        return json.loads(client.invoke(FunctionName=name, Payload=b"{}")["Payload"].read())

    before = [call("changed"), call("deleted"), call("changed")]

    # When
    client.update_function_code(FunctionName="changed", ZipFile=bundle(main=HANDLER, more="", **ROOTS))
    client.delete_function(FunctionName="deleted")
    after = call("changed")

    # Then
    assert [result["calls"] for result in before] == [1, 1, 2]
    assert [runs(result) for result in before] == [False, False, False]
    assert runs(after)


def test_read_only_code_is_deleted_as_well(runtime: LambdaRuntime) -> None:
    # Given
    runtime.keep_warm = False

    # When
    folder = invoke(runtime, {"do": "lock"})["folder"]

    # Then
    assert not Path(folder).exists()


def test_a_changed_function_gets_a_new_environment(runtime: LambdaRuntime) -> None:
    # Given
    invoke(runtime, {})

    # When
    changed = invoke(runtime, {}, replace(FUNCTION, variables={"DATABASE_HOST": "other"}))

    # Then
    assert changed["calls"] == 1
    assert changed["environment"]["DATABASE_HOST"] == "other"


def test_an_error_has_its_name_and_the_environment_is_kept(runtime: LambdaRuntime) -> None:
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


def test_a_function_that_ends_its_process_is_reported(runtime: LambdaRuntime) -> None:
    # When
    error = failure(runtime, {"do": "exit"})

    # Then
    assert error == {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with status 3"}
    assert invoke(runtime, {})["calls"] == 1


@pytest.mark.parametrize(
    ("handler", "kind"),
    [("absent.handler", "ModuleNotFoundError"), ("main.absent", "AttributeError"), ("broken.handler", "SyntaxError")],
)
def test_a_function_that_does_not_load_is_reported(runtime: LambdaRuntime, handler: str, kind: str) -> None:
    # Given
    function = replace(FUNCTION, code=bundle(main=HANDLER, broken="def"), handler=handler)

    # When / Then, each time anew
    assert failure(runtime, {}, function)["errorType"] == kind
    assert failure(runtime, {}, function)["errorType"] == kind


def test_a_response_that_is_not_json_is_an_error(runtime: LambdaRuntime) -> None:
    # Given
    function = replace(FUNCTION, code=bundle(main="def handler(event, context): return {1, 2}"))

    # When / Then
    assert failure(runtime, {}, function)["errorType"] == "TypeError"


def test_a_response_can_have_six_megabytes(runtime: LambdaRuntime) -> None:
    # Given
    quotes = len('""')

    # When
    answer = invoke(runtime, {"do": "fill", "bytes": MAX_ANSWER - quotes})
    error = failure(runtime, {"do": "fill", "bytes": MAX_ANSWER - quotes + 1})

    # Then one byte more is an error, and the next event finds a fresh environment
    assert len(answer) == MAX_ANSWER - quotes
    assert error == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    assert invoke(runtime, {})["calls"] == 1


def test_the_output_of_a_function_is_its_log(runtime: LambdaRuntime) -> None:
    # When
    invoke(runtime, {"do": "print"})
    runtime.invoke(FUNCTION, b'{"do": "exit"}')  # an end is reported after all output before it

    # Then
    assert runtime.log_lines == ["loading", "a line"]


def test_a_closed_runtime_leaves_nothing_behind(runtime: LambdaRuntime) -> None:
    # Given
    result = invoke(runtime, {"do": "keep", "name": "page"})

    # When
    runtime.close()

    # Then
    assert not runs(result)
    assert not Path(result["folder"]).exists()
    assert not Path(result["temporary"]).exists()
    runtime._folder.mkdir()  # for the fixture, which closes once more


def test_a_function_finds_databases_by_their_names_and_nothing_else(
    runtime: LambdaRuntime, hosts: dict[str, int]
) -> None:
    # Given a database that came after the runtime
    name = "orders-db.c0ffee.eu-central-2.rds.amazonaws.com"
    with socket.create_server(("127.0.0.1", 0)) as database:
        hosts[name] = database.getsockname()[1]

        # When
        found = invoke(runtime, {"do": "connect", "host": name})
        missed = failure(runtime, {"do": "connect", "host": "rds.eu-central-2.amazonaws.com"})

        # Then
        assert found == list(database.getsockname())
        assert missed["errorType"] == "gaierror"


def test_closing_the_cloud_waits_for_an_ending_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a runtime that is closed while another thread ends an environment
    runtime = LambdaRuntime(
        issue_credentials=lambda _: CREDENTIALS, files={}, is_deployed=lambda _: True, keep_warm=False, hosts={}
    )
    closing = threading.Thread(target=runtime.close)
    order: list[str] = []
    end, rmtree = lambda_runtime._ExecutionEnvironment.end, shutil.rmtree

    def end_while_closing(environment: lambda_runtime._ExecutionEnvironment) -> None:
        closing.start()
        closing.join(0.5)  # it does not end as long as it waits
        end(environment)
        order.append("ended")

    def remove_all(folder: Path) -> None:
        order.append("removed")
        rmtree(folder)

    monkeypatch.setattr(lambda_runtime._ExecutionEnvironment, "end", end_while_closing)
    monkeypatch.setattr(lambda_runtime, "shutil", SimpleNamespace(rmtree=remove_all))

    # When
    invoke(runtime, {})
    closing.join(FUNCTION.timeout)

    # Then
    assert order == ["ended", "removed"]
