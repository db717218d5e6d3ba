"""Measures everything and writes docs/benchmarks.json and docs/benchmarks.md. Wants a quiet machine for minutes."""

import sys

from benchmarks import cold_start, deployment, runs
from benchmarks.bundles import built
from benchmarks.machine import describe_machine
from benchmarks.report import DATA, DOCUMENT, render
from benchmarks.results import Results
from sidestep import project


def main() -> None:
    """Measure, save, and write the document."""
    with built(project.METRICS_FILE.read_text(encoding="utf-8")) as path:
        _say("cold start")
        started = cold_start.measure(path)
    _say("runs")
    measured = runs.measure()
    _say("deployment")
    results = Results(describe_machine(), started, measured, deployment.measure())
    results.save(DATA)
    DOCUMENT.write_text(render(results), encoding="utf-8")


def _say(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr, flush=True)


main()
