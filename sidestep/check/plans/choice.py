"""Whose plans they are."""

from collections.abc import Mapping
from typing import Final

from sidestep.check.plans import mysql, postgres
from sidestep.check.plans.interface import Explain
from sidestep.engines import MYSQL, POSTGRES

EXPLAIN: Final[Mapping[str, Explain]] = {MYSQL.name: mysql.large_scans, POSTGRES.name: postgres.large_scans}
"""By the name of the engine."""
