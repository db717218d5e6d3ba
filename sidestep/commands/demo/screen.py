"""What the demonstration shows while it runs: live on a terminal, line by line anywhere else."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from sidestep.aws.metrics import Series, Values
from sidestep.commands.demo.scenario import Run
from sidestep.terminal.console import MovingPicture, can_move
from sidestep.terminal.executions import ExecutionRow, executions_table, reason
from sidestep.terminal.metrics import metrics_table
from sidestep.terminal.workflow import draw_workflow

SHOWN_RUNS: Final = 8
"""As many lines as the workflow beside them has."""

NEXT: Final = """\
Next steps, in Sidestep's folder:
  source .venv/bin/activate    puts sidestep, cdk and node on the PATH
  sidestep check               checks metrics.toml, the file for your queries
  sidestep local               runs a local cloud to deploy to: docs/local-cloud.md
  cdk deploy --all             deploys to your AWS account: README.md\
"""

WIDE: Final = 80
"""Characters from which on the executions fit beside the workflow."""


class Screen:
    """The demonstration's picture. Use it as a context manager around the runs."""

    def __init__(self, console: Console, definition: str, namespace: str) -> None:
        """Prepare to show runs of the state machine `definition`, given as ASL, and a namespace's metrics."""
        self._console = console
        self._definition = definition
        self._namespace = namespace
        self._runs: list[Run] = []
        self._published: Mapping[Series, Values] = {}
        self._live = MovingPicture(console) if can_move(console) else None

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last picture on the screen; where there was none so far, print what the lines did not say."""
        if self._live:
            self._live.stop()
        elif error is None:
            self._console.print(self._workflow())
            self._console.print(self._metrics())

    def show(self, run: Run) -> None:
        """Show how far a run has come."""
        if self._runs and self._runs[-1].number == run.number:
            self._runs[-1] = run
        else:
            self._runs.append(run)
        self._refresh()
        if run.finished and not self._live:
            self._console.print(executions_table([_row(run)], wrap=True))

    def show_metrics(self, published: Mapping[Series, Values]) -> None:
        """Show what CloudWatch gives back."""
        self._published = published
        self._refresh()

    def _refresh(self) -> None:
        if self._live:
            self._live.update(self._picture(), refresh=True)

    def _picture(self) -> RenderableType:
        latest = executions_table([_row(run) for run in self._runs[-SHOWN_RUNS:]], wrap=False)
        executions = Panel(latest, title="executions", title_align="left")
        if self._console.width < WIDE:
            return Group(self._workflow(), executions, self._metrics())
        upper = Table.grid(expand=True)
        upper.add_column(no_wrap=True)
        upper.add_column(ratio=1)
        upper.add_row(self._workflow(), executions)
        return Group(upper, self._metrics())

    def _workflow(self) -> Panel:
        execution = self._runs[-1].execution if self._runs else None
        return Panel.fit(draw_workflow(self._definition, execution), title="workflow", title_align="left")

    def _metrics(self) -> Panel:
        moments = [run.moment for run in self._runs if run.finished]
        title = f"CloudWatch metrics in the namespace {self._namespace}"
        room = self._console.width - len("│ ") - len(" │")
        return Panel(metrics_table(self._published, moments, width=room), title=title, title_align="left")


def _row(run: Run) -> ExecutionRow:
    return ExecutionRow(f"{run.moment:%H:%M}", run.execution, f"{len(run.answered)} values")


def verdict(problems: Sequence[str], runs: Sequence[Run], values: int) -> str:
    """Sum the demonstration up in rich's markup."""
    if problems:
        return "\n".join(f"[red]✗[/] {escape(problem)}" for problem in problems)
    failures = [f"  {run.moment:%H:%M} {escape(reason(run.execution))}" for run in runs if run.execution.error]
    return "\n".join(
        [
            f"[green]✓[/] {len(runs)} executions ended as expected, the broken query's red and the others green:",
            *failures,
            f"[green]✓[/] {values} values in CloudWatch: what the database said, and the broken query's failure",
        ]
    )
