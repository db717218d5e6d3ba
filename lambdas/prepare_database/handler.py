"""The entry point of the Lambda function: the operator's event in, the user's grants out. Never prints the event."""

import json
import os
from dataclasses import replace

from ..engines.server import AUTHORITIES, Server
from .event import request_from
from .preparation import Outcome, Preparation
from .prepare import prepare

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
    """Prepare the deployment's database for its user; the event cannot name another database or user, nor SQL.

    Raises:
        InvalidEvent: the event has more or less than the administrator and the tables.
        DatabaseUnavailable: the administrator cannot log in.
        PreparationRefused: the database does not permit the preparation.
    """
    request = request_from(event)
    outcome = prepare(_ENGINE, _SERVER, request.administrator, replace(_WHOLE, tables=request.tables))
    print(json.dumps({"grants": len(outcome["Grants"]), "beyond": len(outcome["Beyond"])}), flush=True)
    return outcome
