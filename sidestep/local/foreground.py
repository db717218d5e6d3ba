"""The local cloud in the foreground: for the CDK's command line, the AWS CLI and boto3 in another shell."""

import shlex
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from sidestep.local.cloud import REGION, LocalCloud
from sidestep.local.ended_executions import EndedExecutions
from sidestep.local.ticker import Ticker
from sidestep.terminal.executions import Row, executions_table
from sidestep.times import time_text

LOOK_EVERY: Final = 0.5
"""Seconds from one look at schedules and executions to the next."""

_CONFIGURATION: Final = f"""\
[default]
region = {REGION}
aws_access_key_id = local
aws_secret_access_key = local
"""

_MISLEADING: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION")
"""Variables that would lead past the configuration above. Keys may stay: nobody checks them here."""


def run_local(console: Console, *, port: int, keep_warm: bool) -> None:
    """Run a local cloud until the process is told to end.

    Args:
        console: to say on what happens.
        port: where to listen on 127.0.0.1; 0 for a free one.
        keep_warm: whether a function's process is kept for its next event.

    Raises:
        KeyboardInterrupt, SystemExit: the process is told to end; or the port is in use.
    """
    # moto warns of each resource that it ignores, such as the bucket policy of the bootstrap stack.
    warnings.filterwarnings("ignore", module="moto")
    with (
        TemporaryDirectory(prefix="sidestep-local-", ignore_cleanup_errors=True) as folder,
        LocalCloud(port=port, keep_warm=keep_warm) as cloud,
    ):
        configuration = Path(folder) / "aws-config"
        configuration.write_text(_CONFIGURATION, encoding="utf-8")
        foreground = Foreground(console, cloud)
        console.out(introduction(cloud.endpoint_url, configuration), highlight=False)
        while True:
            foreground.look()
            time.sleep(LOOK_EVERY)


def introduction(endpoint_url: str, configuration: Path) -> str:
    """Return what to paste into another shell, and what to type there next."""
    return f"""\
Local cloud at {endpoint_url}, until Ctrl-C. In another shell, in this folder:

  unset {" ".join(_MISLEADING)}
  export AWS_ENDPOINT_URL={endpoint_url}
  export AWS_CONFIG_FILE={shlex.quote(str(configuration))}
  make bootstrap deploy
  .venv/bin/sidestep prepare shop

Executions, as they end:"""


class Foreground:
    """What happens on a local cloud by itself: schedules fire. And what of it is shown."""

    def __init__(
        self, console: Console, cloud: LocalCloud, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Begin with what is on the cloud already."""
        now = clock()
        self._console = console
        self._clock = clock
        self._ticker = Ticker(cloud, now)
        self._ended = EndedExecutions(cloud)

    def look(self) -> None:
        """Do what has fallen due, and tell what has ended."""
        now = self._clock()
        for problem in self._ticker.tick(now):
            self._console.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
        for execution in self._ended.look():
            row = Row(time_text(execution.moment), execution, execution.arn.split(":")[-2])
            self._console.print(executions_table([row], wrap=execution.error is not None))
