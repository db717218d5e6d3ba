"""The folder and the shell of a user who deploys to a cloud."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sidestep import paths
from tests.acceptance.clouds.cloud import Cloud
from tests.end_to_end.programs import CDK_VARIABLES

T = TypeVar("T")


@dataclass(frozen=True)
class Project:
    """A folder that `sidestep init` has written, and the commands that a user types in it."""

    folder: Path
    cloud: Cloud

    @property
    def assembly(self) -> Path:
        """The cloud assembly, to which all commands of the CDK refer."""
        return self.folder / "cdk.out"

    @property
    def stack(self) -> str:
        """The name of the only stack."""
        return f"{self.cloud.facts.stack_prefix}-shop"

    def write(self, metrics: str) -> None:
        """Write metrics.toml, with the keys that the cloud adds."""
        facts = self.cloud.facts
        general = [f'name = "{facts.stack_prefix}"', *facts.keys]
        (self.folder / paths.METRICS_FILE).write_text("\n".join([*general, metrics]), encoding="utf-8")

    def synthesize(self) -> "subprocess.CompletedProcess[str]":
        """Run `cdk synth` into the cloud assembly."""
        return self.cdk("synth", "--quiet", "--output", str(self.assembly), *self.cloud.facts.synth_options)

    def bootstrap(self) -> "subprocess.CompletedProcess[str]":
        """Bootstrap the account and Region."""
        facts = self.cloud.facts
        return self.cdk("bootstrap", *facts.cdk_options, *facts.bootstrap_options)

    def deploy(self) -> "subprocess.CompletedProcess[str]":
        """Deploy the cloud assembly."""
        self.cloud.before_deployment(self.assembly)
        options = ["--require-approval", "never", *self.cloud.facts.cdk_options]
        return self.cdk("deploy", "--all", "--app", str(self.assembly), *options)

    def change(self, metrics: str) -> None:
        """Write another metrics.toml and deploy it."""
        self.write(metrics)
        for done in (self.synthesize(), self.deploy()):
            assert done.returncode == 0, output(done)

    def cdk(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run the CDK's command line."""
        return self._run("cdk", *words, "--no-notices")

    def sidestep(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run Sidestep's command line."""
        return self._run("sidestep", *words)

    def wait_for(self, look: Callable[[], T | None], description: str) -> T:
        """Poll until `look` returns something, and return it."""
        deadline = time.monotonic() + self.cloud.facts.patience
        while not (found := look()):
            assert time.monotonic() < deadline, f"{description}: not within {self.cloud.facts.patience:g} s"
            time.sleep(1)
        return found

    def output_of_stack(self, name: str) -> str:
        """Return an output of the stack."""
        (stack,) = self.cloud.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        return next(str(one["OutputValue"]) for one in stack["Outputs"] if one["OutputKey"] == name)

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        tools = [str(Path(sys.executable).parent), str(paths.ROOT / "node_modules" / ".bin")]
        return subprocess.run(
            words,
            cwd=self.folder,
            env={
                "PATH": os.pathsep.join([*tools, os.environ["PATH"]]),
                "HOME": str(self.folder.parent),
                "TMPDIR": str(self.folder.parent),
                "COLUMNS": "100",
                "CDK_DISABLE_CLI_TELEMETRY": "true",
                **CDK_VARIABLES,
                **self.cloud.facts.environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.cloud.facts.patience,
            check=False,
        )


def output(done: "subprocess.CompletedProcess[str]") -> str:
    """Return all that a program has printed, for a failure's message."""
    return f"{done.args} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
