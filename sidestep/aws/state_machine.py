"""A deployed workflow: its state machine, and the page of an execution in AWS's console."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sidestep import resource_names
from sidestep.aws.clients import Clients, explained
from sidestep.aws.errors import AwsError
from sidestep.aws.executions import Execution
from sidestep.aws.stacks import outputs_of
from sidestep.console_urls import execution_page

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeStateMachineOutputTypeDef


@dataclass(frozen=True, slots=True)
class DeployedWorkflow:
    """A deployed state machine.

    Attributes:
        title: what to call it: its database, or its stack.
        name: the end of its log group's name and the prefix of its alarms' names.
        definition: its ASL.
        keeps_history: whether Step Functions lists its executions. An Express workflow has only a log; the local
            cloud runs it as a Standard workflow.
        in_console: whether it is in AWS's console.
        check_log_group: the log group with the rows of its checks; None if no check logs rows.
    """

    title: str
    name: str
    arn: str
    definition: str
    keeps_history: bool
    in_console: bool
    check_log_group: str | None = None

    @property
    def log_group(self) -> str:
        """Its log group."""
        return resource_names.log_group(self.name)

    def link(self, execution: Execution) -> str | None:
        """Return the URL of an execution in the console; None without a console."""
        return execution_page(execution.arn, execution.started) if self.in_console else None


def find_workflow(stack: str, title: str, clients: Clients) -> DeployedWorkflow:
    """Find the workflow in a stack, whose output names its state machine.

    Args:
        stack: the name of the stack. In the stack of another app with several SqlMetrics, STACK/ID selects one.
        title: what to call the workflow.
        clients: for the region of the stack.

    Raises:
        AwsError: the stack does not exist, has no such output or several, or cannot be read.
    """
    stack, _, construct = stack.partition("/")
    outputs = outputs_of(stack, clients)
    found = _by_construct(outputs, resource_names.STATE_MACHINE)
    if construct:
        found = {construct: found[construct]} if construct in found else {}
    if not found:
        raise AwsError(
            f"the stack {stack} has no output {construct}{resource_names.STATE_MACHINE}; update it with `cdk deploy`"
        )
    if len(found) > 1:
        choices = ", ".join(f"{stack}/{name}" for name in sorted(found))
        raise AwsError(f"the stack {stack} has several workflows; name one with --stack: {choices}")
    ((construct, arn),) = found.items()
    with explained("states:DescribeStateMachine"):
        client: SFNClient = clients("stepfunctions")
        machine = client.describe_state_machine(stateMachineArn=arn)
    return DeployedWorkflow(
        title=title,
        name=_name(machine) or stack,
        arn=arn,
        definition=machine["definition"],
        keeps_history=machine["type"] == "STANDARD" or _is_listed(client, arn),
        in_console=arn.startswith("arn:aws:") and _is_aws(client),
        check_log_group=_by_construct(outputs, resource_names.CHECK_LOG_GROUP).get(construct),
    )


def _by_construct(outputs: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the outputs of a name by the beginning of their keys, which is that of their construct."""
    output = re.compile(rf"(.*){name}([0-9A-F]{{8}})?")
    return {match[1]: value for key, value in outputs.items() if (match := output.fullmatch(key))}


def _name(machine: "DescribeStateMachineOutputTypeDef") -> str | None:
    """Return the end of the name of the log group; None if the description has none."""
    prefix = resource_names.log_group("")
    for destination in machine.get("loggingConfiguration", {}).get("destinations", []):
        group = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "").removesuffix(":*")
        if prefix in group:
            return group.partition(prefix)[2]
    return None


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
