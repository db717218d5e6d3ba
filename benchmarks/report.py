"""Writes docs/benchmarks.md and its raw data from what one run of the benchmarks has measured."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import Machine
from benchmarks.names import BARE, EXPORTER, SIDESTEP, USUAL
from benchmarks.processes import Measurement

COLD_START_GOAL: Final = 0.5
"""Of the usual way's time."""

SMALL, LARGE = 1_000, 10_000
"""Up to the one a result is one page; from the other on memory counts."""

BARE_GOALS: Final = {SMALL: 1.25, 10**9: 2.5}
"""Of bare PyMySQL's time, for so many series at the most."""

MEMORY_GOAL: Final = 0.5
"""Of the usual way's memory, from `LARGE` series on."""

GROWTH_GOAL, MEMORY_GROWTH_GOAL = 1.25, 1.3
"""Time per series and peak of memory, of the longest result against one of `SMALL` series."""


@dataclass(frozen=True)
class Results:
    """All that one run of the benchmarks has measured.

    Attributes:
        machine: where.
        cold_start: by what was started.
        runs: by the number of series, and by what went through them.
        deployment: of the shipped stack.
    """

    machine: Machine
    cold_start: Mapping[str, Measurement]
    runs: Mapping[int, Mapping[str, Measurement]]
    deployment: Mapping[str, Measurement]


def write(results: Results, *, document: Path, data: Path) -> None:
    """Write both files."""
    data.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")
    document.write_text(render(json.loads(data.read_text(encoding="utf-8")), data.name), encoding="utf-8")
