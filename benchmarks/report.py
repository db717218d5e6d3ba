"""docs/benchmarks.md: benchmarks/template.md with the numbers in it, ratios and goals before measurements."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from benchmarks.goals import Goal, cold_start_goals, growth_goals, run_goals
from benchmarks.machine import Machine
from benchmarks.names import BARE, EXPORTER, LOOP, SIDESTEP, USUAL
from benchmarks.processes import Measurement
from benchmarks.results import EngineResults, Measured, Results, Runs
from sidestep import paths
from sidestep.config.engines import ENGINES

DATA: Final = paths.ROOT / "docs" / "benchmarks.json"
"""Every sample."""

DOCUMENT: Final = paths.ROOT / "docs" / "benchmarks.md"

TEMPLATE: Final = paths.ROOT / "benchmarks" / "template.md"
"""The words, with names in braces where the numbers go."""

_OTHERS: Final = (BARE, LOOP, USUAL, EXPORTER)


def render(results: Results) -> str:
    """Return the document."""
    return TEMPLATE.read_text(encoding="utf-8").format(
        machine=_machine(results.machine),
        cold_start=_of_each(results, lambda engine: _cold_start(engine.cold_start)),
        cold_start_goals=_goals(results, lambda name, engine: cold_start_goals(name, engine.cold_start)),
        ratios=_of_each(results, _ratios),
        run_goals=_goals(results, lambda _, engine: (*run_goals(engine.runs), *growth_goals(engine.runs))),
        milliseconds=_of_each(results, lambda engine: _amounts(engine.runs, _milliseconds)),
        megabytes=_of_each(results, lambda engine: _amounts(engine.runs, _megabytes)),
        deployment=_table(("", "s"), ((name, f"{one.seconds:.1f}") for name, one in results.deployment.items())),
    )


def _machine(machine: Machine) -> str:
    return (
        f"{machine['date']}, on {machine['processor']} ({machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']})"
    )


def _of_each(results: Results, rows: Callable[[EngineResults], Iterable[Sequence[str]]]) -> str:
    """Return a table for each engine, whose title is the head of the first column."""
    tables = []
    for name, engine in results.engines.items():
        head, *body = rows(engine)
        tables.append(_table((ENGINES[name].title, *head), body))
    return "\n\n".join(tables)


def _cold_start(start: Measured) -> Iterator[Sequence[str]]:
    yield f"to {USUAL}", "ms", "MB"
    for name, one in start.items():
        yield name, _ratio(one, start[USUAL]), _milliseconds(one), _megabytes(one)


def _ratios(engine: EngineResults) -> Iterator[Sequence[str]]:
    yield [f"to {name}" for name in _OTHERS]
    for size, run in engine.runs.items():
        yield _series(size), *(_ratio(run[SIDESTEP], run[name]) for name in _OTHERS)


def _amounts(runs: Runs, shown: Callable[[Measurement], str]) -> Iterator[Sequence[str]]:
    yield SIDESTEP, *_OTHERS
    for size, run in runs.items():
        yield _series(size), *(shown(run[name]) for name in (SIDESTEP, *_OTHERS))


def _goals(results: Results, goals: Callable[[str, EngineResults], Iterable[Goal]]) -> str:
    """Return one table of the same goals for all engines; limits that differ stand in the engines' order."""
    titles = [ENGINES[name].title for name in results.engines]
    rows = zip(*itertools.starmap(goals, results.engines.items()), strict=True)
    return _table(
        ("Goal", "at most", *titles),
        ((row[0].what, _limits(row), *map(_verdict, row)) for row in rows),
    )


def _limits(goals: Sequence[Goal]) -> str:
    return " / ".join(dict.fromkeys(f"{goal.limit:g}" for goal in goals))


def _verdict(goal: Goal) -> str:
    return f"{goal.measured:.2f} {'met' if goal.is_met else '**missed**'}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---", *["---:"] * (len(head) - 1)], *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _series(size: int) -> str:
    return f"{size:,} series"


def _ratio(one: Measurement, other: Measurement) -> str:
    return f"{one.seconds / other.seconds:.2f}"


def _milliseconds(one: Measurement) -> str:
    return f"{one.seconds * 1000:,.1f}"


def _megabytes(one: Measurement) -> str:
    return f"{one.megabytes:.0f}"
