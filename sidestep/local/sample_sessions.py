"""Creates and expires sessions in the sample's table, the same ones each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sidestep.local.database import EmbeddedDatabase
from sidestep.local.dialect import as_text

ARRIVALS: Final = {"free": (8, 30), "team": (4, 14), "enterprise": (0, 5)}
"""The fewest and most sessions that start in one step, by plan."""

LONGEST_SESSION: Final = timedelta(minutes=25)


class SampleSessions:
    """Sessions in the embedded database. The same seed creates the same sessions."""

    def __init__(self, database: EmbeddedDatabase, seed: int) -> None:
        """Use a database that has been prepared."""
        self._database = database
        self._random = Random(seed)  # noqa: S311 - not for secrets

    def advance(self, now: datetime) -> None:
        """Start new sessions, and delete expired ones."""
        self._database.execute("DELETE FROM sessions WHERE expires_at <= ?", [as_text(now)])
        for plan, (fewest, most) in ARRIVALS.items():
            for _ in range(self._random.randint(fewest, most)):
                expires = now + self._random.random() * LONGEST_SESSION
                self._database.execute(
                    "INSERT INTO sessions (plan, expires_at) VALUES (?, ?)", [plan, as_text(expires)]
                )

    @contextmanager
    def broken_by_a_migration(self) -> Iterator[None]:
        """Rename the column that one of the queries groups by, during a `with` block."""
        self._database.execute("ALTER TABLE sessions RENAME COLUMN plan TO tier")
        try:
            yield
        finally:
            self._database.execute("ALTER TABLE sessions RENAME COLUMN tier TO plan")
