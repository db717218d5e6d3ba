"""`sidestep check`, as a user starts it."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sidestep import paths
from tests.command import completed
from tests.end_to_end.programs import (
    DEADLINE,
    PROGRAM,
    environment,
    left_in,
    processes_of,
    start,
    wait_for_the_end_of,
)

BROKEN = """
[[query]]
name = "broken"
sql = "SELECT absent AS Absent FROM sessions"
metrics.Absent = {}
"""


def ended(folder: Path, *words: str) -> tuple[int, str, str]:
    """Return exit code, output and errors of `sidestep check` with these words."""
    done = completed(["check", *words], env=environment(folder), cwd=paths.ROOT)
    assert "Traceback" not in done.stdout + done.stderr
    assert left_in(folder) == []
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def broken(folder: Path) -> Path:
    """Give the shipped file with a query that fails."""
    file = folder / "metrics.toml"
    file.write_text((paths.ROOT / "metrics.toml").read_text() + BROKEN)
    return file


def test_the_shipped_file_is_valid(folder: Path) -> None:
    # When
    code, output, errors = ended(folder)

    # Then
    assert (code, errors) == (0, "")
    assert f"✓ {paths.ROOT / 'metrics.toml'} " in output
    assert "USD 27.30" in output
    (query,) = [line for line in output.splitlines() if "sessions_by_plan" in line]
    assert {"100", "rate(5", "minutes)"} <= set(query.split())
    assert "--local" in output


def test_the_shipped_queries_are_run_on_the_embedded_database(folder: Path) -> None:
    # When
    program = start(folder, "check", "--local")
    output, errors = program.communicate(timeout=DEADLINE)

    # Then
    assert (program.returncode, errors) == (0, "")
    assert left_in(folder) == []
    assert processes_of(program.pid) == []
    assert "✓ sessions_by_plan  2 rows, 2 series" in output
    assert "columns: Plan, SessionsByPlan" in output
    assert "2 queries; 3 values in 1 request to PutMetricData" in output
    assert "\x1b" not in output


def test_a_failing_query_is_printed(folder: Path, broken: Path) -> None:
    # When
    code, output, errors = ended(folder, "--local", "--file", str(broken))

    # Then
    assert (code, errors) == (1, "")
    assert "✗ broken" in output
    assert "the database answered: 1054 Unknown column 'absent' in 'field list'" in output
    assert "✓ active_sessions" in output
    assert "3 queries: 1 failed" in output


def test_one_query_can_be_selected(folder: Path, broken: Path) -> None:
    # When
    code, output, _ = ended(folder, "--local", "--file", str(broken), "--query", "active_sessions")

    # Then
    assert code == 0
    assert "1 query; 1 value in 1 request" in output


@pytest.mark.parametrize(("words", "code", "values"), [((), 0, None), (("--local",), 1, 4)])
def test_json_has_queries_requests_and_problems(
    folder: Path, broken: Path, words: tuple[str, ...], code: int, values: int | None
) -> None:
    # When
    ending, output, errors = ended(folder, "--json", "--file", str(broken), *words)

    # Then
    document = json.loads(output)
    assert (ending, errors) == (code, "")
    assert [query["name"] for query in document["queries"]] == ["active_sessions", "sessions_by_plan", "broken"]
    assert document["admitted_series"] == 102
    requests = [request for run in document["runs"] for request in run["requests"]]
    assert (sum(len(request["MetricData"]) for request in requests) or None) == values
    assert len(document["problems"]) == code


def test_every_error_of_a_file_is_printed(folder: Path) -> None:
    # Given
    file = folder / "metrics.toml"
    file.write_text('namespace = "AWS/Shop"\nschedule = "sometimes"')

    # When
    code, output, errors = ended(folder, "--json", "--local", "--file", str(file))

    # Then
    assert (code, output) == (2, "")
    assert [line.split(": ")[1] for line in errors.splitlines()] == ["namespace", "schedule", "database", "query"]


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (["--database", "mysql://app:secret@localhost/shop"], ["--database: ", "SIDESTEP_DATABASE_PASSWORD"]),
        (["--database", "postgres://app:secret@localhost/company"], ["--database: ", "SIDESTEP_DATABASE_PASSWORD"]),
        (
            ["--database", "localhost"],
            ["--database: ", "mysql://user@host[:port]/schema", "postgres://user@host[:port]/database"],
        ),
        (["--database", ""], ["--database: ", "mysql://user@host[:port]/schema"]),
        (
            ["--database", "postgres://app@localhost/company/shop"],
            ["--database: ", "postgres://user@host[:port]/database"],
        ),
        (["--database", "postgres://app@localhost/company"], ["--database", "PostgreSQL", "database.shop", "MySQL"]),
        (["--database", "mysql://app@localhost/shop"], ["SIDESTEP_DATABASE_PASSWORD"]),
        (["--database", "mysql://\udcff@localhost/shop"], ["--database: ", "user"]),
        (["--database", "mysql://app@localhost/shop", "--ca", "/dev/null"], ["--ca /dev/null: "]),
        (["--database", "mysql://app@localhost/shop", "--ca", "/"], ["--ca /: "]),
        (["--database", "mysql://app@localhost/shop", "--local"], ["--local", "--database"]),
        (["--iam"], ["--iam", "--database"]),
        (["--of", "shopp"], ["--of shopp: ", '"shop"']),
        (["--query", "active_session"], ["--query active_session: ", '"active_sessions"']),
        (["--file", "missing.toml"], ["missing.toml: "]),
        (["--file", "/"], ["/: ", "Is a directory"]),
        (["--file", ""], ["Is a directory"]),
    ],
)
def test_a_wrong_option_has_a_message_of_one_line(folder: Path, words: list[str], facts: list[str]) -> None:
    # When
    code, output, errors = ended(folder, *words)

    # Then
    assert (code, output) == (2, "")
    assert [fact for fact in facts if fact not in errors] == []
    assert len(errors.splitlines()) == 1
    assert "secret" not in errors


@pytest.fixture
def postgres_file(folder: Path) -> Path:
    """Give a file for a database of PostgreSQL."""
    file = folder / "metrics.toml"
    own = 'instance = "shop"\nvpc_id = "vpc-0a1b2c3d"\ndatabase = "company"'
    shop = re.sub(r"^sample = true.*$", own, (paths.ROOT / "metrics.toml").read_text(), flags=re.MULTILINE)
    file.write_text(re.sub(r"UTC_TIMESTAMP\(\)", "now()", shop))
    return file


def test_a_file_for_postgresql_with_local_names_the_right_option(folder: Path, postgres_file: Path) -> None:
    # When
    code, output, errors = ended(folder, "--file", str(postgres_file))

    # Then
    assert (code, errors) == (0, "")
    assert "--database postgres://user@host/database" in output


@pytest.mark.parametrize("words", [("--local",), ("--database", "mysql://app@localhost/company")])
def test_queries_for_postgresql_are_refused_on_mysql(
    folder: Path, postgres_file: Path, words: tuple[str, ...]
) -> None:
    # When
    code, output, errors = ended(folder, "--file", str(postgres_file), *words)

    # Then
    assert (code, output) == (2, "")
    assert errors.startswith(words[0])
    assert [fact for fact in ("MySQL", "database.shop", "PostgreSQL") if fact not in errors] == []


def test_a_missing_profile_is_named(folder: Path) -> None:
    # When
    code, _, errors = ended(folder, "--database", "mysql://app@localhost/shop", "--iam")

    # Then
    assert code == 1
    assert "(a profile that does not exist)" in errors


@contextmanager
def listener(greeting: bytes) -> Iterator[tuple[int, threading.Event]]:
    """Listen for one client, send it a greeting, and yield the port and an event for its arrival.

    The `with` block ends after the client has closed its connection.
    """
    came = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(greeting)
                came.set()
                client.recv(1)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield server.getsockname()[1], came
        thread.join(DEADLINE)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.6\r\n", b"220 mail ESMTP\r\n", b"\x05\x00\x00\x00\x0aabc\x00"]
)
def test_a_server_that_is_not_mysql_is_a_problem(greeting: bytes) -> None:
    # When
    with listener(greeting) as (port, _):
        result = checked("--json", "--database", f"mysql://app@127.0.0.1:{port}/shop")

    # Then
    assert result.returncode == 1, result.stderr
    assert f"127.0.0.1:{port} " in json.loads(result.stdout)["problems"][0]
    assert "secret" not in result.stdout + result.stderr


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.6\r\n", b"N", b"S" + b"\x00" * 9])
def test_a_server_that_is_not_postgresql_is_a_problem(postgres_file: Path, greeting: bytes) -> None:
    # When
    with listener(greeting) as (port, _):
        url = f"postgres://app@127.0.0.1:{port}/company"
        result = checked("--json", "--file", str(postgres_file), "--database", url)

    # Then
    assert result.returncode == 1, result.stderr
    assert f"127.0.0.1:{port} " in json.loads(result.stdout)["problems"][0]
    assert "secret" not in result.stdout + result.stderr


def checked(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run `sidestep check` with a password in the environment."""
    environment = {"PATH": os.environ["PATH"], "SIDESTEP_DATABASE_PASSWORD": "secret"}
    return completed(["check", *words], env=environment, cwd=paths.ROOT)


