"""Whose plans they are."""

from collections.abc import Mapping
from typing import Final

from sidestep.commands.check.plans import mysql, postgres
from sidestep.commands.check.plans.interface import Explain
from sidestep.config.engines import MYSQL, POSTGRES

EXPLAIN: Final[Mapping[str, Explain]] = {MYSQL.name: mysql.large_scans, POSTGRES.name: postgres.large_scans}
"""By the name of the engine."""
