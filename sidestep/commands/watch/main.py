"""Watches databases until it is told to end."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from sidestep.aws.errors import TransientError
from sidestep.aws.stacks import clients_for
from sidestep.aws.state_machine import find_workflow
from sidestep.commands.watch.patience import Patience
from sidestep.commands.watch.picture import picture_of_all
from sidestep.commands.watch.screen import WatchScreen
from sidestep.commands.watch.watched import Watched
from sidestep.config.settings import Settings
from sidestep.terminal.console import working

READ_TIMEOUT: Final = 20
"""Seconds; all of these requests answer in a fraction of one."""

ATTEMPTS: Final = 4
"""Of a request that AWS throttles, with growing pauses between them, before anything else is done about it."""


def watch(
    console: Console, settings: Settings, databases: Sequence[str], *, interval: float, most_series: int, once: bool
) -> None:
    """Show what happens to databases.

    Args:
        console: where to.
        settings: of all databases.
        databases: the names of those to watch.
        interval: seconds from one look to the next.
        most_series: how many series to show, of all databases together; 0 for none.
        once: whether one picture is enough.

    Raises:
        AwsError: AWS does not tell of the executions, or did not at first.
        KeyboardInterrupt: the process is told to end.
    """
    with working("looking for the stacks"):
        share = max(1, most_series // len(databases)) if most_series else 0
        watched = [_watched(settings, name, share) for name in databases]
    with working("asking AWS"):
        _look(watched)
    if once:
        console.print(picture_of_all(watched, width=console.width))
        return
    patience = Patience(interval)
    with WatchScreen(console, watched) as screen:
        while True:
            screen.show(patience.problem)
            time.sleep(patience.seconds)
            try:
                _look(watched)
                patience.reward()
            except TransientError as error:
                patience.try_on(error, _now())


def _watched(settings: Settings, name: str, most_series: int) -> Watched:
    database = settings.databases[name]
    clients = clients_for(database, read_timeout=READ_TIMEOUT, attempts=ATTEMPTS)
    return Watched(find_workflow(database, name, clients), settings, clients, most_series=most_series)


def _look(watched: Sequence[Watched]) -> None:
    for one in watched:
        one.look(_now())


def _now() -> datetime:
    return datetime.now(UTC)
