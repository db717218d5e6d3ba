"""Queries a database for the content of one page."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sidestep.lambdas.query_database.endpoint import Endpoint
from sidestep.lambdas.query_database.event import Run
from sidestep.lambdas.query_database.page import PageContent
from sidestep.lambdas.query_database.queries import Query
from sidestep.lambdas.query_database.run import next_page

NOW: Final = "2026-01-31T08:05:00Z"

RUN: Final = "0123456789abcdef" * 2
"""What a run is called."""


def ask(endpoint: Endpoint, *queries: Query, scheduled_time: str = NOW) -> PageContent:
    """Return a run's first page, which has to be all of it."""
    with TemporaryDirectory() as spools:
        page = next_page(Run(scheduled_time, queries, RUN), endpoint, Path(spools))
    assert "NextPage" not in page
    return page