def test_a_closed_pipe_ends_check_without_an_error() -> None:
    # Given
    command = f"{PROGRAM} check --json | head -c 1"

    # When
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)

    # Then
    assert (result.stdout, result.stderr) == ("{", "")


@pytest.mark.parametrize(("environment", "is_coloured"), [({"TERM": "xterm"}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_has_colours_unless_no_color_is_set(environment: dict[str, str], is_coloured: bool) -> None:
    # When
    code, shown = on_a_terminal(environment, "--local")

    # Then
    assert code == 0
    assert ("\x1b[32m✓" in shown) == is_coloured
    assert "2 queries; 3 values" in shown


def test_a_typed_password_is_not_shown() -> None:
    # Given a port without a listener
    words = ("--database", "mysql://app@127.0.0.1:1/shop")

    # When
    code, shown = on_a_terminal({}, *words, typed=("Password of app at 127.0.0.1: ", "secret\n"))

    # Then
    assert code == 1
    assert "127.0.0.1:1 " in "".join(shown.split("\r\n")).split("Password of app", maxsplit=1)[1]
    assert "secret" not in shown


def on_a_terminal(environment: dict[str, str], *words: str, typed: tuple[str, str] | None = None) -> tuple[int, str]:
    """Return the exit code and the output on a terminal; `typed` is a prompt to wait for, and the reply."""
    pid, terminal = pty.fork()
    if pid == 0:  # the child
        base = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
        os.execve(PROGRAM, [str(PROGRAM), "check", *words], base | environment)  # noqa: S606
    shown = b""
    with os.fdopen(terminal, "r+b", buffering=0) as stream:
        while True:
            try:
                piece = stream.read(1024)
            except OSError:  # the child has closed the terminal, on Linux
                break
            if not piece:
                break
            shown += piece
            if typed and typed[0].encode() in shown:
                stream.write(typed[1].encode())
                typed = None
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_ctrl_c_closes_the_connection(folder: Path) -> None:
    # Given a server that never answers
    with (
        listener(b"") as (port, came),
        subprocess.Popen(
            [PROGRAM, "check", "--database", f"mysql://app@127.0.0.1:{port}/shop"],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(folder), "SIDESTEP_DATABASE_PASSWORD": "secret"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as program,
    ):
        assert came.wait(DEADLINE)

        # When
        os.killpg(program.pid, signal.SIGINT)
        _, errors = program.communicate(timeout=DEADLINE)

    # Then
    assert (program.returncode, errors) == (130, "")
    assert left_in(folder) == []
    wait_for_the_end_of(program.pid)
