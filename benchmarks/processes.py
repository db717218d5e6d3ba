"""Runs a program repeatedly in fresh processes, and keeps their measurements."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sidestep import paths


@dataclass(frozen=True)
class Sample:
    """The measurement of one process; see benchmarks/programs/measuring.py."""

    seconds: float
    kilobytes: int
    series: int


@dataclass(frozen=True)
class Measurement:
    """All measurements of one program, in order of time."""

    samples: tuple[Sample, ...]

    @property
    def seconds(self) -> float:
        """The median."""
        return median(sample.seconds for sample in self.samples)

    @property
    def megabytes(self) -> float:
        """The median peak of memory."""
        return median(sample.kilobytes for sample in self.samples) / 1000


def alternately(things: Mapping[str, Callable[[], Sample]], *, times: int) -> dict[str, Measurement]:
    """Measure several programs by turns, so that a slow machine affects all of them."""
    samples: dict[str, list[Sample]] = {name: [] for name in things}
    for _ in range(times):
        for name, measure in things.items():
            samples[name].append(measure())
    return {name: Measurement(tuple(taken)) for name, taken in samples.items()}


def run_program(module: str, *, path: Sequence[Path], environment: Mapping[str, str]) -> Sample:
    """Run a module of `benchmarks` that prints its measurement.

    As in Lambda, there are a bundle and the runtime's libraries, and the bundle is not compiled beforehand.
    The current folder is not on the path: its package lambdas would hide the one of the bundle.

    Args:
        module: its name.
        path: folders in which it finds modules, beside the standard library.
        environment: what it finds in its environment.
    """
    result = subprocess.run(
        [sys.executable, "-S", "-P", "-m", module],
        cwd=paths.ROOT,
        env={
            "PYTHONPATH": os.pathsep.join(map(str, (*path, paths.ROOT))),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"{module} failed:\n{result.stderr}")
    return Sample(**json.loads(result.stderr.splitlines()[-1]))
