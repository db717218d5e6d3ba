"""The command `sidestep` in a separate process, and the files that it leaves behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sidestep import paths

PROGRAM: Final = Path(sys.executable).with_name("sidestep")
DEADLINE: Final = 120

CDK: Final = paths.ROOT / "node_modules" / ".bin" / "cdk"
"""The CDK's command line."""

HOSTILE_SHELL: Final = {
    "AWS_ACCESS_KEY_ID": "AKIAPRODUCTION",
    "AWS_SECRET_ACCESS_KEY": "the production secret",
    "AWS_PROFILE": "a profile that does not exist",
    "AWS_ENDPOINT_URL": "http://192.0.2.1:1",
    "AWS_REGION": "mars-north-1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
}
"""Whatever of this was read would stop the program: the addresses lead nowhere."""


CDK_VARIABLES: Final = {
    # The CDK unpacks its library once for all programs of the tests, though each has a home of its own.
    "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(paths.ROOT / ".build" / "jsii"),
    # As in conftest.py: the CDK's rules for templates take most of a synthesis.
    "CDK_VALIDATION": "false",
}


@contextmanager
def running(folder: Path, *words: str, cwd: Path = paths.ROOT, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `sidestep` with these arguments during a `with` block, like `start`."""
    process = start(folder, *words, cwd=cwd, **variables)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def start(
    folder: Path, *words: str, encoding: str = "utf-8", cwd: Path = paths.ROOT, **variables: str
) -> "subprocess.Popen[str]":
    """Start `sidestep` with these words, everything temporary below `folder`, in a session of its own."""
    return subprocess.Popen(
        [PROGRAM, *words],
        cwd=cwd,
        env=environment(folder, PYTHONIOENCODING=encoding, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return the variables of a hostile shell, with everything temporary below `folder`."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "COLUMNS": "100",
        **CDK_VARIABLES,
        **HOSTILE_SHELL,
        **variables,
    }


def without_the_file_read(done: "subprocess.CompletedProcess[str]") -> "subprocess.CompletedProcess[str]":
    """Return the error output of a program, without the line that names the metrics.toml."""
    done.stderr = re.sub(r"\Areading .*\n", "", done.stderr)
    return done


def left_in(folder: Path) -> list[str]:
    """Return what the program has left below `folder`."""
    return [path.name for path in folder.iterdir() if path.name.startswith(("sidestep", "mariadb"))]


def wait_for_the_end_of(session: int) -> None:
    """Wait until no process of a session runs; a failure names those that do."""
    deadline = time.monotonic() + DEADLINE
    while running := processes_of(session):
        assert time.monotonic() < deadline, running
        time.sleep(0.05)


def processes_of(session: int) -> list[str]:
    """Return the commands of a session's processes."""
    listing = subprocess.run(["ps", "-A", "-o", "sess=,stat=,command="], capture_output=True, text=True, check=True)  # noqa: S607
    lines = (line.split(maxsplit=2) for line in listing.stdout.splitlines())
    return [command for sess, stat, command in lines if sess == str(session) and not stat.startswith("Z")]
