"""The folder and the shell of a user who deploys to a cloud."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sidestep import paths
from tests.acceptance.clouds.cloud import Cloud
from tests.acceptance.stack import Stack
from tests.end_to_end.programs import CDK_VARIABLES


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
    def stack(self) -> Stack:
        """The only stack."""
        return Stack(self.cloud, f"{self.cloud.facts.stack_prefix}-shop")

    def write(self, metrics: str) -> None:
        """Write metrics.toml, with the keys that the cloud adds."""
        facts = self.cloud.facts
        general = [f'name = "{facts.stack_prefix}"', *facts.keys]
        (self.folder / paths.METRICS_FILE).write_text("\n".join([*general, metrics]), encoding="utf-8")

    def synthesize(self) -> "subprocess.CompletedProcess[str]":
        """Run `cdk synth` into the cloud assembly."""
        return self.cdk("synth", "--quiet", "--output", str(self.assembly), *self.cloud.facts.synth_options)

    def bootstrap(self) -> None:
        """Bootstrap the account and Region, unless they are."""
        facts = self.cloud.facts
        if facts.bootstrap_options is not None:
            options = (*facts.cdk_options, *facts.bootstrap_options)
            done = self.cdk("bootstrap", "--app", str(self.assembly), *options)
            assert done.returncode == 0, output(done)

    def deploy(self) -> "subprocess.CompletedProcess[str]":
        """Deploy the cloud assembly."""
        self.cloud.before_deployment(self.assembly)
        options = ["--require-approval", "never", *self.cloud.facts.cdk_options]
        return self.cdk("deploy", "--all", "--app", str(self.assembly), *options)

    def cdk(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run the CDK's command line."""
        return self._run("cdk", *words, "--no-notices")

    def sidestep(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run Sidestep's command line."""
        return self._run("sidestep", *words)

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
