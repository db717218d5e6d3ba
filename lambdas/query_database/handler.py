"""The entry point of the Lambda function: event in, one page of metric data out."""

import gc
import os
from datetime import UTC, datetime
from pathlib import Path

from ..engines import engine_named
from ..engines.server import AUTHORITIES
from .endpoint import Endpoint
from .event import run_from
from .kept_slices import default_folder
from .page import PageContent
from .queries import load_queries
from .run import next_page

# Read once per environment: it changes only with a deployment.
_QUERIES = load_queries(Path(__file__).with_name("queries.json"))
_ENDPOINT = Endpoint.from_environment(os.environ, AUTHORITIES)
# The driver and the certificates are loaded now: during init, Lambda provides more CPU than in a run.
engine_named(_ENDPOINT.engine)
_ENDPOINT.server.tls()

# Everything up to here stays as long as the environment, so the garbage collector need not visit it.
gc.freeze()


def handler(event: object, _context: object) -> PageContent:
    """Run the deployed queries that the event chooses, or continue after the previous page.

    Raises:
        InvalidEvent: the event requests something else.
        DatabaseUnavailable: no query could run; retry it.
    """
    run = run_from(event, _QUERIES, datetime.now(UTC), os.urandom(16).hex())
    return next_page(run, _ENDPOINT, default_folder())
