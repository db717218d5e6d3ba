"""What the demo shows: a live picture on a terminal, elsewhere a line for each run."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel

from sidestep.aws.metrics import Series, Values
from sidestep.commands.demo.scenario import DemoRun
from sidestep.commands.watch.latest_executions import SHOWN
from sidestep.commands.watch.screen import beside
from sidestep.paths import METRICS_FILE, activation
from sidestep.terminal.console import MovingPicture, can_move
from sidestep.terminal.executions import ExecutionRow, executions_table, reason
from sidestep.terminal.metrics import metrics_table
from sidestep.terminal.workflow import draw_workflow

_NEXT: Final = (
    ("sidestep check", "checks metrics.toml, the file for your queries"),
    ("sidestep local", "runs a local cloud to deploy to"),
    ("cdk deploy --all", "deploys to your AWS account"),
)


def next_steps() -> str:
    """Return the next commands: in a folder without a metrics.toml, `sidestep init` writes one first."""
    steps = [(line, "puts the tools on the PATH") for line in activation()]
    if not METRICS_FILE.exists():
        steps.append(("sidestep init", "writes metrics.toml and the CDK app"))
    steps += _NEXT
    width = max(len(command) for command, _ in steps)
    return "\n".join(["Next steps:", *(f"  {command:{width}}    {what}" for command, what in steps)])


class DemoScreen:
    """The picture of the demo. Use it as a context manager around the runs."""

    def __init__(self, console: Console, definition: str, namespace: str) -> None:
        """Prepare to show runs of a state machine, given as ASL, and the metrics of a namespace."""
        self._console = console
        self._definition = definition
        self._namespace = namespace
        self._runs: list[DemoRun] = []
        self._published: Mapping[Series, Values] = {}
        self._live = MovingPicture(console) if can_move(console) else None

    def __enter__(self) -> Self:
        """Start the live picture."""
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep the last picture; without a live picture, print the workflow and the metrics."""
        if self._live:
            self._live.stop()
        elif error is None:
            self._console.print(self._workflow())
            self._console.print(self._metrics())

    def show(self, run: DemoRun) -> None:
        """Show the progress of a run."""
        if self._runs and self._runs[-1].number == run.number:
            self._runs[-1] = run
        else:
            self._runs.append(run)
        self._refresh()
        if run.finished and not self._live:
            self._console.print(executions_table([_row(run)], wrap=True))

    def show_metrics(self, published: Mapping[Series, Values]) -> None:
        """Show the values that CloudWatch returns."""
        self._published = published
        self._refresh()

    def _refresh(self) -> None:
        if self._live:
            self._live.update(self._picture(), refresh=True)

    def _picture(self) -> RenderableType:
        latest = executions_table([_row(run) for run in self._runs[-SHOWN:]], wrap=False)
        executions = Panel(latest, title="executions", title_align="left")
        return Group(beside(self._workflow(), executions, self._console.width), self._metrics())

    def _workflow(self) -> Panel:
        execution = self._runs[-1].execution if self._runs else None
        return Panel.fit(draw_workflow(self._definition, execution), title="workflow", title_align="left")

    def _metrics(self) -> Panel:
        moments = [run.moment for run in self._runs if run.finished]
        title = f"CloudWatch metrics in the namespace {self._namespace}"
        room = self._console.width - len("│ ") - len(" │")
        return Panel(metrics_table(self._published, moments, width=room), title=title, title_align="left")


def _row(run: DemoRun) -> ExecutionRow:
    return ExecutionRow(f"{run.moment:%H:%M}", run.execution, f"{len(run.answered)} values")


def summary(problems: Sequence[str], runs: Sequence[DemoRun], values: int) -> str:
    """Return the result of the demo in rich's markup."""
    if problems:
        return "\n".join(f"[red]✗[/] {escape(problem)}" for problem in problems)
    failures = [f"  {run.moment:%H:%M} {escape(reason(run.execution))}" for run in runs if run.execution.error]
    return "\n".join(
        [
            f"[green]✓[/] {len(runs)} executions ended as expected; the broken query failed one:",
            *failures,
            f"[green]✓[/] {values} values in CloudWatch equal the database's results and the failure",
        ]
    )
