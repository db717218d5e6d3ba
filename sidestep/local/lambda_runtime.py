"""Runs a function's built bundle in its own process, with the environment of the function only.

As in Lambda, an execution environment handles one event at a time, is kept for the next event, and has its own
temporary folder. There are two differences. An environment whose process has ended is discarded with its folder;
Lambda starts another process in it, with the same /tmp. The folder has no limit; Lambda's default is 512 MB.
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
from sidestep.local.runtime_api import InvocationResult, RuntimeApi

RUNTIME_LIBRARIES: Final = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""The libraries of Lambda's Python runtime; all other libraries must be in the bundle."""

MAX_ANSWER: Final = 6_291_556
"""Bytes of a synchronous response: the "6 MB" of Lambda's quotas, from its error message."""


@dataclass(frozen=True, slots=True)
class RuntimeClient:
    """The program that loads a function in its process and gets events from the runtime API.

    Attributes:
        command: the command, which runs in the folder of the bundle with the environment that Lambda sets.
        libraries: the packages and modules in the folder LAMBDA_RUNTIME_DIR, for the program and the functions.
    """

    command: tuple[str, ...]
    libraries: tuple[str, ...]


OWN_CLIENT: Final = RuntimeClient((sys.executable, "-I", "-S", "-u", runtime_client.__file__), RUNTIME_LIBRARIES)
"""Runs on every platform; AWS's own client runs on Linux only."""


@dataclass(frozen=True, kw_only=True)
class FunctionConfiguration:
    """A deployed function; `timeout` is in seconds, `memory` in MB (not enforced).

    `log_group` is the name of its log group.
    """

    arn: str
    code: bytes
    handler: str
    timeout: int
    memory: int
    region: str
    role: str
    variables: Mapping[str, str]
    log_group: str = ""


class LambdaRuntime:
    """Invokes functions, each in its own execution environments. Close it at the end.

    Attributes:
        log_lines: the output of the functions, oldest first.
        keep_warm: whether an environment is kept for the next event; if not, each event gets a new one. It can change
            at any time.
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
        deliver_log: Callable[[FunctionConfiguration, str], None] = lambda _, __: None,
    ) -> None:
        """Prepare a runtime; no process starts yet.

        Args:
            issue_credentials: returns the credentials of a role as environment variables, given its ARN.
            files: replacements for files of every bundle, by path.
            client: the program in the functions' processes.
            is_deployed: whether a function still exists, unchanged. If not, its environments end.
            keep_warm: see the attribute.
            hosts: the local ports of the databases, by endpoint. Functions cannot resolve other hosts. Entries can be
                added at any time. AWS's own client queries DNS instead.
            deliver_log: takes each line of a function's output; it is called in other threads.
        """
        self.log_lines: Final[list[str]] = []
        self.keep_warm = keep_warm
        self._is_deployed = is_deployed
        self._issue_credentials = issue_credentials
        self._files = files
        self._command = client.command
        self._hosts = hosts
        self._deliver_log = deliver_log
        self._environments: list[_ExecutionEnvironment] = []
        self._lock = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="sidestep-lambda-"))
        self._libraries = link_libraries(client.libraries, self._folder / "runtime")

    def invoke(self, function: FunctionConfiguration, event: bytes) -> InvocationResult:
        """Run a function on an event in JSON, in an idle environment or a new one."""
        environment = self._idle(function) or self._start(function)
        result = environment.invoke(event)
        self._release(environment)
        return result

    def close(self) -> None:
        """End all environments and delete their files."""
        with self._lock:
            for environment in self._environments:
                environment.end()
            self._environments.clear()
        shutil.rmtree(self._folder)

    def _log(self, function: FunctionConfiguration, line: str) -> None:
        self.log_lines.append(line)
        self._deliver_log(function, line)

    def _idle(self, function: FunctionConfiguration) -> "_ExecutionEnvironment | None":
        with self._lock:
            for environment in self._environments:
                if self.keep_warm and environment.function == function and not environment.busy:
                    environment.busy = True
                    return environment
        return None

    def _release(self, environment: "_ExecutionEnvironment") -> None:
        """Mark an environment as idle, and end all that will not be used again."""
        with self._lock:
            environment.busy = False
            ended = [one for one in self._environments if not one.busy and not self._is_kept(one)]
            self._environments = [one for one in self._environments if one not in ended]
            for one in ended:
                one.end()  # with the lock: `close` deletes the folder of all environments

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
            "TMPDIR": temporary.name,  # Python uses it; /tmp itself is shared on this machine
            "TZ": ":UTC",
            "_HANDLER": function.handler,
        }
        environment = _ExecutionEnvironment(function, self._command, variables, (code, temporary), self._log)
        with self._lock:
            self._environments.append(environment)
        return environment


class _ExecutionEnvironment:
    """One process, with its folders and its runtime API."""

    def __init__(
        self,
        function: FunctionConfiguration,
        command: Sequence[str],
        variables: Mapping[str, str],
        folders: Iterable["TemporaryDirectory[str]"],
        log: Callable[[FunctionConfiguration, str], None],
    ) -> None:
        self.function = function
        self.busy = True
        self._log = log
        self._folders = folders
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
        """Whether it can handle another event."""
        return self._process.poll() is None

    def invoke(self, event: bytes) -> InvocationResult:
        try:
            answer = self._api.invoke(event)
        except TimeoutError:
            self._kill()
            return InvocationResult.error(
                "Sandbox.Timedout", f"Task timed out after {self.function.timeout:.2f} seconds"
            )
        if len(answer.payload) > MAX_ANSWER:
            self._kill()  # AWS's client also ends after its response is refused
            return InvocationResult.error(
                "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded maximum allowed payload size ({MAX_ANSWER} bytes).",
            )
        return answer

    def end(self) -> None:
        """End the process and delete its folders."""
        self._kill()
        for folder in self._folders:
            folder.cleanup()

    def _kill(self) -> None:
        self._process.kill()
        self._watcher.join()

    def _watch(self) -> None:
        """Collect the output until the process ends, then report the end to a waiting invocation."""
        with self._process as process:
            for line in process.stdout or ():
                self._log(self.function, line.rstrip("\n"))
        exited = InvocationResult.error("Runtime.ExitError", f"Runtime exited with status {process.returncode}")
        self._api.respond(self._api.start_error or exited)
        self._api.close()


def link_libraries(names: Iterable[str], folder: Path) -> Path:
    """Link the libraries of this Python into a new folder, and return the folder."""
    folder.mkdir()
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(name)
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder
