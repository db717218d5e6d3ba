"""Measures everything and writes docs/benchmarks.json and docs/benchmarks.md. Needs a quiet machine for minutes."""

import sys

from benchmarks import cold_start, deployment, runs
from benchmarks.databases import DATABASES, Database
from benchmarks.machine import describe_machine
from benchmarks.report import DATA, DOCUMENT, render
from benchmarks.results import EngineResults, Results


def main() -> None:
    """Measure, save, and write the document."""
    engines: dict[str, EngineResults] = {database.engine.name: _measured(database) for database in DATABASES}
    _say("deployment")
    results = Results(describe_machine(), engines, deployment.measure())
    results.save(DATA)
    DOCUMENT.write_text(render(results), encoding="utf-8")


def _measured(database: Database) -> EngineResults:
    _say(f"cold start, {database.engine.title}")
    started = cold_start.measure(database)
    _say(f"runs, {database.engine.title}")
    return EngineResults(started, runs.measure(database))


def _say(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr, flush=True)


main()
