"""Waits for the log of an execution, which has the rows of its checks."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from sidestep.aws.check_rows import CheckLog, read_check_log
from sidestep.aws.clients import Clients
from sidestep.aws.executions import Execution
from sidestep.aws.metrics import PUBLISHES

LOG_SECONDS: Final = 20.0
"""How long to wait for the log, which arrives some seconds after the function's end."""

LOG_PAUSE: Final = 2.0
"""Seconds between two polls of the log."""

CLOCKS: Final = timedelta(seconds=1)
"""How far the clocks of Step Functions and of Lambda may differ; assumed."""


def logged_by(execution: Execution, log_group: str, clients: Clients, seconds: float) -> CheckLog:
    """Return what the function has logged during an execution, when it is complete, or after `seconds`.

    The rows of another run at the same time are part of it; each has the scheduled time of its run.

    Raises:
        AwsError: the log cannot be read.
    """
    deadline = time.monotonic() + seconds
    end = (execution.stopped or datetime.now(UTC)) + CLOCKS
    pages = sum(step.state == PUBLISHES and step.exited is not None for step in execution.steps)
    while True:
        log = read_check_log(log_group, clients, start=execution.started - CLOCKS, end=end)
        if log.pages >= max(pages, 1) or time.monotonic() > deadline:
            return log
        time.sleep(LOG_PAUSE)
