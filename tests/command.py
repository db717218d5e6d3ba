"""The command `sidestep` without the half second of its imports: each run is a fork of a process that has them."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

# What the commands import when they run.
import sidestep.aws.stacks
import sidestep.commands.check.run_check
import sidestep.commands.prepare
import sidestep.commands.run.run_workflow
import sidestep.commands.watch.watch_databases
import sidestep.config.loader  # noqa: F401
from sidestep.cli.main import main

DEADLINE: Final = 120

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def completed(
    words: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path
) -> "subprocess.CompletedProcess[str]":
    """Run `sidestep` until it ends in this environment and folder, without an input or a terminal."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder, name) for name in ("stdout", "stderr")]
        process = _FORKS.Process(target=_run, args=([str(word) for word in words], dict(env), cwd, outputs))
        process.start()
        process.join(DEADLINE)
        assert process.exitcode is not None, f"{words} runs for longer than {DEADLINE} s"
        stdout, stderr = (output.read_text(encoding="utf-8") for output in outputs)
    return subprocess.CompletedProcess(words, process.exitcode, stdout, stderr)


def _run(words: list[str], environment: dict[str, str], cwd: Path, outputs: list[Path]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdout, sys.stderr = (output.open("w", encoding="utf-8") for output in outputs)
    for descriptor, stream in enumerate((sys.stdout, sys.stderr), start=1):
        os.dup2(stream.fileno(), descriptor)
    sys.argv = ["sidestep", *words]
    main()
