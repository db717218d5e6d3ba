"""The command `sidestep` as an operator types it, in a shell that is set for a local cloud."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sidestep import paths
from tests.command import completed
from tests.end_to_end.programs import DEADLINE, PROGRAM, without_the_file_read

if TYPE_CHECKING:
    from pathlib import Path


def environment(endpoint_url: str, **variables: str) -> dict[str, str]:
    """Return the shell's variables; an empty one is not set."""
    set_ones = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "operator",
        "AWS_SECRET_ACCESS_KEY": "operator",
        "AWS_REGION": "eu-central-2",
        "COLUMNS": "100",
        **variables,
    }
    return {name: value for name, value in set_ones.items() if value}


def sidestep(endpoint_url: str, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a shell that is set for the local cloud."""
    return without_the_file_read(completed(words, env=environment(endpoint_url, **variables), cwd=paths.ROOT))


class Terminal:
    """A terminal of 45 lines of 100 characters in which the command runs. Use it as a context manager."""

    def __init__(self, endpoint_url: str, *words: str, **variables: str) -> None:
        self._words: list[str | Path] = [PROGRAM, *words]
        self._environment = environment(endpoint_url, **{"TERM": "xterm-256color", "COLUMNS": "", **variables})
        self._seen = b""

    def __enter__(self) -> Self:
        self._screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 45, 100, 0, 0))
        # The first terminal that a session opens becomes its controlling terminal, which sends Ctrl-C.
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec <"$0" >"$0" 2>&1 "$@"', os.ttyname(inside), *self._words],
            env=self._environment,
            cwd=paths.ROOT,
            start_new_session=True,
        )
        self._inside = inside
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._screen)
        os.close(self._inside)

    def wait_for(self, words: str) -> None:
        """Wait until it shows this."""
        deadline = time.monotonic() + DEADLINE
        while words not in self._read():
            assert time.monotonic() < deadline, self._seen

    def press_ctrl_c(self) -> None:
        """Interrupt all processes of the group, as a terminal does on this key."""
        os.write(self._screen, b"\x03")

    @property
    def echoes(self) -> bool:
        """Whether the terminal echoes input."""
        return bool(termios.tcgetattr(self._inside)[3] & termios.ECHO)

    def end(self) -> tuple[int, str]:
        """Wait for the end, and return the exit code and all that was shown."""
        deadline = time.monotonic() + DEADLINE
        while self._process.poll() is None:
            self._read()
            assert time.monotonic() < deadline, self._seen
        return self._process.returncode, self._read()

    def _read(self) -> str:
        ready, _, _ = select.select([self._screen], [], [], 0.1)
        while ready:
            self._seen += os.read(self._screen, 65536)
            ready, _, _ = select.select([self._screen], [], [], 0)
        return self._seen.decode(errors="replace")
