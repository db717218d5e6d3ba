"""Runs a function's built bundle in a process of its own, with the function's environment and nothing else.

As in Lambda, an execution environment serves one event at a time and is kept for the next one, with a temporary
folder of its own. Two differences: an environment whose process has ended is given up with its folder, where Lambda
starts another process in it, which finds the old one's /tmp; and nothing bounds that folder, where Lambda has 512 MB.
"""

import importlib.util
import io
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

from sidestep.local import runtime_client
from sidestep.local.runtime_api import Answer, RuntimeApi

RUNTIME_LIBRARIES: Final = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""What Lambda's Python runtime has beside the standard library; all else must be in the bundle."""

MAX_ANSWER: Final = 6_291_556
"""Bytes of a synchronous answer: the "6 MB" of Lambda's quotas, as its error message has them."""


@dataclass(frozen=True, slots=True)
class RuntimeClient:
    """What loads a function in its process and asks the runtime API for events.

    Attributes:
        command: how it is started, in the folder of the bundle and with the environment that Lambda sets.
        libraries: the packages and modules that it and the functions find in the folder LAMBDA_RUNTIME_DIR.
    """

    command: tuple[str, ...]
    libraries: tuple[str, ...]


OWN_CLIENT: Final = RuntimeClient((sys.executable, "-I", "-S", "-u", runtime_client.__file__), RUNTIME_LIBRARIES)
"""Runs wherever this project does; AWS's own client is for Linux only."""


@dataclass(frozen=True, kw_only=True)
class FunctionConfiguration:
    """A deployed function; `timeout` in seconds, `memory` in MB (told to the function, not enforced)."""

    arn: str
    code: bytes
    handler: str
    timeout: int
    memory: int
    region: str
    role: str
    variables: Mapping[str, str]


