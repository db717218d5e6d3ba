"""The local cloud in the foreground: for the CDK's command line, the AWS CLI and boto3 in another shell."""

import os
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from sidestep.local.cloud import REGION, LocalCloud
from sidestep.local.ended_executions import EndedExecutions
from sidestep.local.ticker import Ticker
from sidestep.terminal.executions import Row, executions_table

LOOK_EVERY: Final = 0.5
"""Seconds from one look at schedules and executions to the next."""

ENDED: Final = "The local cloud has ended. Close the shells that are set for it: nothing answers them any more."

_SHELL: Final = rf"""
  unset AWS_PROFILE $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p')
  export AWS_ENDPOINT_URL={{endpoint_url}}
  export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_EC2_METADATA_DISABLED=true
  export AWS_CONFIG_FILE={os.devnull} AWS_SHARED_CREDENTIALS_FILE={os.devnull} AWS_CA_BUNDLE={os.devnull}
  export NO_PROXY="localhost,127.0.0.1,$NO_PROXY" no_proxy="localhost,127.0.0.1,$no_proxy"
"""
"""What sets a shell for the local cloud, and keeps it away from AWS.

No variable of the user's for AWS stays: one for a single service, such as AWS_ENDPOINT_URL_S3, goes before the one
for all. The credentials are none, and no file is read that has others. The local cloud has no TLS, so no authority is
trusted: a tool that prefers an endpoint of its own, as AWS CLI 1 does with `--region us-east-1`, sends no request.
Source: AWS SDKs and Tools reference guide, "Service-specific endpoints" and "Settings reference".
"""


def run_local(console: Console, *, port: int, keep_warm: bool) -> None:
    """Run a local cloud until the process is told to end.

    Args:
        console: where to report what happens.
        port: where to listen on 127.0.0.1; 0 for a free one.
        keep_warm: whether a function's process is kept for its next event.

    Raises:
        KeyboardInterrupt, SystemExit: the process is told to end; or the port is in use.
    """
    # moto warns of each resource that it ignores, such as the bucket policy of the bootstrap stack.
    warnings.filterwarnings("ignore", module="moto")
    with LocalCloud(port=port, keep_warm=keep_warm) as cloud:
        foreground = Foreground(console, cloud)
        commands = ["make bootstrap deploy", ".venv/bin/sidestep prepare shop"]
        console.out(introduction(cloud.endpoint_url, commands), highlight=False)
        try:
            while True:
                foreground.look()
                time.sleep(LOOK_EVERY)
        finally:
            console.out(ENDED, highlight=False)


def introduction(endpoint_url: str, commands: Sequence[str]) -> str:
    """Return what to paste into another shell, and the commands to type there next."""
    lines = "\n".join(f"  {command}" for command in commands)
    return f"""\
Local cloud at {endpoint_url}, until Ctrl-C. In another shell, in this folder:
{_SHELL.format(endpoint_url=endpoint_url)}{lines}

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
            row = Row(f"{execution.started.astimezone():%H:%M:%S}", execution, execution.arn.split(":")[-2])
            self._console.print(executions_table([row], wrap=execution.error is not None))
