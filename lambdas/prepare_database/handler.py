"""Lambda's entry: the operator's event in, what the user may read out. The event is never printed: see event.py."""

import json
import os
from dataclasses import replace

from ..engines.server import AUTHORITIES, Server
from .event import request_from
from .interface import Outcome
from .preparation import Preparation
from .preparing import prepare

_ENGINE = os.environ["DATABASE_ENGINE"]
_SERVER = Server(
    os.environ["DATABASE_HOST"],
    int(os.environ["DATABASE_PORT"]),
    AUTHORITIES / os.environ["DATABASE_CERTIFICATES"],
)
_WHOLE = Preparation(
    os.environ["DATABASE_USER"],
    os.environ["DATABASE_NAME"],
    os.environ["DATABASE_SCHEMA"],
    sample=os.environ["DATABASE_SAMPLE"] == "true",
)


def handler(event: object, _context: object) -> Outcome:
    """Prepare the database of the deployment for its user; the event can name neither another one nor any SQL.

    Raises:
        InvalidEvent: the event says something else than who the administrator is and what is to be read.
        DatabaseUnavailable: the administrator cannot log in.
        PreparationRefused: something in the database stands in the way.
    """
    request = request_from(event)
    outcome = prepare(_ENGINE, _SERVER, request.administrator, replace(_WHOLE, tables=request.tables))
    print(json.dumps({"grants": len(outcome["Grants"]), "beyond": len(outcome["Beyond"])}), flush=True)
    return outcome
