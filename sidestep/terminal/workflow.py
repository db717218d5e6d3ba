"""Draws a state machine as lines of text, with the progress of an execution."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from rich.text import Text

from sidestep.aws.executions import RUNNING, Execution, Step

_MARKS: Final = {
    "not entered": ("○", "dim"),
    "running": ("◉", "yellow"),
    "done": ("●", "green"),
    "failed": ("●", "red"),
}


def draw_workflow(definition: str, execution: Execution | None) -> Text:
    """Draw a state machine as the path from its start, with the branches of each choice below it.

    Args:
        definition: its ASL.
        execution: its steps give the states their colour and duration; None for a drawing without them.
    """
    machine = json.loads(definition)
    steps = {step.state: step for step in execution.steps} if execution else {}  # the latest step of each state
    return Text("\n").join(_lines(machine["States"], machine["StartAt"], steps, execution))


def _lines(states: dict[str, Any], start: str, steps: dict[str, Step], execution: Execution | None) -> Iterator[Text]:
    name: str | None = start
    while name:
        state = states[name]
        yield _state_line(name, state["Type"], steps.get(name), execution)
        if state["Type"] == "Choice":
            yield from _branches(states, state, steps, execution)
        name = state.get("Next")
        if name:
            yield Text("│", "dim")


def _branches(
    states: dict[str, Any], choice: dict[str, Any], steps: dict[str, Step], execution: Execution | None
) -> Iterator[Text]:
    targets = [(rule.get("Comment", ""), rule["Next"]) for rule in choice["Choices"]]
    if "Default" in choice:
        targets.append(("no", choice["Default"]))
    for number, (label, target) in enumerate(targets, start=1):
        edge = Text(f"{'└' if number == len(targets) else '├'}─ {label} → ", "dim")
        is_end = states[target]["Type"] in {"Succeed", "Fail"}
        yield edge + (
            _state_line(target, states[target]["Type"], steps.get(target), execution)
            if is_end
            else Text(target, "dim")
        )


def _state_line(name: str, kind: str, step: Step | None, execution: Execution | None) -> Text:
    mark, style = _MARKS[_condition(kind, step, execution)]
    line = Text(f"{mark} {name}", style)
    if step and step.duration is not None:
        line.append(f"  {_milliseconds(step.duration)}", "dim")
    if step and step.failed_attempts:
        line.append(f"  {step.failed_attempts} failed", "red")
    return line


def _condition(kind: str, step: Step | None, execution: Execution | None) -> str:
    if step is None or execution is None:
        return "not entered"
    if kind == "Fail":
        return "failed"
    if step.exited or kind == "Succeed":
        return "done"
    return "running" if execution.status == RUNNING else "failed"


def _milliseconds(duration: timedelta) -> str:
    return f"{duration / timedelta(milliseconds=1):.0f} ms"


def tasks_of(definition: str) -> tuple[str, ...]:
    """Return the names of a state machine's tasks, in the order of its ASL."""
    states = json.loads(definition)["States"]
    return tuple(name for name, state in states.items() if state["Type"] == "Task")
