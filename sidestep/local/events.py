"""MySQL's event scheduler for the embedded database: statements that run every so many minutes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlglot
from sqlglot import exp

_CREATION: Final = re.compile(
    r"CREATE EVENT IF NOT EXISTS (?P<name>\w+) ON SCHEDULE EVERY (?P<minutes>\d+) MINUTE DO\s+(?P<statement>.+)",
    re.DOTALL,
)

_LONGEST_GAP: Final = timedelta(hours=1)
"""What fell due before is left out: a clock that leaps is not to be followed through the years."""


@dataclass(slots=True)
class _Event:
    statement: exp.Expr
    every: timedelta
    due: datetime


class Events:
    """The events of one schema. Nothing runs by itself: the database asks what has fallen due before it answers."""

    def __init__(self) -> None:
        """Begin with no event."""
        self._events: dict[str, _Event] = {}

    def create(self, sql: str, now: datetime) -> bool:
        """Create an event, due at once, unless there is one of its name; False if `sql` is something else."""
        match = _CREATION.fullmatch(sql)
        if match is None:
            return False
        statement = sqlglot.parse_one(match["statement"], dialect="mysql")
        event = _Event(statement, timedelta(minutes=int(match["minutes"])), now)
        self._events.setdefault(match["name"], event)
        return True

    def due(self, now: datetime) -> Iterator[tuple[exp.Expr, datetime]]:
        """Yield each statement that has fallen due since the last time, and when it was."""
        for event in self._events.values():
            event.due = max(event.due, now - _LONGEST_GAP)
            while event.due <= now:
                yield event.statement, event.due
                event.due += event.every
