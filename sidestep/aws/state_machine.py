"""The deployed workflow of a database: its state machine, and the page of an execution in AWS's console."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sidestep import resource_names
from sidestep.aws.clients import Clients, explained
from sidestep.aws.errors import AwsError
from sidestep.aws.executions import Execution
from sidestep.aws.stacks import check_account, outputs_of
from sidestep.config.databases import Database
from sidestep.console_urls import execution_page

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True)
class DeployedWorkflow:
    """A deployed state machine.

    Attributes:
        database: the name of its database.
        definition: its ASL.
        keeps_history: whether Step Functions lists its executions. An Express workflow has only a log; the local
            cloud runs it as a Standard workflow.
        in_console: whether it is in AWS's console.
    """

    database: str
    arn: str
    definition: str
    keeps_history: bool
    in_console: bool

    @property
    def log_group(self) -> str:
        """Its log group."""
        return resource_names.log_group(resource_names.stack_name(self.database))

    def link(self, execution: Execution) -> str | None:
        """Return the URL of an execution in the console; None without a console."""
        return execution_page(execution.arn, execution.started) if self.in_console else None


def find_workflow(database: Database, name: str, clients: Clients) -> DeployedWorkflow:
    """Find the workflow in the stack of a database; `name` is the database's name in metrics.toml.

    Raises:
        AwsError: the stack does not exist, is too old to have the output, or cannot be read.
    """
    check_account(database, name, clients)
    stack = resource_names.stack_name(name)
    arn = outputs_of(stack, clients).get(resource_names.STATE_MACHINE)
    if arn is None:
        raise AwsError(
            f"the stack {stack} has no output {resource_names.STATE_MACHINE}; run `make deploy` to update it"
        )
    with explained("states:DescribeStateMachine"):
        client: SFNClient = clients("stepfunctions")
        machine = client.describe_state_machine(stateMachineArn=arn)
    return DeployedWorkflow(
        database=name,
        arn=arn,
        definition=machine["definition"],
        keeps_history=machine["type"] == "STANDARD" or _is_listed(client, arn),
        in_console=arn.startswith("arn:aws:") and _is_aws(client),
    )


def _is_listed(client: "SFNClient", arn: str) -> bool:
    """Return whether Step Functions lists executions; it refuses to for Express workflows."""
    with explained("states:ListExecutions"):
        try:
            client.list_executions(stateMachineArn=arn, maxResults=1)
        except client.exceptions.StateMachineTypeNotSupported:
            return False
    return True


def _is_aws(client: Any) -> bool:  # noqa: ANN401 - a client of any service
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith(".amazonaws.com")
