"""What a run is started with: when it counts for, and which queries it asks."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sidestep.commands.run.at import scheduled_time
from sidestep.config.errors import ConfigError, printable, suggestion
from sidestep.config.settings import Settings


def event_for(
    settings: Settings, database: str, *, queries: Sequence[str], at: str | None, now: datetime, file: str
) -> Mapping[str, object]:
    """Return the event of a run: of all queries that are deployed, now, unless it says otherwise.

    Raises:
        ConfigError: a query is not one of the database's, or the time is none that CloudWatch takes.
    """
    names = [query.name for query in settings.queries_of(database)]
    mistakes = [
        f"{file}: database.{database} has no query "
        f'"{printable(name)}"{suggestion(name, names)}; it has {", ".join(names)}'
        for name in queries
        if name not in names
    ]
    event: dict[str, object] = {}
    if at is not None:
        chosen = [name for name in names if name in queries] or names
        schedules = {settings.schedules[name] for name in chosen}
        try:
            event["ScheduledTime"] = scheduled_time(at, schedules, now)
        except ValueError as error:
            mistakes.append(f"--at {printable(str(error))}")
    if mistakes:
        raise ConfigError(mistakes)
    if queries:
        event["Queries"] = [name for name in names if name in queries]
    return event