class LambdaRuntime:
    """Invokes functions, each in execution environments of its own. Close it when done.

    Attributes:
        log_lines: what the functions printed, oldest first.
        keep_warm: whether an environment is kept for the next event; if not, each event gets a new one. It may be
            changed at any time.
    """

    def __init__(
        self,
        issue_credentials: Callable[[str], Mapping[str, str]],
        files: Mapping[str, bytes],
        client: RuntimeClient = OWN_CLIENT,
        *,
        is_deployed: Callable[[FunctionConfiguration], bool] = lambda _: True,
        keep_warm: bool = True,
        hosts: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Prepare a runtime; nothing is started yet.

        Args:
            issue_credentials: returns the credentials of a role, given by its ARN, as environment variables.
            files: laid over every bundle, by path: what this region has in place of AWS's own.
            client: what runs in the functions' processes.
            is_deployed: whether a function is still there, and unchanged. If not, its environments end.
            keep_warm: see the attribute.
            hosts: the local ports of the databases, by endpoint. Functions can resolve no other host. Entries may be
                added at any time. AWS's own client queries DNS instead.
        """
        self.log_lines: Final[list[str]] = []
        self.keep_warm = keep_warm
        self._is_deployed = is_deployed
        self._issue_credentials = issue_credentials
        self._files = files
        self._command = client.command
        self._hosts = hosts
        self._environments: list[_ExecutionEnvironment] = []
        self._lock = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="sidestep-lambda-"))
        self._libraries = link_libraries(client.libraries, self._folder / "runtime")

    def invoke(self, function: FunctionConfiguration, event: bytes) -> Answer:
        """Run a function on one event, given as JSON, in an idle environment or a new one."""
        environment = self._idle(function) or self._start(function)
        answer = environment.invoke(event)
        self._release(environment)
        return answer

    def close(self) -> None:
        """End all environments and remove their files."""
        with self._lock:
            for environment in self._environments:
                environment.end()
            self._environments.clear()
        shutil.rmtree(self._folder)

    def _idle(self, function: FunctionConfiguration) -> "_ExecutionEnvironment | None":
        with self._lock:
            for environment in self._environments:
                if self.keep_warm and environment.function == function and not environment.busy:
                    environment.busy = True
                    return environment
        return None

    def _release(self, environment: "_ExecutionEnvironment") -> None:
        """Take an environment back, and end all that nobody will use again."""
        with self._lock:
            environment.busy = False
            ended = [one for one in self._environments if not one.busy and not self._is_kept(one)]
            self._environments = [one for one in self._environments if one not in ended]
        for one in ended:
            one.end()

    def _is_kept(self, environment: "_ExecutionEnvironment") -> bool:
        return self.keep_warm and environment.usable and self._is_deployed(environment.function)

    def _start(self, function: FunctionConfiguration) -> "_ExecutionEnvironment":
        code = TemporaryDirectory(prefix="task-", dir=self._folder)
        temporary = TemporaryDirectory(prefix="tmp-", dir=self._folder)
        task_root = Path(code.name)
        (self._libraries / "hosts.json").write_text(json.dumps(dict(self._hosts)), encoding="utf-8")
        with zipfile.ZipFile(io.BytesIO(function.code)) as bundle:
            bundle.extractall(task_root)
        for path, content in self._files.items():
            (task_root / path).write_bytes(content)
        variables = {
            **function.variables,
            **self._issue_credentials(function.role),
            "AWS_DEFAULT_REGION": function.region,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_FUNCTION_NAME": function.arn.rpartition(":")[2],
            "AWS_REGION": function.region,
            "LAMBDA_RUNTIME_DIR": str(self._libraries),
            "LAMBDA_TASK_ROOT": str(task_root),
            "LANG": "en_US.UTF-8",
            "TMPDIR": temporary.name,  # where Python looks for it; /tmp itself is everybody's here
            "TZ": ":UTC",
            "_HANDLER": function.handler,
        }
        environment = _ExecutionEnvironment(function, self._command, variables, (code, temporary), self.log_lines)
        with self._lock:
            self._environments.append(environment)
        return environment


class _ExecutionEnvironment:
    """One process with the bundle, its folders, and the runtime API that feeds it."""

    def __init__(
        self,
        function: FunctionConfiguration,
        command: Sequence[str],
        variables: Mapping[str, str],
        folders: Iterable["TemporaryDirectory[str]"],
        log_lines: list[str],
    ) -> None:
        self.function = function
        self.busy = True
        self._log_lines = log_lines
        self._folders = folders  # each removes what it has made itself, and no path that somebody names
        self._api = RuntimeApi(function.arn, function.timeout)
        self._process = subprocess.Popen(
            command,
            cwd=variables["LAMBDA_TASK_ROOT"],
            env={**variables, "AWS_LAMBDA_RUNTIME_API": self._api.address},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def usable(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    def invoke(self, event: bytes) -> Answer:
        try:
            answer = self._api.invoke(event)
        except TimeoutError:
            self._kill()
            return Answer.error("Sandbox.Timedout", f"Task timed out after {self.function.timeout:.2f} seconds")
        if len(answer.payload) > MAX_ANSWER:
            self._kill()  # AWS's client ends as well, once its answer has been refused
            return Answer.error(
                "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded maximum allowed payload size ({MAX_ANSWER} bytes).",
            )
        return answer

    def end(self) -> None:
        """End the process and remove its folders."""
        self._kill()
        for folder in self._folders:
            folder.cleanup()

    def _kill(self) -> None:
        self._process.kill()
        self._watcher.join()

    def _watch(self) -> None:
        """Follow the process to its end, and tell whoever waits for an answer by then."""
        with self._process as process:
            for line in process.stdout or ():
                self._log_lines.append(line.rstrip("\n"))
        exited = Answer.error("Runtime.ExitError", f"Runtime exited with status {process.returncode}")
        self._api.answer(self._api.start_error or exited)
        self._api.close()


def link_libraries(names: Iterable[str], folder: Path) -> Path:
    """Offer the runtime's libraries, as this Python has them, and none of its others."""
    folder.mkdir()
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(name)
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder
