"""docs/workflow.svg: the state machine as statemachine/sidestep.asl.json has it, and what its tasks call."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from sidestep import paths

PICTURE: Final = paths.ROOT / "docs" / "workflow.svg"

COLUMN: Final = 250
"""From one state to the next."""

LANE: Final = 105
"""From one state to the one below it."""

LEFT: Final = 200
TOP: Final = 130
"""The middle of the first state."""

BOX: Final = 176
HIGH: Final = 64
"""Width and height of a state."""

BELOW: Final = 145
"""From a task to what it calls."""

CALLED_HIGH: Final = 40

DIAMOND: Final = 96
"""Height of a choice."""

CALLED: Final = {
    "arn:aws:states:::lambda:invoke": ("Lambda Invoke", "function", "private database"),
    "arn:aws:states:::aws-sdk:cloudwatch:putMetricData": ("PutMetricData", "CloudWatch", ""),
}
"""By a task's resource: the call, who is called, and who is behind that in the private network."""

_STYLE: Final = """\
text { font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; text-anchor: middle; }
.page { fill: #ffffff; stroke: #d0d7de; }
.name { font-size: 17px; font-weight: 600; fill: #1f2328; }
.note { font-size: 14px; fill: #59636e; }
.edge { fill: none; stroke: #59636e; stroke-width: 1.6; }
.head { fill: #59636e; }
.call { fill: none; stroke: #8250df; stroke-width: 1.6; stroke-dasharray: 5 4; }
.call-head { fill: #8250df; }
.task { fill: #ddf4ff; stroke: #0969da; stroke-width: 1.6; }
.choice { fill: #fff8c5; stroke: #9a6700; stroke-width: 1.6; }
.succeed { fill: #dafbe1; stroke: #1a7f37; stroke-width: 1.6; }
.fail { fill: #ffebe9; stroke: #cf222e; stroke-width: 1.6; }
.outside { fill: #f6f8fa; stroke: #8250df; stroke-width: 1.6; }
.network { fill: none; stroke: #59636e; stroke-dasharray: 2 4; }
.start { fill: #59636e; }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117; stroke: #3d444d; }
.name { fill: #f0f6fc; }
.note { fill: #9198a1; }
.edge { stroke: #9198a1; }
.head, .start { fill: #9198a1; }
.call { stroke: #ab7df8; }
.call-head { fill: #ab7df8; }
.task { fill: #0c2d4d; stroke: #4493f8; }
.choice { fill: #3b2e04; stroke: #d29922; }
.succeed { fill: #0f3019; stroke: #3fb950; }
.fail { fill: #4a1415; stroke: #f85149; }
.outside { fill: #151b23; stroke: #ab7df8; }
.network { stroke: #9198a1; }
}"""


@dataclass(frozen=True, slots=True)
class Edge:
    """A transition, with what a choice says of it."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a state is: columns from the left, lanes from the top."""

    column: int
    lane: int

    @property
    def x(self) -> int:
        """Its middle, from the left."""
        return LEFT + self.column * COLUMN

    @property
    def y(self) -> int:
        """Its middle, from the top."""
        return TOP + self.lane * LANE


def edges_of(states: Mapping[str, Any]) -> list[Edge]:
    """Return the transitions; a choice's default comes first, for it is the usual way."""
    edges = []
    for name, state in states.items():
        if "Default" in state:
            edges.append(Edge(name, state["Default"], "no"))
        edges += [Edge(name, rule["Next"], rule["Comment"]) for rule in state.get("Choices", ())]
        if "Next" in state:
            edges.append(Edge(name, state["Next"]))
    return edges


def places_of(start: str, edges: list[Edge]) -> dict[str, Place]:
    """Return where each state is: as many columns from the start as it takes steps to come there."""
    places: dict[str, Place] = {}
    columns: list[int] = []
    waiting = [(start, 0)]
    for name, column in waiting:
        if name not in places:
            columns.append(column)
            places[name] = Place(column, columns.count(column) - 1)
            waiting += [(edge.target, column + 1) for edge in edges if edge.source == name]
    return places


def draw(definition: str) -> str:
    """Return the picture of a state machine, given as ASL.

    Raises:
        KeyError: a task's resource is not in `CALLED`.
    """
    machine = json.loads(definition)
    states, start = machine["States"], machine["StartAt"]
    edges = edges_of(states)
    places = places_of(start, edges)
    width = max(place.x for place in places.values()) + BOX // 2 + 40
    height = TOP + BELOW + 150
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>The workflow: {escape(', '.join(places))}</title>",
        f"<style>\n{_STYLE}\n</style>",
        "<defs>",
        *(
            f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path class="{name}" d="M0 0 8 4 0 8z"/></marker>'
            for name in ("head", "call-head")
        ),
        "</defs>",
        f'<rect class="page" x="1" y="1" width="{width - 2}" height="{height - 2}" rx="12"/>',
        *_start(places[start]),
        *(line for edge in edges for line in _edge(edge, places)),
        *(line for name, place in places.items() for line in _state(name, states[name], place)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(text)}</text>'


def _start(first: Place) -> Iterator[str]:
    x = first.x - BOX // 2 - 70
    yield f'<circle class="start" cx="{x}" cy="{first.y}" r="9"/>'
    yield f'<path class="edge" marker-end="url(#head)" d="M{x + 9} {first.y}H{first.x - BOX // 2}"/>'
    yield _text("note", x, first.y + 30, "schedule")


def _edge(edge: Edge, places: Mapping[str, Place]) -> Iterator[str]:
    source, target = places[edge.source], places[edge.target]
    if target.column <= source.column:  # back, above all others
        top = source.y - 88
        up, down = f"M{source.x} {source.y - DIAMOND // 2}V{top + 16}", f"V{target.y - HIGH // 2}"
        path = f"{up}q0 -16 -16 -16H{target.x + 16}q-16 0 -16 16{down}"
        label = ((source.x + target.x) / 2, top - 8)
    else:
        begin, end = source.x + BOX // 2, target.x - BOX // 2
        middle = (begin + end) // 2
        if source.lane == target.lane:
            path = f"M{begin} {source.y}H{end}"
            label = (middle, source.y - 9)
        else:
            path = f"M{source.x} {source.y + DIAMOND // 2}V{target.y - 16}q0 16 16 16H{end}"
            label = ((source.x + end) / 2 + 8, target.y - 9)
    yield f'<path class="edge" marker-end="url(#head)" d="{path}"/>'
    if edge.label:
        yield _text("note", *label, edge.label)


def _state(name: str, state: Mapping[str, Any], place: Place) -> Iterator[str]:
    x, y, kind = place.x, place.y, state["Type"]
    if kind == "Choice":
        left, right, top, bottom = x - BOX // 2, x + BOX // 2, y - DIAMOND // 2, y + DIAMOND // 2
        yield f'<path class="choice" d="M{left} {y}L{x} {top} {right} {y} {x} {bottom}z"/>'
        yield _text("name", x, y + 6, name)
        return
    corner = f'x="{x - BOX // 2}" y="{y - HIGH // 2}" rx="{10 if kind == "Task" else HIGH // 2}"'
    yield f'<rect class="{kind.lower()}" {corner} width="{BOX}" height="{HIGH}"/>'
    if kind == "Task":
        yield from _call(state["Resource"], x, y)
        yield _text("name", x, y - 3, name)
        yield _text("note", x, y + 18, CALLED[state["Resource"]][0])
    else:
        yield _text("name", x, y + 6, f"{'✓' if kind == 'Succeed' else '✗'} {name}")


def _call(resource: str, x: int, y: int) -> Iterator[str]:
    """Draw what a task calls, below it, and around it the network that has no way out."""
    _, called, behind = CALLED[resource]
    below = y + BELOW
    yield from _called(called, x, y + HIGH // 2, below)
    if behind:
        left, width = x - BOX // 2 - 14, BOX + 28
        yield f'<rect class="network" x="{left}" y="{below - 38}" width="{width}" height="166" rx="10"/>'
        yield from _called(behind, x, below + CALLED_HIGH // 2, below + 78)
        yield _text("note", x + 48, below + 44, "SQL, TLS")
        yield _text("note", x, below + 118, "your VPC needs no way out")


def _called(name: str, x: int, begin: int, y: int) -> Iterator[str]:
    """Draw what is called, its middle at `y`, and the way there from `begin`."""
    top, width = y - CALLED_HIGH // 2, 40 + 9 * len(name)
    yield f'<path class="call" marker-end="url(#call-head)" d="M{x} {begin}V{top}"/>'
    yield f'<rect class="outside" x="{x - width / 2:g}" y="{top}" width="{width}" height="{CALLED_HIGH}" rx="6"/>'
    yield _text("name", x, y + 6, name)
