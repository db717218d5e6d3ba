"""All that one run of the benchmarks has measured, and how it is kept."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.machine import Machine
from benchmarks.processes import Measurement, Sample

Measured = Mapping[str, Measurement]
"""What was measured, by what was compared."""


@dataclass(frozen=True)
class Results:
    """One run of the benchmarks.

    Attributes:
        machine: where.
        cold_start: of a fresh process.
        runs: by the number of series.
        deployment: of the shipped stack.
    """

    machine: Machine
    cold_start: Measured
    runs: Mapping[int, Measured]
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
            cold_start=_measured(data["cold_start"]),
            runs={int(series): _measured(measured) for series, measured in data["runs"].items()},
            deployment=_measured(data["deployment"]),
        )


def _measured(data: Mapping[str, Any]) -> Measured:
    return {
        name: Measurement(tuple(Sample(**sample) for sample in measurement["samples"]))
        for name, measurement in data.items()
    }
