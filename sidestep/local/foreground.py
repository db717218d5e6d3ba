"""Runs the local cloud in the foreground: `sidestep local`.

The CDK's command line, the AWS CLI and boto3 use it from another shell.
"""

import json
import os
import shlex
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError
from rich.console import Console

from sidestep.aws.executions import RUNNING, Execution, describe
from sidestep.config.databases import Database, EndpointDatabase, Proxy
from sidestep.config.engines import MYSQL, POSTGRES
from sidestep.config.settings import Settings
from sidestep.connection.url import form_of
from sidestep.local.cloud import ACCOUNT, REGION, LocalCloud
from sidestep.local.own_databases import Servers, create_databases, own_secret
from sidestep.local.scheduler import Ticker
from sidestep.paths import METRICS_FILE, activation
from sidestep.terminal.executions import ExecutionRow, executions_table, time_text

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

POLL_INTERVAL: Final = 0.5
"""Seconds between two polls of schedules and executions."""

LATEST: Final = 100
"""Executions that are polled of each state machine: fewer start between two polls."""

CDK_CONTEXT: Final = Path("cdk.context.json")

ENDED: Final = "The local cloud has ended. Close the shells that are configured for it."

_SHELL: Final = rf"""
  unset AWS_PROFILE $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p')
  export AWS_ENDPOINT_URL={{endpoint_url}}
  export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_EC2_METADATA_DISABLED=true
  export AWS_CONFIG_FILE={os.devnull} AWS_SHARED_CREDENTIALS_FILE={os.devnull} AWS_CA_BUNDLE={os.devnull}
  export NO_PROXY="localhost,127.0.0.1,$NO_PROXY" no_proxy="localhost,127.0.0.1,$no_proxy"
"""
"""The commands that configure a shell for the local cloud, and prevent requests to AWS.

They remove all AWS variables of the user: one for a single service, such as AWS_ENDPOINT_URL_S3, overrides the
general one. The credentials are invalid on AWS, and no file with other credentials is read. The local cloud has no
TLS, so the shell trusts no authority: a tool that overrides the endpoint, as AWS CLI 1 does with
`--region us-east-1`, sends no request.
Source: AWS SDKs and Tools reference guide, "Service-specific endpoints" and "Settings reference".
"""


def run_local(
    console: Console, settings: Settings, servers: Servers, *, file: Path, port: int, keep_warm: bool
) -> None:
    """Run a local cloud, with the databases of a metrics.toml, until the process receives a signal to end.

    Args:
        console: the console for messages.
        settings: the content of the file.
        servers: the real servers in place of databases of the file.
        file: its path.
        port: where to listen on 127.0.0.1; 0 for a free port.
        keep_warm: whether a function's process is kept for its next event.

    Raises:
        OptionError: a server cannot be reached.
        KeyboardInterrupt, SystemExit: the process receives a signal to end, or the port is in use.
    """
    # moto warns about each resource that it ignores, such as the bucket policy of the bootstrap stack.
    warnings.filterwarnings("ignore", module="moto")
    with LocalCloud(port=port, keep_warm=keep_warm) as cloud, ExitStack() as stack:
        stack.callback(forget_lookups)
        forget_lookups()  # of a local cloud that was killed
        create_databases(cloud, settings.databases, servers)
        for name, database in settings.databases.items():
            if database.engine is POSTGRES and name not in servers:
                console.out(unanswered(name), highlight=False)
        foreground = Foreground(console, cloud)
        commands = commands_for(settings.databases, servers, file)
        console.out(introduction(cloud.endpoint_url, commands), highlight=False)
        stack.callback(console.out, ENDED, highlight=False)
        while True:
            foreground.poll()
            time.sleep(POLL_INTERVAL)


def unanswered(name: str) -> str:
    """Return the message for a database that nothing listens for."""
    return (
        f"database.{name}: there is no embedded PostgreSQL, so its runs fail with DatabaseUnavailable; use a "
        f"server: sidestep local --database {name}={form_of(POSTGRES)}"
    )


def commands_for(databases: Mapping[str, Database], servers: Servers, file: Path) -> list[str]:
    """Return the commands for the other shell: deploy, and prepare each embedded database that has `prepare`."""
    context, option = "", ""
    if file.resolve() != METRICS_FILE.resolve():
        named = shlex.quote(str(file))
        context, option = f" --context metrics={named}", f" --file {named}"
    deploy = [*activation(), f"cdk bootstrap{context}", f"cdk deploy --all{context}"]
    prepare = [
        f"sidestep prepare {name}{_secret_option(name, database)}{option}"
        for name, database in databases.items()
        if database.prepare and database.engine is MYSQL and name not in servers
    ]
    return deploy + prepare


def _secret_option(name: str, database: Database) -> str:
    return f" --secret {own_secret(name)}" if isinstance(database, Proxy | EndpointDatabase) else ""


def introduction(endpoint_url: str, commands: Sequence[str]) -> str:
    """Return the lines to paste into another shell: its configuration, and commands."""
    lines = "\n".join(f"  {command}" for command in commands)
    return f"""\
Local cloud at {endpoint_url}, until Ctrl-C. In another shell, in this folder:
{_SHELL.format(endpoint_url=endpoint_url)}{lines}

Executions, as they end:"""


def forget_lookups(file: Path = CDK_CONTEXT) -> None:
    """Remove the lookups of local clouds from cdk.context.json; delete the file if it has no others.

    The CDK's command line writes its lookups there and reuses them, but the next local cloud has other endpoints. No
    account has the id of the local cloud: it is the one of AWS's documentation.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        return  # there is no file, or the CDK will report the error
    kept = {key: answer for key, answer in content.items() if f":account={ACCOUNT}:" not in key}
    if kept == content:
        return
    if kept:
        file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        file.unlink()


class Foreground:
    """Fires the schedules of a local cloud, and reports the executions that have ended."""

    def __init__(
        self, console: Console, cloud: LocalCloud, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Start at the current time: earlier occurrences of schedules do not fire."""
        self._console = console
        self._clock = clock
        self._ticker = Ticker(cloud, clock())
        self._stepfunctions: SFNClient = cloud.client("stepfunctions")
        self._reported: set[str] = set()

    def poll(self) -> None:
        """Fire the schedules that are due, and report new ends of executions."""
        for problem in self._ticker.tick(self._clock()):
            self._console.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
        for machine in self._stepfunctions.list_state_machines()["stateMachines"]:
            try:
                for execution in self._ended(machine["stateMachineArn"]):
                    row = ExecutionRow(time_text(execution.moment), execution, execution.arn.split(":")[-2])
                    self._console.print(executions_table([row], wrap=execution.error is not None))
            except ClientError:  # a deployment has deleted the state machine
                continue

    def _ended(self, machine: str) -> Iterator[Execution]:
        """Yield each execution once after its end, in order of their start."""
        latest = self._stepfunctions.list_executions(stateMachineArn=machine, maxResults=LATEST)["executions"]
        for execution in reversed(latest):
            arn = execution["executionArn"]
            if execution["status"] != RUNNING and arn not in self._reported:
                self._reported.add(arn)
                yield describe(self._stepfunctions, arn)
