"""The local cloud in the foreground: for the CDK's command line, the AWS CLI and boto3 in another shell."""

import os
import shlex
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from sidestep.config.databases import Database, EndpointDatabase, Proxy
from sidestep.config.engines import MYSQL, POSTGRES
from sidestep.config.settings import Settings
from sidestep.connection.url import form_of
from sidestep.local.cloud import REGION, LocalCloud
from sidestep.local.ended_executions import EndedExecutions
from sidestep.local.lookups import forget_lookups
from sidestep.local.own_databases import Servers, create_databases, own_secret
from sidestep.local.ticker import Ticker
from sidestep.terminal.executions import Row, executions_table
from sidestep.terminal.times import time_text

LOOK_EVERY: Final = 0.5
"""Seconds from one look at schedules and executions to the next."""

ENDED: Final = "The local cloud has ended. Close the shells that are configured for it."

_SHELL: Final = rf"""
  unset AWS_PROFILE $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p')
  export AWS_ENDPOINT_URL={{endpoint_url}}
  export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_EC2_METADATA_DISABLED=true
  export AWS_CONFIG_FILE={os.devnull} AWS_SHARED_CREDENTIALS_FILE={os.devnull} AWS_CA_BUNDLE={os.devnull}
  export NO_PROXY="localhost,127.0.0.1,$NO_PROXY" no_proxy="localhost,127.0.0.1,$no_proxy"
"""
"""Configures a shell for the local cloud, and prevents requests to AWS.

All AWS variables of the user are removed: one for a single service, such as AWS_ENDPOINT_URL_S3, overrides the
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
        console: where to report what happens.
        settings: the content of the file.
        servers: the real servers that stand in for databases.
        file: its path.
        port: where to listen on 127.0.0.1; 0 for a free one.
        keep_warm: whether a function's process is kept for its next event.

    Raises:
        OptionError: a server cannot be reached.
        KeyboardInterrupt, SystemExit: the process receives a signal to end, or the port is in use.
    """
    # moto warns of each resource that it ignores, such as the bucket policy of the bootstrap stack.
    warnings.filterwarnings("ignore", module="moto")
    with LocalCloud(port=port, keep_warm=keep_warm) as cloud, ExitStack() as stack:
        stack.callback(forget_lookups)
        forget_lookups()  # those of a local cloud that was killed
        create_databases(cloud, settings.databases, servers)
        for name, database in settings.databases.items():
            if database.engine is POSTGRES and name not in servers:
                console.out(unanswered(name), highlight=False)
        foreground = Foreground(console, cloud)
        commands = commands_for(settings.databases, servers, file)
        console.out(introduction(cloud.endpoint_url, commands), highlight=False)
        stack.callback(console.out, ENDED, highlight=False)
        while True:
            foreground.look()
            time.sleep(LOOK_EVERY)


def unanswered(name: str) -> str:
    """Return what to do about a database without a stand-in."""
    return (
        f"database.{name}: there is no embedded PostgreSQL, so its runs fail with DatabaseUnavailable; name a "
        f"server: sidestep local --database {name}={form_of(POSTGRES)}"
    )


def commands_for(databases: Mapping[str, Database], servers: Servers, file: Path) -> list[str]:
    """Return the commands for the other shell: to deploy, and to prepare each database with `prepare`."""
    deploy, option = ["make bootstrap deploy"], ""
    if file.resolve() != Path("metrics.toml").resolve():
        named = shlex.quote(str(file))
        deploy = ["make bootstrap", f"node_modules/.bin/cdk deploy --all --context metrics={named}"]
        option = f" --file {named}"
    prepare = [
        f".venv/bin/sidestep prepare {name}{_secret_option(name, database)}{option}"
        for name, database in databases.items()
        if database.prepare and database.engine is MYSQL and name not in servers
    ]
    return deploy + prepare


def _secret_option(name: str, database: Database) -> str:
    return f" --secret {own_secret(name)}" if isinstance(database, Proxy | EndpointDatabase) else ""


def introduction(endpoint_url: str, commands: Sequence[str]) -> str:
    """Return the settings for another shell, and the commands to run there."""
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
            row = Row(time_text(execution.moment), execution, execution.arn.split(":")[-2])
            self._console.print(executions_table([row], wrap=execution.error is not None))
