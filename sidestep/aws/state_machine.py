"""The deployed workflow of a database: its state machine, and where its executions can be seen."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sidestep import resource_names
from sidestep.aws.clients import AwsError, Clients, explained
from sidestep.aws.executions import Execution
from sidestep.aws.stacks import check_account, outputs_of
from sidestep.config.databases import Database
from sidestep.console_urls import execution_page

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True)
class Workflow:
    """A deployed state machine.

    Attributes:
        database: the name of its database.
        definition: as ASL.
        keeps_history: whether Step Functions tells of its executions. An Express workflow's only leave a log; the
            local cloud plays it as a Standard one.
        in_console: whether AWS's console shows it.
    """

    database: str
    arn: str
    definition: str
    keeps_history: bool
    in_console: bool

    @property
    def log_group(self) -> str:
        """The log group that it writes to."""
        return resource_names.log_group(resource_names.stack_name(self.database))

    def link(self, execution: Execution) -> str | None:
        """Return the page of the console that shows an execution; None if there is no console."""
        return execution_page(execution.arn, execution.started) if self.in_console else None


def find_workflow(database: Database, name: str, clients: Clients) -> Workflow:
    """Find the workflow in the stack of a database, given with its name in metrics.toml.

    Raises:
        AwsError: the stack is not there, is older than its workflow's output, or may not be looked at.
    """
    check_account(database, name, clients)
    stack = resource_names.stack_name(name)
    arn = outputs_of(stack, clients).get(resource_names.STATE_MACHINE)
    if arn is None:
        raise AwsError(f"the stack {stack} does not say which its workflow is; `make deploy` brings it up to date")
    with explained("states:DescribeStateMachine"):
        client: SFNClient = clients("stepfunctions")
        machine = client.describe_state_machine(stateMachineArn=arn)
    return Workflow(
        database=name,
        arn=arn,
        definition=machine["definition"],
        keeps_history=machine["type"] == "STANDARD" or _is_listed(client, arn),
        in_console=arn.startswith("arn:aws:") and _is_aws(client),
    )


def _is_listed(client: "SFNClient", arn: str) -> bool:
    """Return whether executions are listed; AWS refuses that for Express workflows."""
    with explained("states:ListExecutions"):
        try:
            client.list_executions(stateMachineArn=arn, maxResults=1)
        except client.exceptions.StateMachineTypeNotSupported:
            return False
    return True


def _is_aws(client: Any) -> bool:  # noqa: ANN401 - any service's
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith(".amazonaws.com")
