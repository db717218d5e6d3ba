"""A shell that is set for `sidestep local`, in which a user types."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sidestep import paths
from sidestep.aws.executions import Execution, follow
from tests.end_to_end.programs import CDK, CDK_VARIABLES, DEADLINE, HOSTILE_SHELL, PROGRAM, without_the_file_read

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class Shell:
    """A shell with the environment variables that `sidestep local` prints."""

    pasted: str
    folder: Path

    def run(self, *words: str | Path, cwd: Path = paths.ROOT) -> "subprocess.CompletedProcess[str]":
        """Run a program."""
        return subprocess.run(
            ["/bin/sh", "-c", f'{self.pasted}\nexec "$@"', "sh", *words],
            cwd=cwd,
            env={**self._of_a_professional, "CDK_DISABLE_CLI_TELEMETRY": "true"},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    def variables(self) -> dict[str, str]:
        """Return the environment of a program in this shell."""
        return dict(line.split("=", maxsplit=1) for line in self.run("env").stdout.splitlines())

    def cdk(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run the CDK's command line."""
        return self.run(CDK, *words, "--no-notices", cwd=self.project)

    def sidestep(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run Sidestep's command line."""
        return without_the_file_read(self.run(PROGRAM, *words))

    def deploy(self, metrics: str) -> None:
        """Deploy a metrics.toml."""
        metrics_file = self.folder / "metrics.toml"
        metrics_file.write_text(textwrap.dedent(metrics), encoding="utf-8")
        assembly = ["--output", str(self.assembly), "--context", f"metrics={metrics_file}"]
        deployed = self.cdk("deploy", "--all", "--require-approval", "never", *assembly)
        assert deployed.returncode == 0, deployed.stderr

    @property
    def project(self) -> Path:
        """A checkout's cdk.json and metrics.toml in a separate folder, where the CDK may write its lookups."""
        folder = self.folder / "project"
        if not folder.exists():
            folder.mkdir()
            configuration = json.loads((paths.ROOT / "cdk.json").read_text(encoding="utf-8"))
            configuration["app"] = f"python {shlex.quote(str(paths.ROOT / 'app.py'))}"
            (folder / "cdk.json").write_text(json.dumps(configuration), encoding="utf-8")
            shutil.copy(paths.ROOT / "metrics.toml", folder)
        return folder

    @property
    def assembly(self) -> Path:
        """What was synthesized last: to name it spares the next command a few seconds."""
        return self.folder / "cdk.out"

    @property
    def _of_a_professional(self) -> dict[str, str]:
        """Return an environment for production, except for proxies, which the bundle's packages need."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        hostile = {name: value for name, value in HOSTILE_SHELL.items() if name.startswith("AWS_")}
        return {
            "PATH": path,
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            **CDK_VARIABLES,
            **hostile,
        }


def lines_to_paste(local: "subprocess.Popen[str]") -> str:
    """Wait until the cloud runs, and return the lines for the other shell."""
    assert local.stdout is not None
    printed = []
    for line in local.stdout:
        printed.append(line.strip())
        if line.startswith("Executions"):
            break
    return "\n".join(line for line in printed if line.startswith(("unset ", "export ")))


def run(client: "SFNClient", stack: str = "") -> Execution:
    """Start the only state machine, or that of a stack, and wait for the execution to end."""
    machines = client.list_state_machines()["stateMachines"]
    (machine,) = [one for one in machines if one["name"].startswith(stack)]
    arn = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    *_, end = follow(client, arn, interval=0.05, deadline=timedelta(minutes=1))
    return end
