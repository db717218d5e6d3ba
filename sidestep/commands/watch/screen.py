"""What `sidestep watch` shows: a moving picture on a terminal, anywhere else a line for each execution that ends."""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group
from rich.text import Text

from sidestep.aws.executions import RUNNING, SUCCEEDED, Execution
from sidestep.commands.watch.picture import link_text, picture_of_all, row
from sidestep.commands.watch.runs import SHOWN
from sidestep.commands.watch.watched import Watched
from sidestep.terminal.console import MovingPicture, can_move
from sidestep.terminal.executions import executions_table
from sidestep.terminal.metrics import alarm_text

_FINE: Final = "OK"


class WatchScreen:
    """Shows databases. Use it as a context manager around the looks at them."""

    def __init__(self, console: Console, watched: Sequence[Watched]) -> None:
        """Prepare to show these."""
        self._console = console
        self._watched = watched
        self._live = MovingPicture(console) if can_move(console) else None
        self._told: set[str] = set()
        self._states: dict[tuple[str, str], str] = {}
        self._problem: str | None = None
        self._has_shown = False

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last picture on the screen."""
        if self._live:
            self._live.stop()

    def show(self, problem: str | None) -> None:
        """Show how far everything has come, and why AWS does not tell, if it has not for a while."""
        if self._live:
            self._live.start()
            self._live.update(self._picture(problem), refresh=True)
        else:
            self._print_news(problem)
        self._has_shown = True

    def _picture(self, problem: str | None) -> Group:
        everything = picture_of_all(self._watched, width=self._console.width)
        return Group(everything, *([Text(problem, "yellow")] if problem else []))

    def _print_news(self, problem: str | None) -> None:
        for watched in self._watched:
            self._print_ends(watched)
            self._print_alarms(watched)
        if problem != self._problem:
            self._console.print(Text(problem or "AWS answers again", "yellow"), soft_wrap=True)
            self._problem = problem

    def _print_ends(self, watched: Watched) -> None:
        ended = [one for one in watched.executions if one.status != RUNNING and one.arn not in self._told]
        for execution in ended if self._has_shown else ended[-SHOWN:]:
            line = row(watched, execution)
            if len(self._watched) > 1:
                line = line._replace(name=f"{line.name}  {watched.workflow.database}")
            self._console.print(executions_table([line], wrap=True))
            self._print_link(watched, execution)
        self._told.update(execution.arn for execution in ended)

    def _print_link(self, watched: Watched, execution: Execution) -> None:
        link = link_text(watched, execution) if execution.status != SUCCEEDED else None
        if link:
            self._console.print(link, soft_wrap=True)

    def _print_alarms(self, watched: Watched) -> None:
        """Tell of alarms whose state is another one, and at first of those that are not OK."""
        if isinstance(watched.alarms, str):
            return
        for alarm in watched.alarms:
            key = (watched.workflow.database, alarm.name)
            if self._states.get(key, _FINE) != alarm.state:
                self._console.print(Text(f"{watched.workflow.database} alarm ") + alarm_text(alarm))
            self._states[key] = alarm.state
