"""What is asked for, whatever the engine."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preparation:
    """Who may read what.

    Attributes:
        user: who asks the queries.
        database: what the server calls the database that is connected to.
        schema: what has the tables.
        tables: what may be read; none means all of the schema, those of the future included.
        sample: whether the sample's tables, and what fills them, are made first. The sample is a MySQL.
    """

    user: str
    database: str
    schema: str
    tables: Sequence[str] = ()
    sample: bool = False
