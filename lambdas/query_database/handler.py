"""Lambda's entry: event in, one page of metric data out."""

import gc
import os
from datetime import UTC, datetime
from pathlib import Path

from ..engines.choice import engine_named
from ..engines.server import AUTHORITIES
from .endpoint import Endpoint
from .event import run_from
from .page import PageContent
from .queries import load_queries
from .run import next_page
from .spool import default_folder

# Read once per environment, when Lambda starts it: all of it comes with the deployment.
_QUERIES = load_queries(Path(__file__).with_name("queries.json"))
_ENDPOINT = Endpoint.from_environment(os.environ, AUTHORITIES)
engine_named(_ENDPOINT.engine)  # imports the driver now, when Lambda lends more of a processor than in a run

# What is there now stays as long as the environment; the collector need not look through it in each run.
gc.freeze()


def handler(event: object, _context: object) -> PageContent:
    """Ask the deployed queries that the event chooses, or go on where the page before ended.

    Raises:
        InvalidEvent: the event asks for something else.
        DatabaseUnavailable: no query could be asked; worth a retry.
    """
    run = run_from(event, _QUERIES, datetime.now(UTC), os.urandom(16).hex())
    return next_page(run, _ENDPOINT, default_folder())
