"""The measurements of one run of the benchmarks, and their file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.machine import Machine
from benchmarks.processes import Measurement, Sample

Measured = Mapping[str, Measurement]
"""The measurements by compared program."""

Runs = Mapping[int, Measured]
"""By the number of series."""


@dataclass(frozen=True)
class EngineResults:
    """The measurements of one engine.

    Attributes:
        cold_start: of a fresh process.
        runs: of all pages.
    """

    cold_start: Measured
    runs: Runs


@dataclass(frozen=True)
class Results:
    """One run of the benchmarks.

    Attributes:
        machine: where.
        engines: by the engine's name.
        deployment: of the shipped stack.
    """

    machine: Machine
    engines: Mapping[str, EngineResults]
    deployment: Measured

    def save(self, path: Path) -> None:
        """Write every sample as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` has written."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            machine=data["machine"],
            engines={name: _of_engine(engine) for name, engine in data["engines"].items()},
            deployment=_measured(data["deployment"]),
        )


def _of_engine(data: Mapping[str, Any]) -> EngineResults:
    return EngineResults(
        cold_start=_measured(data["cold_start"]),
        runs={int(series): _measured(measured) for series, measured in data["runs"].items()},
    )


def _measured(data: Mapping[str, Any]) -> Measured:
    return {
        name: Measurement(tuple(Sample(**sample) for sample in measurement["samples"]))
        for name, measurement in data.items()
    }
