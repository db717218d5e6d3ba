"""docs/benchmarks.md: benchmarks/template.md with the numbers in it, ratios and goals before what was measured."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from benchmarks.goals import Goal, cold_start_goals, growth_goals, run_goals
from benchmarks.machine import Machine
from benchmarks.names import BARE, EXPORTER, LOOP, SIDESTEP, USUAL
from benchmarks.processes import Measurement
from benchmarks.results import Measured, Results
from sidestep import project

DATA: Final = project.ROOT / "docs" / "benchmarks.json"
"""Every sample."""

DOCUMENT: Final = project.ROOT / "docs" / "benchmarks.md"

TEMPLATE: Final = project.ROOT / "benchmarks" / "template.md"
"""The words, with names in braces where the numbers go."""

_OTHERS: Final = (BARE, LOOP, USUAL, EXPORTER)


def render(results: Results) -> str:
    """Return the document."""
    return TEMPLATE.read_text(encoding="utf-8").format(
        machine=_machine(results.machine),
        cold_start=_cold_start(results.cold_start),
        cold_start_goals=_goals(cold_start_goals(results)),
        ratios=_by_size(results, _OTHERS, lambda name, run: _ratio(run[SIDESTEP], run[name]), head="to {}"),
        run_goals=_goals((*run_goals(results), *growth_goals(results))),
        milliseconds=_by_size(results, (SIDESTEP, *_OTHERS), lambda name, run: _milliseconds(run[name])),
        megabytes=_by_size(results, (SIDESTEP, *_OTHERS), lambda name, run: _megabytes(run[name])),
        deployment=_table(("", "s"), ((name, f"{one.seconds:.1f}") for name, one in results.deployment.items())),
    )


def _machine(machine: Machine) -> str:
    return (
        f"{machine['date']}, on {machine['processor']} ({machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']})"
    )


def _cold_start(start: Measured) -> str:
    rows = ((name, _ratio(one, start[USUAL]), _milliseconds(one), _megabytes(one)) for name, one in start.items())
    return _table(("", f"to {USUAL}", "ms", "MB"), rows)


def _by_size(
    results: Results, names: Sequence[str], shown: Callable[[str, Measured], str], *, head: str = "{}"
) -> str:
    rows = ((f"{size:,} series", *(shown(name, run) for name in names)) for size, run in results.runs.items())
    return _table(("", *map(head.format, names)), rows)


def _goals(goals: Iterable[Goal]) -> str:
    rows = (
        (goal.what, f"{goal.limit:g}", f"{goal.measured:.2f}", "met" if goal.is_met else "**missed**")
        for goal in goals
    )
    return _table(("Goal", "at most", "measured", ""), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---", *["---:"] * (len(head) - 1)], *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ratio(one: Measurement, other: Measurement) -> str:
    return f"{one.seconds / other.seconds:.2f}"


def _milliseconds(one: Measurement) -> str:
    return f"{one.seconds * 1000:,.1f}"


def _megabytes(one: Measurement) -> str:
    return f"{one.megabytes:.0f}"
