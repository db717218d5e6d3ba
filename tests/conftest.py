"""What all tests share: an environment without the shell's AWS configuration, and the shipped file's assembly."""

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from sidestep import paths
from sidestep.local import isolated_environment

_isolation = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Isolate the process before test modules are imported: moto reads the environment when it is imported."""
    if config.getoption("cloud", default=None) != ["aws"]:  # the acceptance suite needs the shell's credentials there
        config.add_cleanup(_isolation.close)
        _isolation.enter_context(isolated_environment())
    # The CDK's rules for templates take most of a synthesis. tests/infrastructure and one test of the demonstration
    # check with them.
    os.environ["CDK_VALIDATION"] = "false"


@pytest.fixture(scope="session")
def shipped_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of the CDK's own command line for the shipped metrics.toml; the processes of a test run share it."""
    from sidestep.local.deployment import SynthesisError, synthesize  # noqa: PLC0415 - reads the environment

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shipped"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        failed = folder / "failed"
        if failed.exists():
            raise SynthesisError(failed.read_text(encoding="utf-8"))
        if not (folder / "cdk.out").exists():
            try:
                synthesize(paths.ROOT / "metrics.toml", folder / "cdk.out")
            except SynthesisError as error:
                failed.write_text(str(error), encoding="utf-8")
                raise
    return folder / "cdk.out"
